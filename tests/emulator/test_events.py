"""Which events the emulator sends, in which order, and their content"""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
import stripe  # noqa: TID251

from tests.emulator.processes import SECRET, ControlError, Emulator
from tests.emulator.stripe_clients import StripeShop
from tests.emulator.webhook_receivers import WebhookReceiver

PAID = ["payment_intent.created", "payment_intent.succeeded", "charge.succeeded", "checkout.session.completed"]
LATER = ["payment_intent.processing", "checkout.session.completed"]


def wait_for_event_types(emulator: Emulator, webhooks: WebhookReceiver) -> list[str]:
    """Wait until all events are delivered and return their types."""
    assert emulator.wait_for_deliveries()
    return webhooks.types()


def get_charge_id(shop: StripeShop, session: dict[str, Any]) -> str:
    """Return the charge id of a paid session."""
    return str(shop.v1.payment_intents.retrieve(session["payment_intent"]).latest_charge)


def test_opening_sends_no_event(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    shop.open_session()

    assert wait_for_event_types(emulator, webhooks) == []


def test_paying_sends_events_for_intent_charge_and_session(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    emulator.pay(shop.open_session().id)

    assert wait_for_event_types(emulator, webhooks) == PAID


def test_an_event_holds_what_the_api_answers(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    session = emulator.pay(shop.open_session().id)
    wait_for_event_types(emulator, webhooks)

    _, succeeded, charged, completed = webhooks.events()

    assert completed["data"]["object"] == shop.sessions.retrieve(session["id"]).to_dict()
    assert succeeded["data"]["object"] == shop.v1.payment_intents.retrieve(session["payment_intent"]).to_dict()
    assert charged["data"]["object"] == shop.v1.charges.retrieve(get_charge_id(shop, session)).to_dict()
    assert completed == shop.v1.events.retrieve(completed["id"]).to_dict()
    assert (completed["api_version"], completed["livemode"]) == ("2026-10-28.endive", False)


def test_a_new_intent_waits_for_a_card(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    emulator.pay(shop.open_session().id)
    wait_for_event_types(emulator, webhooks)

    intent = webhooks.events()[0]["data"]["object"]

    assert (intent["status"], intent["latest_charge"]) == ("requires_payment_method", None)


def test_a_new_intent_has_received_nothing(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    emulator.pay(shop.open_session().id)
    wait_for_event_types(emulator, webhooks)

    assert webhooks.events()[0]["data"]["object"]["amount_received"] == 0


def test_a_declined_card_sends_an_event(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    emulator.decline(shop.open_session().id)

    assert wait_for_event_types(emulator, webhooks)[-1] == "payment_intent.payment_failed"
    intent = webhooks.events()[-1]["data"]["object"]
    assert (intent["status"], intent["last_payment_error"]["code"]) == ("requires_payment_method", "card_declined")


def test_an_intent_is_made_before_it_fails(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    session = shop.open_session().id

    emulator.decline(session)
    emulator.pay(session)

    assert wait_for_event_types(emulator, webhooks) == [PAID[0], "payment_intent.payment_failed", *PAID[1:]]


def test_an_intent_is_made_before_it_is_on_its_way(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    emulator.pay_later(shop.open_session().id)

    assert wait_for_event_types(emulator, webhooks) == ["payment_intent.created", *LATER]


def test_a_payment_that_succeeds_has_no_error(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session().id
    emulator.decline(session)

    intent = shop.v1.payment_intents.retrieve(emulator.pay(session)["payment_intent"])

    assert intent.last_payment_error is None


def test_a_delayed_payment_sends_events_twice(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    session = shop.open_session().id

    emulator.pay_later(session)
    assert wait_for_event_types(emulator, webhooks)[-2:] == LATER
    assert webhooks.events()[-1]["data"]["object"]["payment_status"] == "unpaid"
    emulator.async_succeed(session)

    later = wait_for_event_types(emulator, webhooks)[-3:]
    assert sorted(later[:2]) == ["charge.succeeded", "payment_intent.succeeded"]
    assert later[2] == "checkout.session.async_payment_succeeded"
    assert webhooks.events()[-1]["data"]["object"]["payment_status"] == "paid"


def test_the_intent_succeeds_before_its_charge(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    session = shop.open_session().id
    emulator.pay_later(session)

    emulator.async_succeed(session)

    assert wait_for_event_types(emulator, webhooks)[-3:-1] == ["payment_intent.succeeded", "charge.succeeded"]


def test_a_delayed_payment_that_fails_sends_an_event(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    session = shop.open_session().id
    emulator.pay_later(session)

    emulator.async_fail(session)

    assert wait_for_event_types(emulator, webhooks)[-2:] == [
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]
    assert webhooks.events()[-1]["data"]["object"]["payment_status"] == "unpaid"


@pytest.mark.parametrize("settle", [Emulator.async_succeed, Emulator.async_fail])
def test_money_that_never_comes_is_settled(emulator: Emulator, shop: StripeShop, settle: Callable[[Emulator, str], Any]) -> None:
    session = shop.open_session().id
    emulator.pay_later(session)
    emulator.async_fail(session)

    with pytest.raises(ControlError):
        settle(emulator, session)


def test_only_money_that_is_awaited_comes(emulator: Emulator, shop: StripeShop) -> None:
    is_open, paid = shop.open_session().id, shop.open_session().id
    emulator.pay(paid)

    for session in (is_open, paid):
        with pytest.raises(ControlError) as excinfo:
            emulator.async_succeed(session)
        assert excinfo.value.status == 400


def test_only_what_is_open_is_paid(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    paid, ended_order = shop.open_session().id, shop.open_session().id
    emulator.pay(paid)
    shop.sessions.expire(ended_order)

    for session in (paid, ended_order):
        for act in (emulator.pay, emulator.decline, emulator.pay_later):
            with pytest.raises(ControlError) as excinfo:
                act(session)
            assert excinfo.value.status == 400
    assert wait_for_event_types(emulator, webhooks) == [*PAID, "checkout.session.expired"]


def test_the_clock_ends_a_session(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    now = int(time.time())
    soon, late = shop.open_session(expires_at=now + 1_900), shop.open_session()

    now_shown = emulator.advance_clock(1_890)
    assert shop.sessions.retrieve(soon.id).status == "open"
    assert emulator.advance_clock(20) == pytest.approx(now_shown + 20, abs=2)

    assert wait_for_event_types(emulator, webhooks) == ["checkout.session.expired"]
    assert webhooks.events()[0]["data"]["object"]["id"] == soon.id
    assert [row.status for row in shop.sessions.list().data] == ["open", "expired"]
    assert shop.sessions.retrieve(late.id).status == "open"
    with pytest.raises(ControlError, match="expired"):
        emulator.pay(soon.id)


def test_time_ends_a_session_without_a_call(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    shop.open_session(expires_at=int(time.time()) + 1_801)

    emulator.advance_clock(1_800)

    webhooks.wait_for(1, 1.7)


def test_what_is_over_is_not_listed_as_open(emulator: Emulator, shop: StripeShop) -> None:
    session = shop.open_session(expires_at=int(time.time()) + 1_801)
    emulator.advance_clock(1_800)
    while int(time.time()) + 1_800 <= session.expires_at:
        time.sleep(0.1)

    assert [row.status for row in shop.sessions.list().data] == ["expired"]


def test_a_refund_sends_events(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    session = emulator.pay(shop.open_session().id)

    refund = shop.refund(payment_intent=session["payment_intent"], amount=500)

    assert wait_for_event_types(emulator, webhooks)[4:] == ["refund.created", "charge.refunded", "refund.updated"]
    created, refunded, updated = webhooks.events()[4:]
    assert created["data"]["object"]["id"] == updated["data"]["object"]["id"] == refund.id
    assert (refunded["data"]["object"]["amount_refunded"], refunded["data"]["object"]["refunded"]) == (500, False)


def test_a_refund_that_fails_sends_an_event(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    session = emulator.pay(shop.open_session().id)
    refund = shop.refund(payment_intent=session["payment_intent"])

    emulator.fail_refund(refund.id)

    assert wait_for_event_types(emulator, webhooks)[4:] == ["refund.created", "charge.refunded", "refund.updated", "refund.failed"]
    assert webhooks.events()[-1]["data"]["object"]["status"] == "failed"


@pytest.mark.parametrize(("end", "back"), [("won", ["charge.dispute.funds_reinstated"]), ("lost", [])])
def test_a_dispute_sends_events_from_opening_to_closing(
    emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver, end: str, back: list[str]
) -> None:
    charge = get_charge_id(shop, emulator.pay(shop.open_session().id))

    emulator.dispute(charge)
    emulator.dispute(charge, "under_review")
    emulator.dispute(charge, end)

    assert wait_for_event_types(emulator, webhooks)[4:] == [
        *("charge.dispute.created", "charge.dispute.funds_withdrawn", "charge.dispute.updated", "charge.dispute.closed"),
        *back,
    ]
    statuses = [event["data"]["object"]["status"] for event in webhooks.events()[4:8]]
    assert statuses == ["needs_response", "needs_response", "under_review", end]


def test_a_dispute_sends_events_about_its_funds(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    charge = get_charge_id(shop, emulator.pay(shop.open_session().id))

    emulator.dispute(charge)
    emulator.dispute(charge, "won")

    assert {"charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated"} <= set(wait_for_event_types(emulator, webhooks))


def test_every_event_is_signed(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    emulator.pay(shop.open_session().id)
    assert emulator.wait_for_deliveries()

    for received in webhooks.received:
        event = stripe.Webhook.construct_event(received.body, received.signature, SECRET)
        assert event.to_dict() == received.event
        assert received.headers["Content-Type"] == "application/json; charset=utf-8"
        with pytest.raises(stripe.SignatureVerificationError):
            stripe.Webhook.construct_event(received.body, received.signature, "whsec_other")


def test_the_signature_is_of_the_whole_body(emulator: Emulator, shop: StripeShop, webhooks: WebhookReceiver) -> None:
    emulator.pay(shop.open_session().id)
    received = webhooks.wait_for(4)[3]

    changed = json.dumps({**received.event, "type": "checkout.session.expired"}, indent=2)

    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(changed, received.signature, SECRET)
