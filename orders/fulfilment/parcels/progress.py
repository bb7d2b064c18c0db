"""What a change of a parcel means for its order: the status follows from where the units are, and the cash is settled."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from orders.fulfilment.parcels.locking import lock_parcels, recount
from orders.models import Order, Payment, Shipment
from orders.payments import cash
from orders.state import redemptions, transitions
from orders.state.parcel_units import OrderParcels

Status = Order.Status
State = Shipment.State
RECEIVED_EVENT, DECLARED_LOST_EVENT = "parcel_received", "parcel_declared_lost"
EVENTS = {State.RETURNED: RECEIVED_EVENT, State.LOST: DECLARED_LOST_EVENT}  # the names of these states are those of alerts
FOLLOWING_STATUSES = (Status.PROCESSING, Status.SHIPPED, Status.RETURNED)  # a delivered order stays delivered


def update_order(actor: Actor, parcels: OrderParcels, payment: Payment | None, event: str, now: datetime, **data: Any) -> None:
    """Bring a locked order to where its parcels are, save it, and record what has happened to it.

    `event` is what happened: of a parcel, the state that it has now. The history has one entry where the order gets that state as
    its status, and otherwise one of the parcel before that of the order. An empty one leaves no entry of its own.
    """
    parcels = recount(parcels)
    if payment is not None:
        cash.close_if_settled(parcels, payment, now)
    steps = list_steps(parcels)
    order = parcels.order
    if event and event not in steps:
        transitions.save_order(order)
        transitions.record_event_at(order, _get_event_kind(event), actor, now, **data)
    for status in steps:
        was_returned = order.status == Status.RETURNED
        transitions.move(order, status, str(status), actor, at=now, **(data if status == event else {}))
        if was_returned:
            redemptions.use(order, actor)
        if status == Status.RETURNED:
            redemptions.release(order)


@transaction.atomic
def follow_refund(actor: Actor, order_id: int) -> Order:
    """Bring an order to where its parcels are after a refund of units: nothing may be left to send. Raises OrderNotFound."""
    parcels = lock_parcels(order_id)
    if list_steps(parcels):
        update_order(actor, parcels, cash.lock_cash_payment(parcels.order), "", timezone.now())
    return parcels.order


def _get_event_kind(event: str) -> str:
    return EVENTS.get(State(event), f"parcel_{event}") if event in State else event


def list_steps(parcels: OrderParcels) -> list[Status]:
    """Return the statuses that an order takes until it is where its parcels are.

    It is `processing` while a unit is unsent, `shipped` while one is under way, `delivered` if one reached the buyer, and
    `returned` if none did. It never goes back to `processing`.
    """
    status = Status(parcels.order.status)
    if status not in FOLLOWING_STATUSES or not parcels.has_sent_parcel:
        return []
    if status == Status.PROCESSING and parcels.unsent:
        return []
    has_packed = any(units.packed for units in parcels.units.values())
    if parcels.under_way:
        target = Status.SHIPPED
    elif has_packed:
        target = status
    else:
        target = Status.DELIVERED if parcels.delivered else Status.RETURNED
    if target == status:
        return []
    return [Status.SHIPPED, target] if status == Status.PROCESSING and target != Status.SHIPPED else [target]
