"""Sending parcels, and their tracking numbers."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.fulfilment.parcels import packing, progress, tracking_numbers
from orders.fulfilment.parcels.locking import lock_parcel
from orders.models import Order, Shipment
from orders.payments import cash
from orders.state import notifications, shipment_states, transitions
from orders.state.parcel_units import OrderParcels

State = Shipment.State
TRACKING_EVENT = "parcel_tracking"


@tracking_numbers.refuse_used_numbers()
@transaction.atomic
def ship_parcel(actor: Actor, shipment_id: int, *, carrier: str = "", tracking_number: str = "") -> Order:
    """Mark a packed parcel as sent, and email the customer.

    Raises ParcelNotFound, InvalidTransition, TrackingNumberRefused.
    """
    carrier, tracking_number = tracking_numbers.clean(carrier, tracking_number)
    parcels, shipment = lock_parcel(shipment_id)
    packing.check_sendable(parcels.order)
    send(actor, parcels, shipment, carrier=carrier, tracking_number=tracking_number, now=timezone.now())
    return parcels.order


def send(actor: Actor, parcels: OrderParcels, shipment: Shipment, *, carrier: str, tracking_number: str, now: datetime) -> None:
    """Mark a packed parcel of a locked order as sent, and email the customer. Raises InvalidTransition, TrackingNumberRefused."""
    details = {"carrier": carrier or shipment.carrier, "tracking_number": tracking_number or shipment.tracking_number}
    shipment_states.check_move(shipment, State.SHIPPED)
    tracking_numbers.check_unused(shipment, **details)
    shipment_states.move(shipment, State.SHIPPED, now, **details)
    payment = cash.lock_cash_payment(parcels.order)
    given = {name: value for name, value in details.items() if value}
    progress.update_order(actor, parcels, payment, "shipped", now, parcel=shipment.number, **given)
    has_others = any(other.is_live and other.pk != shipment.pk for other in parcels.shipments)
    about = {"parcel": shipment.number, "is_part": has_others or parcels.order.status == Order.Status.PROCESSING}
    notifications.notify_customer(parcels.order, "shipped", about=str(shipment.number), **about)


@tracking_numbers.refuse_used_numbers()
@transaction.atomic
def set_tracking(actor: Actor, shipment_id: int, *, carrier: str, tracking_number: str) -> Order:
    """Enter or correct carrier and tracking number of a parcel that is not cancelled.

    Raises ParcelNotFound, InvalidTransition, TrackingNumberRefused.
    """
    carrier, tracking_number = tracking_numbers.clean(carrier, tracking_number)
    parcels, shipment = lock_parcel(shipment_id)
    if shipment.state == State.CANCELLED:
        raise InvalidTransition("This parcel is cancelled")
    if carrier != shipment.carrier and shipment.remittance_lines.exists():
        raise InvalidTransition("The carrier has accounted for this parcel already")
    changes = {
        name: [getattr(shipment, name), value]
        for name, value in (("carrier", carrier), ("tracking_number", tracking_number))
        if getattr(shipment, name) != value
    }
    if not changes:
        raise InvalidTransition("Nothing was changed")
    tracking_numbers.check_unused(shipment, carrier=carrier, tracking_number=tracking_number)
    shipment.carrier, shipment.tracking_number, shipment.tracked_at = carrier, tracking_number, None
    shipment.save(update_fields=["carrier", "tracking_number", "tracked_at", "updated_at"])
    transitions.save_order(parcels.order)
    transitions.record_event(parcels.order, TRACKING_EVENT, actor, parcel=shipment.number, **changes)
    return parcels.order
