"""POST /api/orders/webhook/: what is let in (failure table: 30)"""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from carts.tests.factories import add
from orders.models import StripeEvent
from orders.tests.factories import books, customer
from orders.tests.payments.invariants import Event, altered, came, check_books, give, kinds, sign
from orders.tests.payments.till import WEBHOOK, Till, status_of
from products.tests.factories import make_product
from tests.emulator.processes import SECRET

pytestmark = pytest.mark.django_db
NEW_SECRET = "whsec_after_the_rotation"


@pytest.fixture
def order(till: Till) -> dict[str, str]:
    """An order whose payment page is open."""
    client = customer()
    add(client, make_product(sku="LAMP", stock=5))
    return till.placed(client)


@pytest.fixture
def paid(till: Till, order: dict[str, str]) -> bytes:
    """The body of the event that tells of its payment, which the shop has not seen."""
    till.emulator.pay(order["session_id"])
    return came(till)["checkout.session.completed"][0]


def refused(till: Till, body: bytes, signature: str, status: int = 400, code: str = "bad_signature") -> None:
    """Fail where this is not refused, or leaves a trace."""
    before = books()

    response = till.post(body, signature)

    assert (response.status_code, response.json()["code"], response.json()["success"]) == (status, code, False)
    assert (StripeEvent.objects.count(), books()) == (0, before)
    check_books()


HEADERS: dict[str, Callable[[bytes], str]] = {
    "none": lambda body: "",
    "of another secret": lambda body: sign(body, "whsec_wrong"),
    "of another body": lambda body: sign(body + b" "),
    "old": lambda body: sign(body, at=time.time() - 310),
    "of the future": lambda body: sign(body, at=time.time() + 310),
    "of another scheme": lambda body: sign(body).replace("v1=", "v0="),
    "without a time": lambda body: sign(body).partition(",")[2],
    "with a time that is none": lambda body: f"t=now,{sign(body).partition(',')[2]}",
    "of another time": lambda body: f"t={int(time.time()) - 1},{sign(body).partition(',')[2]}",
    "without an equals sign": lambda body: "t,v1",
    "not in hexadecimal": lambda body: f"t={int(time.time())},v1=zz",
    "not in ASCII": lambda body: sign(body) + "é",
    "with letters for digits": lambda body: sign(body).replace("v1=", "v1=ß"),
    "blank": lambda body: " ",
    "of commas": lambda body: ",,,",
    "very long": lambda body: "t=1," + "v1=0," * 5000,
}


@pytest.mark.parametrize("what", HEADERS)
def test_a_signature_that_does_not_fit_is_refused(till: Till, paid: bytes, what: str) -> None:
    refused(till, paid, HEADERS[what](paid))


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


@pytest.mark.parametrize("what", BODIES)
def test_a_signed_body_that_is_no_event_is_refused(till: Till, order: dict[str, str], what: str) -> None:
    refused(till, BODIES[what], sign(BODIES[what]))


def test_an_event_of_the_other_mode_is_refused(till: Till, order: dict[str, str], paid: bytes) -> None:
    live = paid.replace(b'"livemode": false', b'"livemode": true')

    refused(till, live, sign(live))

    assert status_of(order["number"])[0] == "pending"


def test_a_test_event_is_refused_by_a_shop_with_a_live_key(till: Till, paid: bytes, settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_live_of_nobody"

    refused(till, paid, sign(paid))


@pytest.mark.parametrize("size", [256 * 1024 + 1, 1_000_000, 5_000_000])
def test_a_body_that_is_too_large_is_refused_unread(till: Till, order: dict[str, str], size: int) -> None:
    body = b" " * size

    refused(till, body, sign(body), 413, "too_large")


@pytest.mark.parametrize("length", ["abc", "-5", "1_0", "²"])
def test_a_body_of_no_length_is_refused_unread(till: Till, paid: bytes, length: str) -> None:
    signed = {"Stripe-Signature": sign(paid)}

    answer = Client().generic("POST", WEBHOOK, paid, "application/json", headers=signed, CONTENT_LENGTH=length)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert not StripeEvent.objects.exists()


def test_without_a_secret_nothing_is_taken(till: Till, paid: bytes, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = ""

    refused(till, paid, sign(paid), 503, "webhook_not_configured")
    refused(till, paid, sign(paid, ""), 503, "webhook_not_configured")


def test_a_secret_of_commas_is_none(till: Till, paid: bytes, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = " , ,"

    refused(till, paid, sign(paid, ""), 503, "webhook_not_configured")


@pytest.mark.parametrize("secrets", [f"{SECRET},{NEW_SECRET}", f" {NEW_SECRET} , {SECRET} "])
@pytest.mark.parametrize("used", [SECRET, NEW_SECRET])
def test_while_the_secret_is_rotated_both_are_taken(
    till: Till, order: dict[str, str], paid: bytes, settings: Settings, secrets: str, used: str
) -> None:
    settings.STRIPE_WEBHOOK_SECRET = secrets

    assert till.post(paid, sign(paid, used)).status_code == 200

    assert status_of(order["number"]) == ("processing", "committed", "succeeded")
    check_books(till)


def test_one_of_several_signatures_is_enough(till: Till, order: dict[str, str], paid: bytes) -> None:
    header = sign(paid).replace(",v1=", f",v1={'0' * 64},v1=") + f",v0={'1' * 64}"

    assert till.post(paid, header).status_code == 200

    assert status_of(order["number"])[0] == "processing"


@pytest.mark.parametrize("seconds", [-290, 290])
def test_clocks_may_differ_by_minutes(till: Till, order: dict[str, str], paid: bytes, seconds: int) -> None:
    assert till.post(paid, sign(paid, at=time.time() + seconds)).status_code == 200

    assert status_of(order["number"])[0] == "processing"


def test_the_rotated_out_secret_is_not_taken(till: Till, paid: bytes, settings: Settings) -> None:
    settings.STRIPE_WEBHOOK_SECRET = NEW_SECRET

    refused(till, paid, sign(paid))


def test_whoever_gets_the_page_learns_nothing() -> None:
    assert Client().get(WEBHOOK).status_code == 405


def test_the_webhook_asks_for_no_token_and_no_csrf(till: Till, order: dict[str, str], paid: bytes) -> None:
    client = Client(enforce_csrf_checks=True)
    headers = {"Stripe-Signature": sign(paid), "Authorization": "Bearer nonsense", "Origin": "https://evil.example"}

    response = client.post(WEBHOOK, paid, content_type="text/plain", headers=headers)

    assert response.status_code == 200
    assert status_of(order["number"])[0] == "processing"


FOREIGN: dict[str, Any] = {"metadata": {}, "id": "cs_test_of_another", "payment_intent": "pi_of_another"}


def statuses() -> list[tuple[str, int]]:
    """Return how the kept events stand."""
    return list(StripeEvent.objects.order_by("pk").values_list("status", "tries"))


@pytest.mark.parametrize("metadata", [{}, {"shop": "another"}, {"payment": "x"}, None])
def test_the_session_of_another_shop_is_ignored(till: Till, order: dict[str, str], paid: bytes, metadata: object) -> None:
    before = books()

    assert give(till, altered(paid, **(FOREIGN | {"metadata": metadata}))) == [200]

    assert (statuses(), books()) == ([("ignored", 1)], before)


def test_a_session_that_is_ours_and_unknown_is_kept_and_asked_for_again(till: Till, order: dict[str, str], paid: bytes) -> None:
    metadata = json.loads(paid)["data"]["object"]["metadata"]
    for payment in ("", "not a uuid", "00000000-0000-0000-0000-000000000000", metadata["payment"]):
        event = altered(paid, **(FOREIGN | {"metadata": {**metadata, "payment": payment}}))
        assert give(till, event, event) == [500, 500]

    assert statuses() == [("failed", 2)] * 4
    assert status_of(order["number"])[0] == "pending"
    assert kinds(order["number"]) == ["placed"]
    check_books()


def test_a_known_session_is_ours_whatever_is_written_on_it(till: Till, order: dict[str, str], paid: bytes) -> None:
    assert give(till, altered(paid, metadata={"shop": "another"})) == [200]

    assert status_of(order["number"])[0] == "processing"
    check_books(till)


def test_an_intent_may_be_told_as_an_object(till: Till, order: dict[str, str], paid: bytes) -> None:
    intent = json.loads(paid)["data"]["object"]["payment_intent"]

    assert give(till, altered(paid, payment_intent={"id": intent, "object": "payment_intent"})) == [200]

    assert status_of(order["number"])[0] == "processing"
    check_books(till)


def test_types_that_nobody_knows_are_ignored(till: Till, order: dict[str, str], paid: bytes) -> None:
    event: Event = altered(paid, "checkout.session.forgotten")

    assert give(till, event, event) == [200, 200]

    assert statuses() == [("ignored", 1)]
    assert status_of(order["number"])[0] == "pending"
