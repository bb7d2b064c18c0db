"""Faults of the emulator's API"""

import threading
import time
from typing import Any

import pytest
import stripe  # noqa: TID251

from tests.emulator.processes import ControlError, Emulator, run_emulator
from tests.emulator.stripe_clients import StripeShop, connect_shop
from tests.emulator.test_events import PAID
from tests.emulator.webhook_receivers import WebhookReceiver, run_receiver

OPENING = {"method": "POST", "path": "sessions$"}


def list_sessions(emulator: Emulator) -> list[str]:
    """Return the existing sessions without calling the API."""
    return [row["session"] for row in emulator.ledger()]


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (400, stripe.InvalidRequestError),
        (401, stripe.AuthenticationError),
        (402, stripe.CardError),
        (409, stripe.APIError),
        (429, stripe.RateLimitError),
        (500, stripe.APIError),
        (503, stripe.APIError),
    ],
)
def test_a_call_is_refused_before_it_has_an_effect(
    emulator: Emulator, shop: StripeShop, status: int, raised: type[stripe.StripeError]
) -> None:
    emulator.set_faults({"match": OPENING, "do": {"status": status}})

    with pytest.raises(raised) as excinfo:
        shop.open_session("p-1")

    assert excinfo.value.http_status == status
    assert excinfo.value.error is not None
    assert excinfo.value.error.message == "The stand-in was told to refuse."
    assert list_sessions(emulator) == []
    assert shop.open_session("p-1").status == "open"


def test_a_call_fails_after_it_had_its_effect(emulator: Emulator, shop: StripeShop) -> None:
    emulator.set_faults({"match": OPENING, "do": {"status": 503, "after": True}})

    with pytest.raises(stripe.APIError) as excinfo:
        shop.open_session()

    assert excinfo.value.http_status == 503
    assert len(list_sessions(emulator)) == 1


def test_the_connection_is_closed_before_the_effect(emulator: Emulator, shop: StripeShop) -> None:
    emulator.set_faults({"match": OPENING, "do": {"close": "before"}})

    with pytest.raises(stripe.APIConnectionError) as excinfo:
        shop.open_session("p-1")

    assert excinfo.value.http_status is None
    assert list_sessions(emulator) == []
    assert shop.open_session("p-1").status == "open"
    assert "Idempotent-Replayed" not in shop.http.headers


def test_the_connection_is_closed_after_the_effect(emulator: Emulator, shop: StripeShop) -> None:
    emulator.set_faults({"match": OPENING, "do": {"close": "after"}})

    with pytest.raises(stripe.APIConnectionError):
        shop.open_session("p-1")

    session = list_sessions(emulator)
    assert len(session) == 1
    assert shop.open_session("p-1").id == session[0]
    assert shop.http.headers["Idempotent-Replayed"] == "true"
    assert [row["status"] for row in emulator.requests()] == [None, 200]


def test_an_answer_comes_too_late_and_the_effect_stays(emulator: Emulator) -> None:
    emulator.set_faults({"match": OPENING, "do": {"delay_ms": 700}})

    with connect_shop(emulator.url, timeout=0.3) as hasty, pytest.raises(stripe.APIConnectionError):
        hasty.open_session("p-1")

    session = list_sessions(emulator)
    assert len(session) == 1
    while not emulator.requests():  # its key is in use until the response
        time.sleep(0.02)
    with connect_shop(emulator.url) as shop:
        assert shop.open_session("p-1").id == session[0]


def test_a_refusal_comes_late(emulator: Emulator, shop: StripeShop) -> None:
    emulator.set_faults({"match": OPENING, "do": {"delay_ms": 200, "status": 500}})
    before = time.monotonic()

    with pytest.raises(stripe.APIError):
        shop.open_session()

    assert time.monotonic() - before >= 0.2
    assert list_sessions(emulator) == []


def test_while_one_call_waits_others_go_on(emulator: Emulator, shop: StripeShop) -> None:
    emulator.set_faults({"match": OPENING, "do": {"delay_ms": 400}})
    thread = threading.Thread(target=shop.open_session)
    thread.start()
    while not list_sessions(emulator):
        pass

    shop.sessions.list()

    assert thread.is_alive()
    thread.join()


def test_an_answer_is_no_json(emulator: Emulator) -> None:
    emulator.set_faults({"match": {"path": "events"}, "do": {"bad_json": True}})

    response = emulator.api("GET", "/v1/events")

    assert response.status == 200
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|Extra"):
        _ = response.json


@pytest.mark.parametrize("tamper", [{"amount_total": 1}, {"currency": "eur"}])
def test_a_tampered_response_leaves_the_ledger_right(emulator: Emulator, shop: StripeShop, tamper: dict[str, Any]) -> None:
    emulator.set_faults({"match": OPENING, "do": {"tamper": tamper}})

    lie = shop.open_session("p-1").to_dict()

    name, value = next(iter(tamper.items()))
    truth = shop.sessions.retrieve(lie["id"]).to_dict()
    assert lie[name] == value
    assert {**lie, name: truth[name]} == truth
    assert (truth["amount_total"], truth["currency"]) == (2000, "usd")


def test_a_retrieved_session_lies(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session().id
    emulator.set_faults({"match": {"method": "GET", "path": session}, "do": {"tamper": {"amount_total": 1}}})

    assert [shop.sessions.retrieve(session).amount_total for _ in range(2)] == [1, 2000]


def test_a_session_is_paid_before_its_opening_is_answered(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    emulator.set_faults({"match": OPENING, "do": {"pay_at_once": True}})

    session = shop.open_session()

    assert webhooks.types() == PAID
    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert shop.sessions.retrieve(session.id).payment_status == "paid"


def test_a_session_that_is_paid_at_once_is_answered_whatever_the_webhook_says() -> None:
    with run_receiver() as receiver, run_emulator(receiver.url, pace=60) as emulator, connect_shop(emulator.url, timeout=1) as shop:
        emulator.set_faults({"match": OPENING, "do": {"pay_at_once": True}})
        receiver.answers = [500, 500, 500, 500]

        assert shop.open_session().status == "open"


def test_a_rule_is_of_one_method_and_one_path(emulator: Emulator, shop: StripeShop) -> None:
    emulator.set_faults({"match": {"method": "GET", "path": "/v1/refunds"}, "times": -1, "do": {"status": 500}})

    session = emulator.pay(shop.open_session().id)
    shop.refund(payment_intent=session["payment_intent"])

    for _ in range(2):
        with pytest.raises(stripe.APIError):
            shop.v1.refunds.list()
    emulator.set_faults()
    assert len(shop.v1.refunds.list().data) == 1


def test_a_rule_lasts_as_many_times_as_it_says(emulator: Emulator, shop: StripeShop) -> None:
    emulator.set_faults({"match": {}, "times": 2, "do": {"status": 500}}, {"match": {}, "do": {"status": 429}})

    statuses = [emulator.api("GET", "/v1/events").status for _ in range(4)]

    assert statuses == [500, 500, 429, 200]


def test_a_rule_for_calls_leaves_events_alone(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    session = shop.open_session().id
    emulator.set_faults({"match": {}, "times": -1, "do": {"status": 500}})

    emulator.pay(session)

    assert emulator.wait_for_deliveries()
    assert webhooks.types() == PAID


@pytest.mark.parametrize(
    "rules",
    [
        {},
        "everything",
        5,
        [5],
        [{}],
        [{"match": {}}],
        [{"match": {}, "do": {"explode": True}}],
        [{"match": {"colour": "red"}, "do": {"status": 500}}],
        [{"match": {}, "do": {"drop": True}}],
        [{"match": {"type": "."}, "do": {"status": 500}}],
        [{"match": {}, "times": "often", "do": {"status": 500}}],
        {"random": {"p_fire": 1}},
        {"random": 5},
    ],
)
def test_what_is_no_rule_is_refused_and_the_old_ones_stay(emulator: Emulator, rules: Any) -> None:
    emulator.set_faults({"match": {}, "do": {"status": 503}})

    with pytest.raises(ControlError) as excinfo:
        emulator.control("PUT", "faults", rules)

    assert excinfo.value.status == 400
    assert emulator.api("GET", "/v1/events").status == 503


@pytest.mark.parametrize(
    "rule",
    [
        {"match": {"path": "("}, "do": {"status": 500}},
        {"match": {}, "do": {"delay_ms": "long"}},
        {"match": {}, "do": {"tamper": 5}},
        {"match": {}, "do": {"status": "bad"}},
    ],
)
def test_a_rule_that_cannot_be_followed_is_refused(emulator: Emulator, rule: dict[str, Any]) -> None:
    with pytest.raises(ControlError):
        emulator.set_faults(rule)


def test_a_reset_ends_all_faults(emulator: Emulator, shop: StripeShop) -> None:
    emulator.set_faults({"match": {}, "times": -1, "do": {"status": 500}})

    emulator.reset()

    assert shop.open_session().status == "open"
