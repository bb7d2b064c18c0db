"""Packing parcels: choosing which units of an order go into one, and taking them out again."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.fulfilment import suspension
from orders.fulfilment.parcels import progress
from orders.fulfilment.parcels.locking import lock_parcel, lock_parcels
from orders.models import Order, Payment, Shipment, ShipmentLine
from orders.payments import cash
from orders.state import shipment_states, transitions
from orders.state.parcel_units import OrderParcels

Status, State = Order.Status, Shipment.State
PACKED_EVENT, CANCELLED_EVENT = "parcel_packed", "parcel_cancelled"
SENDABLE_STATUSES = (*Order.SOLD_STATUSES, Status.RETURNED)
UNCONFIRMED = "The phone number is not confirmed yet. Confirm it if you have reached the buyer"
ERASED = "The buyer has closed their account, and the address of the order is erased"
SUSPENDED = "The buyer has their money back. Cancel the order, or resolve its alert to ship it all the same"
NOTHING_LEFT = "There is nothing to ship: all units are refunded"
ALL_PACKED = "There is nothing left to pack"


def check_sendable(order: Order) -> None:
    """Raise InvalidTransition if nothing of an order may be packed or sent now."""
    if order.status not in SENDABLE_STATUSES:
        transitions.check_transition(order, Status.SHIPPED)
    if order.erased_at is not None and not order.address:
        raise InvalidTransition(ERASED)
    if order.awaits_phone:
        raise InvalidTransition(UNCONFIRMED)
    if suspension.is_suspended(order):
        raise InvalidTransition(SUSPENDED)


@transaction.atomic
def pack_parcel(
    actor: Actor, order_id: int, units: Mapping[int, int] | None = None, *, submission: UUID | None = None
) -> Shipment | None:
    """Pack units of an order, by order item, into a new parcel; None means all that are left.

    Return the parcel; None if this `submission` packed one before. Raises OrderNotFound; InvalidTransition, also if fewer units are
    left.
    """
    parcels = lock_parcels(order_id)
    if transitions.has_recorded(parcels.order, PACKED_EVENT, submission):
        return None
    check_sendable(parcels.order)
    now = timezone.now()
    shipment = create_parcel(parcels, cash.lock_cash_payment(parcels.order), units, now)
    transitions.save_order(parcels.order)
    data = transitions.get_submission_data(submission)
    transitions.record_event(parcels.order, PACKED_EVENT, actor, parcel=shipment.number, **data)
    return shipment


def create_parcel(parcels: OrderParcels, payment: Payment | None, units: Mapping[int, int] | None, now: datetime) -> Shipment:
    """Insert a packed parcel of a locked order, with what its carrier has to collect. Raises InvalidTransition."""
    chosen = _choose_units(parcels, units)
    dues = cash.compute_dues(parcels, payment, chosen) if payment is not None else {}
    charges = cash.compute_charges(parcels, payment) if payment is not None else 0
    shipment = Shipment.objects.create(
        order=parcels.order,
        number=max((other.number for other in parcels.shipments), default=0) + 1,
        charges_minor=charges,
        cod_due_minor=charges + sum(dues.values()),
        packed_at=now,
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, item_id=item, quantity=count, due_minor=dues.get(item, 0)) for item, count in chosen.items()
    )
    parcels.shipments.append(shipment)
    return shipment


def _choose_units(parcels: OrderParcels, units: Mapping[int, int] | None) -> dict[int, int]:
    """Return the units to pack, by order item in ascending id. Raises InvalidTransition if so many are not left."""
    left = parcels.list_to_pack()
    if not left:
        is_refunded = not any(shipment.is_live for shipment in parcels.shipments)
        raise InvalidTransition(NOTHING_LEFT if is_refunded else ALL_PACKED)
    chosen = dict(left) if units is None else {item: count for item, count in sorted(units.items()) if count}
    if not chosen:
        raise InvalidTransition("Choose at least one unit to pack")
    for item, count in chosen.items():
        if not 0 < count <= left.get(item, 0):
            name = parcels.units[item].item.sku if item in parcels.units else "another order"
            raise InvalidTransition(f"Only {left.get(item, 0)} unit(s) of {name} are left to pack")
    return chosen


@transaction.atomic
def cancel_parcel(actor: Actor, shipment_id: int) -> Order:
    """Take the units of a parcel that is not sent out of it. Raises ParcelNotFound, InvalidTransition."""
    parcels, shipment = lock_parcel(shipment_id)
    now, payment = timezone.now(), cash.lock_cash_payment(parcels.order)
    remove_parcel(parcels, shipment, now)
    progress.update_order(actor, parcels, payment, State.CANCELLED, now, parcel=shipment.number)
    return parcels.order


def remove_parcel(parcels: OrderParcels, shipment: Shipment, now: datetime) -> None:
    """Cancel a packed parcel of a locked order: it collects nothing. Raises InvalidTransition."""
    shipment_states.check_move(shipment, State.CANCELLED)
    for line in shipment.lines.all():
        line.due_minor = 0
        line.save(update_fields=["due_minor"])
    cash.release_due(parcels, shipment)
    shipment_states.move(shipment, State.CANCELLED, now, **cash.get_amounts(shipment))
