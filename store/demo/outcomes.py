"""Brings a demo order to its planned outcome: each step through its service, and then moved to its time."""

from datetime import datetime, timedelta

from core.actors import SYSTEM, Actor
from orders import minor_units
from orders.fulfilment import cancellation, phone_confirmation
from orders.models import Order, OrderItem
from orders.payments import refund_shares, refunds, sessions, settlement
from orders.payments.refund_lines import RefundLine
from store.demo import parcels, provider
from store.demo.plan import Outcome, PlannedOrder
from store.demo.script import OrderScript

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
UNSHIPPED = (Outcome.CONFIRMED, Outcome.CANCELLED_BY_BUYER, Outcome.CANCELLED_WITH_REFUND, Outcome.CANCELLED_WITHOUT_REFUND)


def apply_outcome(order: Order, planned: PlannedOrder, *, staff: Actor, buyer: Actor, now: datetime) -> None:
    """Take an order that was just placed through the steps to its planned outcome."""
    script, outcome, pk = OrderScript(order, planned.placed_at, now), planned.outcome, order.pk
    if outcome == Outcome.UNPAID:
        return
    if outcome == Outcome.EXPIRED:
        script.step(sessions.SESSION_LIFETIME, lambda: _expire(order))
        return
    _settle(script, staff)
    if outcome == Outcome.CANCELLED_BY_BUYER:
        script.step(2 * HOUR, lambda: cancellation.cancel_order(buyer, pk, "ordered by mistake"))
    elif outcome in (Outcome.CANCELLED_WITH_REFUND, Outcome.CANCELLED_WITHOUT_REFUND):
        is_refunded = outcome == Outcome.CANCELLED_WITH_REFUND
        script.step(5 * HOUR, lambda: cancellation.cancel_order(staff, pk, "the customer changed their mind", refund=is_refunded))
    if outcome in UNSHIPPED:
        return
    parcels.send_order(script, outcome, staff)
    if outcome == Outcome.REFUNDED_IN_PART:
        script.step(30 * HOUR, lambda: _refund_line(staff, order))
    elif outcome == Outcome.REFUNDED_BY_PROVIDER:
        script.step(30 * HOUR, lambda: _refund_at_provider(order))


def _settle(script: OrderScript, staff: Actor) -> None:
    """Do what has to precede the packing: the buyer pays online, or staff confirm the phone."""
    order = script.order
    if order.status == Order.Status.PENDING:
        script.step(3 * MINUTE, lambda: _pay(order))
    if order.awaits_phone:
        script.step(3 * MINUTE, lambda: phone_confirmation.confirm_by_staff(staff, order.pk))


def _pay(order: Order) -> None:
    payment = order.payments.get()
    provider.pay(payment.checkout_url)
    settlement.apply_session(payment.pk, sessions.fetch_session(payment))


def _expire(order: Order) -> None:
    payment = order.payments.get()
    settlement.apply_session(payment.pk, sessions.expire_session(payment), SYSTEM)


def _refund_line(staff: Actor, order: Order) -> None:
    """Refund a unit of the first line, which stays with the customer."""
    item = order.items.all()[0]
    amount = minor_units.to_major(_get_unit_share(order, item), order.payment_method, order.currency)
    refunds.request_refund(staff, order.pk, amount, "arrived damaged", [RefundLine(item.pk, 1, restock=False)])


def _get_unit_share(order: Order, item: OrderItem) -> int:
    """Return what was paid for a unit, in minor units."""
    return refund_shares.get_shares(order, [item], order.payment_method)[item.pk].get_share(1)


def _refund_at_provider(order: Order) -> None:
    """Refund a unit of the first line at the provider and not in the shop, which raises an alert."""
    payment = order.payments.get()
    provider.refund(payment.payment_intent or "", _get_unit_share(order, order.items.all()[0]))
    refunds.record_refunds(payment.pk, refunds.fetch_refunds(payment))
