"""Packing slips: what goes into the parcel of an order, one page each."""

from collections.abc import Iterable
from dataclasses import dataclass

from orders.admin.columns import describe_shipping, format_total
from orders.fulfilment import suspension
from orders.models import Order, OrderItem

SENT_STATUSES = (Order.Status.SHIPPED, Order.Status.DELIVERED)


@dataclass(frozen=True, slots=True)
class PackingSlip:
    """An order, the units to pack by line, or why there are none, the cash to collect, if any, and how it is sent."""

    order: Order
    items: list[tuple[OrderItem, int]]
    reason: str
    cash_due: str
    shipping: str  # method and days


def build_slips(orders: Iterable[Order]) -> list[PackingSlip]:
    """Return the slips of orders whose lines and payments are prefetched."""
    listed = list(orders)
    suspended = suspension.find_suspended(listed)
    return [_build_slip(order, is_suspended=order.pk in suspended) for order in listed]


def _build_slip(order: Order, *, is_suspended: bool) -> PackingSlip:
    items = [(item, item.quantity - item.refunded_quantity) for item in order.items.all()]
    items = [(item, units) for item, units in items if units]
    reason = _find_obstacle(order, is_suspended=is_suspended) or ("" if items else "all units are refunded")
    cash_due = format_total(order) if order.is_cash_due else ""
    return PackingSlip(order, [] if reason else items, reason, cash_due, describe_shipping(order))


def _find_obstacle(order: Order, *, is_suspended: bool) -> str:
    """Return why an order is not to be packed; empty if it is, or was."""
    if order.status not in (Order.Status.PROCESSING, *SENT_STATUSES):
        return f"the order is {order.get_status_display().lower()}"
    if order.awaits_phone:
        return "the phone number is not confirmed yet"
    return "the buyer has their money back, and the alert is not resolved" if is_suspended else ""
