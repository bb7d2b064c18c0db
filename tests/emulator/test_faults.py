"""What the emulator's API does wrong when it is told to"""

import threading
import time
from typing import Any

import pytest
import stripe  # noqa: TID251

from tests.emulator.processes import Emulator, Refused, running
from tests.emulator.stripe_clients import Shop, shopping
from tests.emulator.test_events import PAID
from tests.emulator.webhook_receivers import Receiver, receiving

OPENING = {"method": "POST", "path": "sessions$"}


def sessions(emulator: Emulator) -> list[str]:
    """Return the sessions that there are, without a call of the API."""
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
    emulator: Emulator, shop: Shop, status: int, raised: type[stripe.StripeError]
) -> None:
    emulator.faults({"match": OPENING, "do": {"status": status}})

    with pytest.raises(raised) as caught:
        shop.open("p-1")

    assert caught.value.http_status == status
    assert caught.value.error is not None
    assert caught.value.error.message == "The stand-in was told to refuse."
    assert sessions(emulator) == []
    assert shop.open("p-1").status == "open"


def test_a_call_fails_after_it_had_its_effect(emulator: Emulator, shop: Shop) -> None:
    emulator.faults({"match": OPENING, "do": {"status": 503, "after": True}})

    with pytest.raises(stripe.APIError) as caught:
        shop.open()

    assert caught.value.http_status == 503
    assert len(sessions(emulator)) == 1


def test_the_connection_is_closed_before_the_effect(emulator: Emulator, shop: Shop) -> None:
    emulator.faults({"match": OPENING, "do": {"close": "before"}})

    with pytest.raises(stripe.APIConnectionError) as caught:
        shop.open("p-1")

    assert caught.value.http_status is None
    assert sessions(emulator) == []
    assert shop.open("p-1").status == "open"
    assert "Idempotent-Replayed" not in shop.http.headers


def test_the_connection_is_closed_after_the_effect(emulator: Emulator, shop: Shop) -> None:
    emulator.faults({"match": OPENING, "do": {"close": "after"}})

    with pytest.raises(stripe.APIConnectionError):
        shop.open("p-1")

    made = sessions(emulator)
    assert len(made) == 1
    assert shop.open("p-1").id == made[0]
    assert shop.http.headers["Idempotent-Replayed"] == "true"
    assert [row["status"] for row in emulator.requests()] == [None, 200]


def test_an_answer_comes_too_late_and_the_effect_stays(emulator: Emulator) -> None:
    emulator.faults({"match": OPENING, "do": {"delay_ms": 700}})

    with shopping(emulator.url, timeout=0.3) as hasty, pytest.raises(stripe.APIConnectionError):
        hasty.open("p-1")

    made = sessions(emulator)
    assert len(made) == 1
    while not emulator.requests():  # until it is answered its key is taken
        time.sleep(0.02)
    with shopping(emulator.url) as shop:
        assert shop.open("p-1").id == made[0]


def test_a_refusal_comes_late(emulator: Emulator, shop: Shop) -> None:
    emulator.faults({"match": OPENING, "do": {"delay_ms": 200, "status": 500}})
    before = time.monotonic()

    with pytest.raises(stripe.APIError):
        shop.open()

    assert time.monotonic() - before >= 0.2
    assert sessions(emulator) == []


def test_while_one_call_waits_others_go_on(emulator: Emulator, shop: Shop) -> None:
    emulator.faults({"match": OPENING, "do": {"delay_ms": 400}})
    thread = threading.Thread(target=shop.open)
    thread.start()
    while not sessions(emulator):
        pass

    shop.sessions.list()

    assert thread.is_alive()
    thread.join()


def test_an_answer_is_no_json(emulator: Emulator) -> None:
    emulator.faults({"match": {"path": "events"}, "do": {"bad_json": True}})

    answer = emulator.api("GET", "/v1/events")

    assert answer.status == 200
    with pytest.raises(ValueError, match=r"Expecting|Unterminated|Extra"):
        _ = answer.json


@pytest.mark.parametrize("tamper", [{"amount_total": 1}, {"currency": "eur"}])
def test_an_answer_lies_and_the_books_do_not(emulator: Emulator, shop: Shop, tamper: dict[str, Any]) -> None:
    emulator.faults({"match": OPENING, "do": {"tamper": tamper}})

    lie = shop.open("p-1").to_dict()

    name, value = next(iter(tamper.items()))
    truth = shop.sessions.retrieve(lie["id"]).to_dict()
    assert lie[name] == value
    assert {**lie, name: truth[name]} == truth
    assert (truth["amount_total"], truth["currency"]) == (2000, "usd")


def test_a_retrieved_session_lies(emulator: Emulator, shop: Shop) -> None:
    session = shop.open().id
    emulator.faults({"match": {"method": "GET", "path": session}, "do": {"tamper": {"amount_total": 1}}})

    assert [shop.sessions.retrieve(session).amount_total for _ in range(2)] == [1, 2000]


def test_a_session_is_paid_before_its_opening_is_answered(emulator: Emulator, shop: Shop, webhooks: Receiver) -> None:
    emulator.faults({"match": OPENING, "do": {"pay_at_once": True}})

    made = shop.open()

    assert webhooks.types() == PAID
    assert (made.status, made.payment_status) == ("open", "unpaid")
    assert shop.sessions.retrieve(made.id).payment_status == "paid"


def test_a_session_that_is_paid_at_once_is_answered_whatever_the_webhook_says() -> None:
    with receiving() as receiver, running(receiver.url, pace=60) as emulator, shopping(emulator.url, timeout=1) as shop:
        emulator.faults({"match": OPENING, "do": {"pay_at_once": True}})
        receiver.answers = [500, 500, 500, 500]

        assert shop.open().status == "open"


def test_a_rule_is_of_one_method_and_one_path(emulator: Emulator, shop: Shop) -> None:
    emulator.faults({"match": {"method": "GET", "path": "/v1/refunds"}, "times": -1, "do": {"status": 500}})

    session = emulator.pay(shop.open().id)
    shop.refund(payment_intent=session["payment_intent"])

    for _ in range(2):
        with pytest.raises(stripe.APIError):
            shop.v1.refunds.list()
    emulator.faults()
    assert len(shop.v1.refunds.list().data) == 1


def test_a_rule_lasts_as_many_times_as_it_says(emulator: Emulator, shop: Shop) -> None:
    emulator.faults({"match": {}, "times": 2, "do": {"status": 500}}, {"match": {}, "do": {"status": 429}})

    found = [emulator.api("GET", "/v1/events").status for _ in range(4)]

    assert found == [500, 500, 429, 200]


def test_a_rule_for_calls_leaves_events_alone(emulator: Emulator, shop: Shop, webhooks: Receiver) -> None:
    session = shop.open().id
    emulator.faults({"match": {}, "times": -1, "do": {"status": 500}})

    emulator.pay(session)

    assert emulator.wait()
    assert webhooks.types() == PAID


@pytest.mark.parametrize(
    "given",
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
def test_what_is_no_rule_is_refused_and_the_old_ones_stay(emulator: Emulator, given: Any) -> None:
    emulator.faults({"match": {}, "do": {"status": 503}})

    with pytest.raises(Refused) as caught:
        emulator.control("PUT", "faults", given)

    assert caught.value.status == 400
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
    with pytest.raises(Refused):
        emulator.faults(rule)


def test_a_reset_ends_all_faults(emulator: Emulator, shop: Shop) -> None:
    emulator.faults({"match": {}, "times": -1, "do": {"status": 500}})

    emulator.reset()

    assert shop.open().status == "open"
