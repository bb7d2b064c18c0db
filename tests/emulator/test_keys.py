"""The emulator's idempotency keys"""

import threading

import pytest
import stripe  # noqa: TID251

from tests.emulator.processes import Emulator
from tests.emulator.stripe_clients import StripeShop, make_line_item
from tests.emulator.webhook_receivers import WebhookReceiver


def test_a_repeated_request_is_answered_as_before(emulator: Emulator, shop: StripeShop) -> None:
    first = shop.open_session("p-1")
    assert "Idempotent-Replayed" not in shop.http.headers

    second = shop.open_session("p-1")

    assert second.to_dict() == first.to_dict()
    assert shop.http.headers["Idempotent-Replayed"] == "true"
    assert shop.http.headers["Idempotency-Key"] == "p-1"
    assert [row.id for row in shop.sessions.list().data] == [first.id]
    posts = [(row["key"], row["replayed"]) for row in emulator.requests() if row["method"] == "POST"]
    assert posts == [("p-1", False), ("p-1", True)]


def test_the_answer_is_the_one_of_before_whatever_happened_since(emulator: Emulator, shop: StripeShop) -> None:
    first = shop.open_session("p-1")
    emulator.pay(first.id)

    assert shop.open_session("p-1").status == "open"


def test_other_keys_open_other_sessions(shop: StripeShop) -> None:
    assert shop.open_session("p-1").id != shop.open_session("p-2").id


def test_a_key_with_other_parameters_is_refused(shop: StripeShop) -> None:
    shop.open_session("p-1")

    with pytest.raises(stripe.IdempotencyError) as excinfo:
        shop.open_session("p-1", line_items=[make_line_item("Lamp", 2001)])

    assert excinfo.value.http_status == 400
    assert excinfo.value.error is not None
    assert excinfo.value.error.type == "idempotency_error"
    assert len(shop.sessions.list().data) == 1


def test_a_key_at_another_path_is_refused(emulator: Emulator, shop: StripeShop) -> None:
    session = emulator.pay(shop.open_session("p-1").id)

    with pytest.raises(stripe.IdempotencyError):
        shop.refund("p-1", payment_intent=session["payment_intent"])

    assert shop.v1.refunds.list().data == []


def test_money_is_given_back_once_for_a_key(emulator: Emulator, shop: StripeShop) -> None:
    session = emulator.pay(shop.open_session().id)

    first, second = (shop.refund("r-1", payment_intent=session["payment_intent"], amount=500) for _ in range(2))

    assert second.id == first.id
    assert emulator.ledger()[0]["refunded"] == 500


def test_ending_a_session_may_be_repeated(shop: StripeShop) -> None:
    session = shop.open_session().id

    first, second = (shop.sessions.expire(session, {}, {"idempotency_key": "e-1"}) for _ in range(2))

    assert first.status == second.status == "expired"


def test_a_refusal_of_parameters_is_not_kept(shop: StripeShop) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        shop.open_session("p-1", line_items=[make_line_item("Lamp", 1)])

    assert shop.open_session("p-1").amount_total == 2000


def test_a_failure_after_the_effect_is_kept(emulator: Emulator, shop: StripeShop) -> None:
    emulator.set_faults({"match": {"method": "POST", "path": "sessions$"}, "do": {"status": 500, "after": True}})

    for _ in range(2):
        with pytest.raises(stripe.APIError) as excinfo:
            shop.open_session("p-1")
        assert excinfo.value.http_status == 500

    assert shop.http.headers["Idempotent-Replayed"] == "true"
    assert len(shop.sessions.list().data) == 1


def test_while_a_request_goes_on_its_key_is_taken(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    emulator.set_faults({"match": {"method": "POST", "path": "sessions$"}, "do": {"pay_at_once": True}})
    webhooks.gate.clear()
    first: list[str] = []
    thread = threading.Thread(target=lambda: first.append(shop.open_session("p-1").id))
    thread.start()
    webhooks.wait_for(1)

    with pytest.raises(stripe.APIError) as excinfo:
        shop.open_session("p-1")
    webhooks.gate.set()
    thread.join()

    assert excinfo.value.http_status == 409
    assert excinfo.value.error is not None
    assert excinfo.value.error.code == "idempotency_key_in_use"
    assert shop.open_session("p-1").id == first[0]
    assert len(shop.sessions.list().data) == 1


def test_of_many_at_once_one_opens_a_session(emulator: Emulator, shop: StripeShop) -> None:
    results: list[str | int | None] = []

    def call() -> None:
        try:
            results.append(shop.open_session("p-1").id)
        except stripe.APIError as refused:
            results.append(refused.http_status)

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(emulator.ledger()) == 1
    assert len(results) == 8
    assert set(results) - {409} == {emulator.ledger()[0]["session"]}


def test_a_key_has_no_effect_on_reads(shop: StripeShop) -> None:
    shop.sessions.list({}, {"idempotency_key": "g-1"})
    session = shop.open_session().id

    assert [row.id for row in shop.sessions.list({}, {"idempotency_key": "g-1"}).data] == [session]


def test_a_key_has_up_to_255_characters(shop: StripeShop) -> None:
    shop.open_session("k" * 255)

    with pytest.raises(stripe.InvalidRequestError):
        shop.open_session("k" * 256)


def test_while_a_delayed_request_goes_on_its_key_is_taken(emulator: Emulator, shop: StripeShop) -> None:
    emulator.set_faults({"match": {"method": "POST"}, "do": {"delay_ms": 500}})
    thread = threading.Thread(target=shop.open_session, args=("p-1",))
    thread.start()
    try:
        while not shop.sessions.list().data:
            pass
        with pytest.raises(stripe.APIError):
            shop.open_session("p-1")
    finally:
        thread.join()
