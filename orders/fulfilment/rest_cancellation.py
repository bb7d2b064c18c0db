"""Cancelling the rest of an order that is sent in part."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.fulfilment.parcels import packing, progress, undelivered
from orders.fulfilment.parcels.locking import lock_parcels, recount
from orders.models import MAX_REASON, Order, OrderItem, Payment, Refund, Shipment
from orders.payments import cash, refund_shares, refunds
from orders.payments.refund_lines import RefundLine
from orders.state import notifications, redemptions, transitions
from orders.state.locking import lock_payments_of_order
from orders.state.parcel_units import OrderParcels
from orders.state.payment_states import refundable_minor

CANCELLED_EVENT = "rest_cancelled"
AWAY_STATES = (Shipment.State.LOST, Shipment.State.RETURNED)


def cancel_rest(actor: Actor, order_id: int, reason: str) -> Order:
    """Return the unsent units of an order to stock, and refund what was paid for them; the customer gets an e-mail.

    Only staff can. Raises OrderNotFound, InvalidTransition.
    """
    if actor.kind == "customer":
        order = Order.objects.get(pk=order_id)
        if order.status != Order.Status.PROCESSING:
            transitions.check_transition(order, Order.Status.CANCELLED)
        raise InvalidTransition("A part of this order is sent. Ask the shop to cancel the rest")
    order, refund = _cancel_rest(actor, order_id, reason[:MAX_REASON])
    if refund is not None:
        refunds.try_submit(refund.pk)
    return order


@transaction.atomic
def _cancel_rest(actor: Actor, order_id: int, reason: str) -> tuple[Order, Refund | None]:
    parcels, now = lock_parcels(order_id), timezone.now()
    order = parcels.order
    if not parcels.unsent:
        raise InvalidTransition("There is nothing left to cancel: all of the order is sent")
    payments = lock_payments_of_order(order)
    for shipment in parcels.shipments:
        if shipment.state == Shipment.State.PACKED:
            packing.remove_parcel(parcels, shipment, now)
    parcels = recount(parcels)
    units = parcels.list_to_pack()
    refund = _refund_units(actor, parcels, payments, units, reason)
    data = {"units": sum(units.values()), "reason": reason}
    progress.update_order(actor, parcels, cash.lock_cash_payment(order), CANCELLED_EVENT, now, **data)
    about = {"is_refunded": refund is not None, "units": {str(item): count for item, count in units.items()}}
    notifications.notify_customer(order, CANCELLED_EVENT, about=str(order.version), **about)
    return order, refund


def _refund_units(
    actor: Actor, parcels: OrderParcels, payments: list[Payment], units: Mapping[int, int], reason: str
) -> Refund | None:
    """Restock units that were not sent; return the refund of what was paid for them, or None if nothing was."""
    order, items = parcels.order, [parcels.units[item].item for item in units]
    redemptions.lock_before_listings(order, [item.variant_id for item in items if item.variant_id is not None])
    payment = max(payments, key=refundable_minor)
    amount = _propose(order, items, payment, units)
    lines = [line for item, count in units.items() for line in _list_lines(parcels, item, count)]
    counted = refunds.count_lines(actor, order, payment, amount, lines)
    if not amount:
        return None
    return refunds.create_refund(payment, amount, counted, source=Refund.Source.STAFF, reason=reason, by=actor.user_id)


def _list_lines(parcels: OrderParcels, item: int, count: int) -> list[RefundLine]:
    """Return the lines of these units: those that left the shop in a parcel that is lost or came back are not in stock."""
    lines = [line for parcel in parcels.shipments if parcel.state in AWAY_STATES for line in parcel.lines.all()]
    is_counted = not undelivered.is_paid_before(parcels.order)  # as refunded, when the parcel ended
    away = 0 if is_counted else min(count, sum(line.quantity for line in lines if line.item_id == item))
    parts = ((count - away, True), (away, False))
    return [RefundLine(item, part, restock=restock, is_unsent=True) for part, restock in parts if part]


def _propose(order: Order, items: list[OrderItem], payment: Payment, units: Mapping[int, int]) -> int:
    """Return what was paid for these units, in minor units; nothing was yet for units that are paid at the door."""
    if payment.provider == Order.Method.COD:
        return 0
    shares = refund_shares.get_shares(order, items, payment.provider)
    return refund_shares.propose(shares, units, payment, refundable_minor(payment))
