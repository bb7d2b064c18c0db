"""POST /api/orders/webhook/: which requests are accepted (failure table: 30)"""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from carts.tests.factories import add_to_cart
from orders.models import StripeEvent
from orders.tests.factories import customer, database_rows
from orders.tests.payments.card_payments import WEBHOOK, CardPayments, get_statuses
from orders.tests.payments.invariants import (
    Event,
    alter_event,
    check_invariants,
    get_event_kinds,
    post_events,
    sign_payload,
    take_events,
)
from products.tests.factories import make_product
from tests.emulator.processes import SECRET

pytestmark = pytest.mark.django_db
NEW_SECRET = "whsec_after_the_rotation"


@pytest.fixture
def order(card_payments: CardPayments) -> dict[str, str]:
    """An order whose payment page is open."""
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=5))
    return card_payments.place_order(client)


@pytest.fixture
def paid(card_payments: CardPayments, order: dict[str, str]) -> bytes:
    """The body of the event that reports the payment; the shop has not received it."""
    card_payments.emulator.pay(order["session_id"])
    return take_events(card_payments)["checkout.session.completed"][0]


def check_refused(card_payments: CardPayments, body: bytes, signature: str, status: int = 400, code: str = "bad_signature") -> None:
    """Fail if this is not refused, or leaves a trace."""
    before = database_rows()

    response = card_payments.post_event(body, signature)

    assert (response.status_code, response.json()["code"], response.json()["success"]) == (status, code, False)
    assert (StripeEvent.objects.count(), database_rows()) == (0, before)
    check_invariants()


HEADERS: dict[str, Callable[[bytes], str]] = {
    "none": lambda body: "",
    "of another secret": lambda body: sign_payload(body, "whsec_wrong"),
    "of another body": lambda body: sign_payload(body + b" "),
    "old": lambda body: sign_payload(body, at=time.time() - 310),
    "of the future": lambda body: sign_payload(body, at=time.time() + 310),
    "of another scheme": lambda body: sign_payload(body).replace("v1=", "v0="),
    "without a time": lambda body: sign_payload(body).partition(",")[2],
    "with a time that is none": lambda body: f"t=now,{sign_payload(body).partition(',')[2]}",
    "of another time": lambda body: f"t={int(time.time()) - 1},{sign_payload(body).partition(',')[2]}",
    "without an equals sign": lambda body: "t,v1",
    "not in hexadecimal": lambda body: f"t={int(time.time())},v1=zz",
    "not in ASCII": lambda body: sign_payload(body) + "é",
    "with letters for digits": lambda body: sign_payload(body).replace("v1=", "v1=ß"),
    "blank": lambda body: " ",
    "of commas": lambda body: ",,,",
    "very long": lambda body: "t=1," + "v1=0," * 5000,
}


@pytest.mark.sampled
@pytest.mark.parametrize("case", HEADERS)
def test_a_signature_that_does_not_fit_is_refused(card_payments: CardPayments, paid: bytes, case: str) -> None:
    check_refused(card_payments, paid, HEADERS[case](paid))


BODIES = {
    "nothing": b"",
    "no UTF-8": b'{"object": "event", "id": "\xff"}',
    "no JSON": b"paid=1",
    "a list": b"[]",
    "a list of events": b'[{"object": "event"}]',
    "null": b"null",
    "a number": b"7",
    "a text": b'"event"',
    "an empty object": b"{}",
    "no event": b'{"object": "charge", "id": "ch_1"}',
    "an event of nothing": b'{"object": "event", "id": "evt_1", "type": "charge.refunded", "created": 1}',
    "an event without an object": b'{"object": "event", "id": "evt_1", "type": "charge.refunded", "created": 1, "data": {}}',
    "an event about a text": b'{"object": "event", "id": "evt_1", "type": "x", "created": 1, "data": {"object": "cs_1"}}',
    "an event without an id": b'{"object": "event", "type": "x", "created": 1, "data": {"object": {}}}',
    "an event at no time": b'{"object": "event", "id": "evt_1", "type": "x", "created": "now", "data": {"object": {}}}',
    "lists within lists": b"[" * 200_000,
    "an event of lists within lists": b'{"object": "event", "data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a thin event": json.dumps(
        {
            "id": "evt_test_65T1",
            "object": "v2.core.event",
            "type": "v2.core.account.updated",
            "created": "2026-11-21T08:00:00.000Z",
            "livemode": False,
            "related_object": {"id": "acct_1", "type": "v2.core.account", "url": "/v2/core/accounts/acct_1"},
        }
    ).encode(),
}


@pytest.mark.sampled
@pytest.mark.parametrize("case", BODIES)
def test_a_signed_body_that_is_no_event_is_refused(card_payments: CardPayments, order: dict[str, str], case: str) -> None:
    check_refused(card_payments, BODIES[case], sign_payload(BODIES[case]))


def test_an_event_of_the_other_mode_is_refused(card_payments: CardPayments, order: dict[str, str], paid: bytes) -> None:
    live = paid.replace(b'"livemode": false', b'"livemode": true')

    check_refused(card_payments, live, sign_payload(live))

    assert get_statuses(order["number"])[0] == "pending"


def test_a_test_event_is_refused_by_a_shop_with_a_live_key(card_payments: CardPayments, paid: bytes, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_of_nobody"

    check_refused(card_payments, paid, sign_payload(paid))


@pytest.mark.parametrize("size", [256 * 1024 + 1, 1_000_000, 5_000_000])
def test_a_body_that_is_too_large_is_refused_unread(card_payments: CardPayments, order: dict[str, str], size: int) -> None:
    body = b" " * size

    check_refused(card_payments, body, sign_payload(body), 413, "too_large")


@pytest.mark.parametrize("length", ["abc", "-5", "1_0", "²"])
def test_a_body_of_no_length_is_refused_unread(card_payments: CardPayments, paid: bytes, length: str) -> None:
    signed = {"Stripe-Signature": sign_payload(paid)}

    response = Client().generic("POST", WEBHOOK, paid, "application/json", headers=signed, CONTENT_LENGTH=length)

    assert (response.status_code, response.json()["code"]) == (413, "too_large")
    assert not StripeEvent.objects.exists()


def test_without_a_secret_nothing_is_taken(card_payments: CardPayments, paid: bytes, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = ""

    check_refused(card_payments, paid, sign_payload(paid), 503, "webhook_not_configured")
    check_refused(card_payments, paid, sign_payload(paid, ""), 503, "webhook_not_configured")


def test_a_secret_of_commas_is_none(card_payments: CardPayments, paid: bytes, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = " , ,"

    check_refused(card_payments, paid, sign_payload(paid, ""), 503, "webhook_not_configured")


@pytest.mark.parametrize("secrets", [f"{SECRET},{NEW_SECRET}", f" {NEW_SECRET} , {SECRET} "])
@pytest.mark.parametrize("used", [SECRET, NEW_SECRET])
def test_while_the_secret_is_rotated_both_are_taken(
    card_payments: CardPayments, order: dict[str, str], paid: bytes, settings: Settings, secrets: str, used: str
) -> None:
    settings.STRIPE_WEBHOOK_SECRET = secrets

    assert card_payments.post_event(paid, sign_payload(paid, used)).status_code == 200

    assert get_statuses(order["number"]) == ("processing", "committed", "succeeded")
    check_invariants(card_payments)


def test_one_of_several_signatures_is_enough(card_payments: CardPayments, order: dict[str, str], paid: bytes) -> None:
    header = sign_payload(paid).replace(",v1=", f",v1={'0' * 64},v1=") + f",v0={'1' * 64}"

    assert card_payments.post_event(paid, header).status_code == 200

    assert get_statuses(order["number"])[0] == "processing"


@pytest.mark.parametrize("seconds", [-290, 290])
def test_clocks_may_differ_by_minutes(card_payments: CardPayments, order: dict[str, str], paid: bytes, seconds: int) -> None:
    assert card_payments.post_event(paid, sign_payload(paid, at=time.time() + seconds)).status_code == 200

    assert get_statuses(order["number"])[0] == "processing"


def test_the_rotated_out_secret_is_not_taken(card_payments: CardPayments, paid: bytes, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = NEW_SECRET

    check_refused(card_payments, paid, sign_payload(paid))


def test_a_get_request_reveals_nothing() -> None:
    assert Client().get(WEBHOOK).status_code == 405


def test_the_webhook_asks_for_no_token_and_no_csrf(card_payments: CardPayments, order: dict[str, str], paid: bytes) -> None:
    client = Client(enforce_csrf_checks=True)
    headers = {"Stripe-Signature": sign_payload(paid), "Authorization": "Bearer nonsense", "Origin": "https://evil.example"}

    response = client.post(WEBHOOK, paid, content_type="text/plain", headers=headers)

    assert response.status_code == 200
    assert get_statuses(order["number"])[0] == "processing"


FOREIGN: dict[str, Any] = {"metadata": {}, "id": "cs_test_of_another", "payment_intent": "pi_of_another"}


def get_event_states() -> list[tuple[str, int]]:
    """Return the states of the stored events."""
    return list(StripeEvent.objects.order_by("pk").values_list("status", "tries"))


@pytest.mark.parametrize("metadata", [{}, {"shop": "another"}, {"payment": "x"}, None])
def test_the_session_of_another_shop_is_ignored(
    card_payments: CardPayments, order: dict[str, str], paid: bytes, metadata: object
) -> None:
    before = database_rows()

    assert post_events(card_payments, alter_event(paid, **(FOREIGN | {"metadata": metadata}))) == [200]

    assert (get_event_states(), database_rows()) == ([("ignored", 1)], before)


def test_a_session_that_is_ours_and_unknown_is_kept_and_asked_for_again(
    card_payments: CardPayments, order: dict[str, str], paid: bytes
) -> None:
    metadata = json.loads(paid)["data"]["object"]["metadata"]
    for payment in ("", "not a uuid", "00000000-0000-0000-0000-000000000000", metadata["payment"]):
        event = alter_event(paid, **(FOREIGN | {"metadata": {**metadata, "payment": payment}}))
        assert post_events(card_payments, event, event) == [500, 500]

    assert get_event_states() == [("failed", 2)] * 4
    assert get_statuses(order["number"])[0] == "pending"
    assert get_event_kinds(order["number"]) == ["placed"]
    check_invariants()


def test_a_known_session_is_ours_whatever_is_written_on_it(card_payments: CardPayments, order: dict[str, str], paid: bytes) -> None:
    assert post_events(card_payments, alter_event(paid, metadata={"shop": "another"})) == [200]

    assert get_statuses(order["number"])[0] == "processing"
    check_invariants(card_payments)


def test_an_intent_may_be_an_object(card_payments: CardPayments, order: dict[str, str], paid: bytes) -> None:
    intent = json.loads(paid)["data"]["object"]["payment_intent"]

    assert post_events(card_payments, alter_event(paid, payment_intent={"id": intent, "object": "payment_intent"})) == [200]

    assert get_statuses(order["number"])[0] == "processing"
    check_invariants(card_payments)


def test_unknown_types_are_ignored(card_payments: CardPayments, order: dict[str, str], paid: bytes) -> None:
    event: Event = alter_event(paid, "checkout.session.forgotten")

    assert post_events(card_payments, event, event) == [200, 200]

    assert get_event_states() == [("ignored", 1)]
    assert get_statuses(order["number"])[0] == "pending"
