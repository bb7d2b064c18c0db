"""POST /api/orders/webhook/: the event's mode, live or test, decides, and its object must not contradict it"""

import json
import logging
from typing import Any

import pytest

from orders.models import Order, Payment, Refund, StripeEvent
from orders.payments import webhook_events
from orders.tests.factories import database_rows
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import Event, alter_event, post_events, sign_payload, take_events
from orders.tests.payments.paid_orders import create_paid_order, create_pending_order, get_charge_id

pytestmark = pytest.mark.django_db


def change_mode(event: Event, mode: Any) -> Event:
    """Return the event with this mode of its own."""
    payload = json.loads(event[0]) | {"livemode": mode}
    body = json.dumps(payload).encode()
    return body, sign_payload(body)


def test_an_object_of_the_other_mode_is_ignored_and_logged(card_payments: CardPayments, caplog: pytest.LogCaptureFixture) -> None:
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])
    paid = take_events(card_payments)["checkout.session.completed"]
    event = alter_event(paid[0], livemode=True)
    before = database_rows()

    with caplog.at_level(logging.WARNING, "shop.stripe"):
        assert post_events(card_payments, event, event) == [200, 200]

    row = StripeEvent.objects.get()
    assert (row.status, get_statuses(order["number"])) == ("ignored", ("pending", "reserved", "open"))
    assert database_rows() == before
    assert caplog.messages == [f"Event {row.event_id} is ignored: its object {order['session_id']} belongs to the other mode"]
    assert webhook_events.replay_events(row.event_id) == (1, 0)
    assert StripeEvent.objects.get().status == "ignored"
    assert post_events(card_payments, paid) == [200]
    assert Order.objects.get().status == "processing"


@pytest.mark.parametrize("kind", ["charge.refunded", "charge.dispute.created"])
def test_other_events_are_held_to_it_too(card_payments: CardPayments, kind: str) -> None:
    order = create_paid_order(card_payments)
    charge = get_charge_id(card_payments, order)
    card_payments.emulator.dispute(charge)
    card_payments.emulator.refund_charge(charge, 1000)
    event = take_events(card_payments)[kind]
    calls = len(card_payments.emulator.requests())

    assert post_events(card_payments, alter_event(event[0], livemode=True)) == [200]

    assert (Refund.objects.count(), Order.objects.get().attention) == (0, "")
    assert len(card_payments.emulator.requests()) == calls


def test_objects_without_a_mode_are_of_the_events(card_payments: CardPayments) -> None:
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])
    paid = take_events(card_payments)["checkout.session.completed"]

    assert post_events(card_payments, alter_event(paid[0], livemode=None)) == [200]

    assert Payment.objects.get().state == "succeeded"


@pytest.mark.sampled
@pytest.mark.parametrize("mode", [True, "false", 0, 1, [], {}])
def test_an_event_of_the_other_mode_or_of_none_is_refused_whatever_its_object_says(card_payments: CardPayments, mode: Any) -> None:
    _, order = create_pending_order(card_payments)
    card_payments.emulator.pay(order["session_id"])
    paid = take_events(card_payments)["checkout.session.completed"]

    assert post_events(card_payments, change_mode(paid, mode)) == [400]

    assert not StripeEvent.objects.exists()
    assert Payment.objects.get().state == "open"
