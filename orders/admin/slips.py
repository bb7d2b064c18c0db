"""Packing slips: what goes into a parcel, one page each: of a packed parcel, or of what is left to pack of an order."""

from collections.abc import Iterable
from dataclasses import dataclass

from orders.admin.columns import describe_shipping, format_total
from orders.admin.parcel_columns import format_cash
from orders.fulfilment import suspension
from orders.models import Order, OrderItem, Shipment
from orders.state.parcel_units import ItemUnits, read_parcels


@dataclass(frozen=True, slots=True)
class PackingSlip:
    """An order, the units to pack by line, or why there are none, the cash to collect, if any, and how it is sent."""

    order: Order
    items: list[tuple[OrderItem, int]]
    reason: str
    cash_due: str
    shipping: str  # method and days
    parcel: str = ""  # its number
    note: str = ""


def build_parcel_slip(shipment: Shipment) -> PackingSlip:
    """Return the slip of a parcel whose order, lines and items are fetched; a cancelled one has nothing in it."""
    is_cancelled = shipment.state == Shipment.State.CANCELLED
    items = [] if is_cancelled else [(line.item, line.quantity) for line in shipment.lines.all()]
    is_due = shipment.cod_due_minor and shipment.state != Shipment.State.DELIVERED
    return PackingSlip(
        shipment.order,
        items,
        "the parcel is cancelled" if is_cancelled else "",
        format_cash(shipment, shipment.cod_due_minor) if is_due else "",
        describe_shipping(shipment.order),
        parcel=shipment.label,
    )


def build_slips(orders: Iterable[Order]) -> list[PackingSlip]:
    """Return the slips of orders whose lines, payments and parcels are prefetched: what is left to pack of each."""
    listed = list(orders)
    suspended = suspension.find_suspended(listed)
    return [_build_slip(order, is_suspended=order.pk in suspended) for order in listed]


def _build_slip(order: Order, *, is_suspended: bool) -> PackingSlip:
    parcels = read_parcels(order)
    live = [shipment for shipment in parcels.shipments if shipment.is_live]
    if len(live) == 1 and not parcels.list_to_pack():
        for line in live[0].lines.all():
            line.item = parcels.units[line.item_id].item
        return build_parcel_slip(live[0])
    items = [(units.item, _count_units(units, has_parcels=bool(parcels.shipments))) for units in parcels.units.values()]
    items = [(item, count) for item, count in items if count]
    empty = "all units are in parcels, which have slips of their own" if live else "all units are refunded"
    reason = _find_obstacle(order, is_suspended=is_suspended) or ("" if items else empty)
    cash_due = format_total(order) if order.is_cash_due and not live else ""
    note = "To be paid on delivery: pack the parcel first, its slip has the amount" if order.is_cash_due and live and items else ""
    return PackingSlip(order, [] if reason else items, reason, cash_due, describe_shipping(order), note=note)


def _count_units(units: ItemUnits, *, has_parcels: bool) -> int:
    """Return the units to pack; of an order that was sent before the shop had parcels, those that were sent."""
    return units.to_pack if has_parcels else units.to_pack + units.under_way + units.delivered


def _find_obstacle(order: Order, *, is_suspended: bool) -> str:
    """Return why an order is not to be packed; empty if it is, or was."""
    if order.status not in (*Order.SOLD_STATUSES, Order.Status.RETURNED):
        return f"the order is {order.get_status_display().lower()}"
    if order.awaits_phone:
        return "the phone number is not confirmed yet"
    return "the buyer has their money back, and the alert is not resolved" if is_suspended else ""
