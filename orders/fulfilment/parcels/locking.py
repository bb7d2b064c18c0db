"""Locking an order with its parcels. Orders that were sent before the shop had parcels get theirs here."""

from django.utils import timezone

from orders.exceptions import ParcelNotFound
from orders.models import Order, OrderItem, Payment, Shipment, ShipmentLine
from orders.payments import cash, refund_shares
from orders.state import shipment_states
from orders.state.locking import lock_order
from orders.state.parcel_units import SENT_STATUSES, OrderParcels, count_units, load_parcels

Status, State = Order.Status, Shipment.State


def lock_parcels(order_id: int) -> OrderParcels:
    """Lock an order, inside a transaction, and return its parcels. Raises OrderNotFound."""
    parcels = load_parcels(lock_order(order_id))
    if not parcels.shipments and parcels.order.status in SENT_STATUSES:
        _create_earlier_parcel(parcels)
    elif parcels.order.status == Status.DELIVERED and any(map(_is_delivered_earlier, parcels.shipments)):
        _deliver_earlier_parcel(parcels)
    else:
        return parcels
    return load_parcels(parcels.order)


def lock_parcel(shipment_id: int) -> tuple[OrderParcels, Shipment]:
    """Lock the order of a parcel, inside a transaction; return all of its parcels, and this one. Raises ParcelNotFound."""
    order_id = Shipment.objects.filter(pk=shipment_id).values_list("order", flat=True).first()
    if order_id is None:
        raise ParcelNotFound
    parcels = lock_parcels(order_id)
    return parcels, next(shipment for shipment in parcels.shipments if shipment.pk == shipment_id)


def recount(parcels: OrderParcels) -> OrderParcels:
    """Return the parcels with their units counted again, after a change of them; items that were changed are fetched again."""
    return count_units(parcels.order, parcels.order.items.all(), parcels.shipments)


def _create_earlier_parcel(parcels: OrderParcels) -> None:
    """Create the parcel of an order that was sent before there were parcels, or by a process of the release before.

    It contains what was not refunded, and for Cash on Delivery all, which could not be refunded before it was paid. Its cash is in
    no remittance.
    """
    order, now = parcels.order, timezone.now()
    payment = cash.lock_cash_payment(order)
    is_delivered = order.status == Status.DELIVERED
    shipment = Shipment(
        order=order,
        number=1,
        state=State.DELIVERED if is_delivered else State.SHIPPED,
        settled_before=payment is not None,
        shipped_at=order.shipped_at or now,
        delivered_at=(order.delivered_at or now) if is_delivered else None,
    )
    lines = [
        ShipmentLine(shipment=shipment, item=item, quantity=count, due_minor=_get_due(order, item, payment))
        for item, count in _list_units(parcels, payment)
    ]
    if payment is not None:
        shipment.cod_due_minor = payment.amount_minor
        shipment.charges_minor = payment.amount_minor - sum(line.due_minor for line in lines)
        _set_cash(shipment, payment)
    shipment.save(force_insert=True)
    ShipmentLine.objects.bulk_create(lines)
    _record_refunded_after_delivery(lines)


def _record_refunded_after_delivery(lines: list[ShipmentLine]) -> None:
    """Count the refunded units of an earlier parcel as refunded after their delivery: it contains them."""
    for line in lines:
        refunded = line.quantity - (line.item.quantity - line.item.refunded_quantity)
        if refunded > 0:
            OrderItem.objects.filter(pk=line.item_id).update(refunded_after_delivery=refunded)


def _is_delivered_earlier(shipment: Shipment) -> bool:
    """Return whether a parcel of a delivered order stands for what a process of the release before has delivered."""
    return shipment.is_earlier and shipment.is_under_way


def _deliver_earlier_parcel(parcels: OrderParcels) -> None:
    """Mark the parcel of an order as delivered that a process of the release before has delivered."""
    payment = cash.lock_cash_payment(parcels.order)
    for shipment in filter(_is_delivered_earlier, parcels.shipments):
        if payment is not None:
            _set_cash(shipment, payment)
        collected = {"cod_collected_minor": shipment.cod_collected_minor}
        shipment_states.move(shipment, State.DELIVERED, parcels.order.delivered_at or timezone.now(), **collected)


def _set_cash(shipment: Shipment, payment: Payment) -> None:
    """Copy what a payment has captured; before there were parcels, nothing was captured before the delivery, and then all."""
    shipment.cod_collected_minor = payment.captured_minor


def _get_due(order: Order, item: OrderItem, payment: Payment | None) -> int:
    return refund_shares.get_paid_minor(order, item, payment.provider) if payment is not None else 0


def _list_units(parcels: OrderParcels, payment: Payment | None) -> list[tuple[OrderItem, int]]:
    items = [units.item for units in parcels.units.values()]
    unrefunded = [(item, item.quantity - item.refunded_quantity) for item in items if item.quantity > item.refunded_quantity]
    return unrefunded if unrefunded and payment is None else [(item, item.quantity) for item in items]
