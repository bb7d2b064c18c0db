"""Refunds that staff did not request in the shop: made in the provider's dashboard, or automatically by the shop
(failure table: 27)
"""

from decimal import Decimal

import pytest

from carts.tests.factories import add_to_cart
from core import outbox
from core.actors import Actor
from core.models import Job
from orders.exceptions import InvalidTransition, RefundTooLarge
from orders.models import Order, OrderEvent, Payment, Refund, StripeEvent
from orders.payments import refunds, sessions, settlement
from orders.payments.refund_lines import RefundLine
from orders.tests.factories import customer
from orders.tests.factories import placed as placed_by
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.paid_orders import (
    RATE_LIMITED,
    REFUND_CALL,
    create_paid_order,
    create_pending_order,
    get_amounts,
    get_charge_id,
    get_refunded_amounts,
    get_refunds,
    get_stock,
    make_staff_actor,
    run_pending_jobs,
)
from products.models import Product
from tests.emulator.webhook_receivers import ReceivedRequest

pytestmark = pytest.mark.django_db


def take_requests(card_payments: CardPayments) -> list[ReceivedRequest]:
    """Return the provider's new webhook requests, undelivered."""
    assert card_payments.emulator.wait_for_deliveries()
    return card_payments.webhooks.pop_requests()


def post_requests(card_payments: CardPayments, calls: list[ReceivedRequest]) -> set[int]:
    """Post these events to the webhook and return the response statuses."""
    return {card_payments.post_event(call.body, call.signature).status_code for call in calls}


def test_a_part_that_goes_back_in_the_dashboard_is_on_record(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)

    refund = card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 1500)
    assert set(card_payments.deliver_events()) == {200}

    assert get_refunds(order) == [(1500, "succeeded", "external")]
    assert Refund.objects.get().provider_id == refund["id"]
    assert Refund.objects.get().amount == Decimal("15.00")
    assert get_amounts(order) == (4000, 1500, "partially_refunded")
    order.refresh_from_db()
    assert (order.status, order.attention, get_stock()) == ("processing", "external_refund", (8, 0))


def test_two_parts_in_the_dashboard_are_two_refunds(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    charge = get_charge_id(card_payments, order)

    for amount in (1500, 1500):
        card_payments.emulator.refund_charge(charge, amount)
        assert set(card_payments.deliver_events()) == {200}
    card_payments.emulator.refund_charge(charge)
    card_payments.deliver_events()

    assert get_refunds(order) == [(1500, "succeeded", "external")] * 2 + [(1000, "succeeded", "external")]
    assert (get_amounts(order), get_refunded_amounts(card_payments)) == ((4000, 4000, "refunded"), [4000])


def test_the_same_events_again_change_nothing(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 1500)
    calls = take_requests(card_payments)
    assert post_requests(card_payments, calls) == {200}
    history = OrderEvent.objects.count()

    assert post_requests(card_payments, calls + calls[::-1]) == {200}

    assert (get_refunds(order), OrderEvent.objects.count()) == ([(1500, "succeeded", "external")], history)


def test_events_in_the_wrong_order_come_to_the_same(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    charge = get_charge_id(card_payments, order)
    first = card_payments.emulator.refund_charge(charge, 1500)
    card_payments.emulator.refund_charge(charge, 500)
    card_payments.emulator.fail_refund(first["id"])

    assert post_requests(card_payments, take_requests(card_payments)[::-1]) == {200}

    assert sorted(get_refunds(order)) == [(500, "succeeded", "external"), (1500, "failed", "external")]
    assert (get_amounts(order), get_refunded_amounts(card_payments)) == ((4000, 500, "partially_refunded"), [500])


def test_one_late_event_is_enough(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    charge = get_charge_id(card_payments, order)
    card_payments.emulator.refund_charge(charge, 1500)
    card_payments.emulator.refund_charge(charge, 500)

    assert post_requests(card_payments, take_requests(card_payments)[-1:]) == {200}

    assert sorted(get_refunds(order)) == [(500, "succeeded", "external"), (1500, "succeeded", "external")]


def test_a_refund_that_fails_later_counts_no_more_and_calls_for_attention(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    refund = refunds.request_refund(make_staff_actor(), order.pk, None, "")
    card_payments.deliver_events()
    assert get_amounts(order) == (4000, 4000, "refunded")

    card_payments.emulator.fail_refund(str(refund.provider_id))
    assert set(card_payments.deliver_events()) == {200}

    assert get_refunds(order) == [(4000, "failed", "staff")]
    assert (get_amounts(order), get_refunded_amounts(card_payments)) == ((4000, 0, "paid"), [0])
    refund.refresh_from_db()
    assert (Order.objects.get().attention, refund.failure_code != "") == ("refund_failed", True)
    assert refunds.request_refund(Actor(kind="staff"), order.pk, None, "by another way").state == "succeeded"


def test_the_dashboard_and_staff_share_what_there_is(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 1500)
    card_payments.deliver_events()

    with pytest.raises(RefundTooLarge) as excinfo:
        refunds.request_refund(make_staff_actor(), order.pk, Decimal("25.01"), "")
    assert excinfo.value.details == {"rest": "25.00"}
    assert refunds.request_refund(Actor(kind="staff"), order.pk, None, "").amount_minor == 2500

    assert (get_amounts(order), get_refunded_amounts(card_payments)) == ((4000, 4000, "refunded"), [4000])


def test_refunds_that_cannot_be_fetched_are_fetched_at_the_next_try(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), 1500)
    calls = take_requests(card_payments)
    card_payments.emulator.set_faults({"match": {"method": "GET", "path": "refunds"}, "times": -1, "do": RATE_LIMITED})

    assert post_requests(card_payments, calls[:1]) == {500}
    assert (get_refunds(order), StripeEvent.objects.filter(status="failed").count()) == ([], 1)
    card_payments.emulator.set_faults()
    assert post_requests(card_payments, calls[:1]) == {200}

    assert get_refunds(order) == [(1500, "succeeded", "external")]


def test_what_is_paid_after_the_order_was_cancelled_goes_back_by_itself(card_payments: CardPayments) -> None:
    client, placed = create_pending_order(card_payments)
    card_payments.emulator.pay(placed["session_id"])
    paid = take_requests(card_payments)
    _close_order(placed["number"], "cancelled")

    assert post_requests(card_payments, paid) == {200}
    assert (get_refunds(_get_order()), _get_order().attention) == ([(4000, "requested", "auto")], "late_payment")
    assert run_pending_jobs()[1] == 0
    card_payments.deliver_events()

    assert get_refunds(_get_order()) == [(4000, "succeeded", "auto")]
    assert (get_statuses(placed["number"]), get_stock()) == (("cancelled", "released", "succeeded"), (10, 0))
    assert (_get_order().attention, get_refunded_amounts(card_payments), get_amounts(_get_order())) == (
        "",
        [4000],
        (4000, 4000, "refunded"),
    )
    assert client.get(f"/api/orders/{placed['number']}/").json()["data"]["status"] == "cancelled"


def test_what_is_paid_late_is_sent_where_it_is_still_there(card_payments: CardPayments) -> None:
    _, placed = create_pending_order(card_payments)
    card_payments.emulator.pay(placed["session_id"])
    paid = take_requests(card_payments)
    _close_order(placed["number"], "expired")

    assert post_requests(card_payments, paid) == {200}

    assert (get_statuses(placed["number"]), get_stock()) == (("processing", "committed", "succeeded"), (8, 0))
    assert OrderEvent.objects.filter(kind="late_payment_accepted").count() == 1
    assert not Refund.objects.exists()


def test_what_is_paid_late_and_sold_out_goes_back_by_itself(card_payments: CardPayments) -> None:
    _, placed = create_pending_order(card_payments, stock=2)
    card_payments.emulator.pay(placed["session_id"])
    paid = take_requests(card_payments)
    _close_order(placed["number"], "expired")
    _sell_out()

    assert post_requests(card_payments, paid) == {200}
    assert _get_order().attention == "late_payment"
    run_pending_jobs()

    assert get_statuses(placed["number"]) == ("expired", "released", "succeeded")
    assert (get_refunds(_get_order()), get_refunded_amounts(card_payments)) == ([(4000, "succeeded", "auto")], [4000])
    assert (get_stock(), _get_order().attention, _get_order().paid_at) == ((0, 0), "", None)


def test_an_automatic_refund_goes_on_until_the_provider_answers(card_payments: CardPayments) -> None:
    _, placed = create_pending_order(card_payments)
    card_payments.emulator.pay(placed["session_id"])
    paid = take_requests(card_payments)
    _close_order(placed["number"], "cancelled")
    card_payments.emulator.set_faults({"match": REFUND_CALL, "times": -1, "do": RATE_LIMITED})
    post_requests(card_payments, paid)

    assert outbox.run_due()[1] == 1
    assert (get_refunds(_get_order()), _get_order().attention) == ([(4000, "submitted", "auto")], "late_payment")
    card_payments.emulator.set_faults()
    assert run_pending_jobs()[1] == 0

    assert (get_refunds(_get_order()), get_refunded_amounts(card_payments), _get_order().attention) == (
        [(4000, "succeeded", "auto")],
        [4000],
        "",
    )


def test_one_that_is_refused_leaves_its_mark(card_payments: CardPayments) -> None:
    _, placed = create_pending_order(card_payments)
    card_payments.emulator.pay(placed["session_id"])
    paid = take_requests(card_payments)
    _close_order(placed["number"], "cancelled")
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": 400}})
    post_requests(card_payments, paid)

    assert run_pending_jobs()[1] == 0

    assert (get_refunds(_get_order()), _get_order().attention) == ([(4000, "failed", "auto")], "refund_failed")


def test_the_same_late_payment_reported_twice_is_one_refund(card_payments: CardPayments) -> None:
    _, placed = create_pending_order(card_payments)
    card_payments.emulator.pay(placed["session_id"])
    paid = take_requests(card_payments)
    _close_order(placed["number"], "cancelled")

    assert post_requests(card_payments, paid + paid) == {200}

    assert (get_refunds(_get_order()), Job.objects.filter(kind="refund").count()) == ([(4000, "requested", "auto")], 1)


def test_units_that_a_closed_order_has_released_are_not_restocked(card_payments: CardPayments) -> None:
    _, placed = create_pending_order(card_payments, stock=2)
    card_payments.emulator.pay(placed["session_id"])
    paid = take_requests(card_payments)
    _close_order(placed["number"], "expired")
    _sell_out()
    card_payments.emulator.set_faults({"match": REFUND_CALL, "do": {"status": 400}})
    post_requests(card_payments, paid)
    run_pending_jobs()
    item = _get_order().items.get().pk

    clerk = make_staff_actor()
    with pytest.raises(InvalidTransition):
        refunds.request_refund(clerk, _get_order().pk, None, "by hand", [RefundLine(item, 2, restock=True)])
    refunds.request_refund(clerk, _get_order().pk, None, "by hand")

    assert get_stock() == (0, 0)


def _get_order() -> Order:
    return Order.objects.get()


def _close_order(number: str, status: str) -> None:
    """Close the order as `expired` or `cancelled` although its session has just been paid."""
    order = Order.objects.get(number=number)
    payment = order.payments.get()
    if status == "cancelled":
        Order.objects.filter(pk=order.pk).update(cancel_reason="changed my mind")
    settlement.apply_session(payment.pk, sessions._expired_session(payment))
    assert Order.objects.get(pk=order.pk).status == status
    assert Payment.objects.get(pk=payment.pk).state == status


def _sell_out() -> None:
    """Sell the last lamps to another buyer."""
    other = customer("grace@example.com")
    add_to_cart(other, Product.objects.get(), 2)
    order = placed_by(other)
    Order.objects.filter(number=order["number"]).delete()
