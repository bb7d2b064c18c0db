"""Sending and delivering whole orders; `parcels` has what happens to a single parcel."""

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.fulfilment.parcels import outcomes, packing, sending, tracking_numbers
from orders.fulfilment.parcels.locking import lock_parcels
from orders.models import Order, Shipment
from orders.payments import cash
from orders.state import transitions
from orders.state.parcel_units import read_parcels

State = Shipment.State


def has_units_to_ship(order: Order) -> bool:
    """Return whether units of an order can be sent that are neither refunded nor sent."""
    return order.status in packing.SENDABLE_STATUSES and bool(read_parcels(order).unsent)


@tracking_numbers.refuse_used_numbers()
@transaction.atomic
def ship_order(actor: Actor, order_id: int, *, carrier: str = "", tracking_number: str = "") -> Order:
    """Send all of an order that is not sent: its packed parcels, and one parcel of the units that are in none.

    A tracking number is for one parcel. Raises OrderNotFound; InvalidTransition, also if the phone is not confirmed, all units are
    refunded, the order is suspended, or there are several parcels for one tracking number; TrackingNumberRefused.
    """
    carrier, tracking_number = tracking_numbers.clean(carrier, tracking_number)
    parcels = lock_parcels(order_id)
    packing.check_sendable(parcels.order)
    now = timezone.now()
    if parcels.list_to_pack() or not any(shipment.state == State.PACKED for shipment in parcels.shipments):
        packing.create_parcel(parcels, cash.lock_cash_payment(parcels.order), None, now)
    packed = [shipment for shipment in parcels.shipments if shipment.state == State.PACKED]
    if tracking_number and len(packed) > 1:
        raise InvalidTransition("The order has several parcels. Send each with its own tracking number")
    for shipment in packed:
        sending.send(actor, parcels, shipment, carrier=carrier, tracking_number=tracking_number, now=now)
    return parcels.order


@transaction.atomic
def deliver_order(actor: Actor, order_id: int) -> Order:
    """Mark all parcels of an order that are under way as delivered, with the cash that is due for them.

    Raises OrderNotFound, InvalidTransition.
    """
    parcels = lock_parcels(order_id)
    transitions.check_transition(parcels.order, Order.Status.DELIVERED)
    under_way = [shipment for shipment in parcels.shipments if shipment.is_under_way]
    if not under_way:
        raise InvalidTransition("No parcel of this order is on its way")
    for shipment in under_way:
        outcomes.deliver(actor, parcels, shipment, timezone.now())
    return parcels.order
