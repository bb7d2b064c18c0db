"""What becomes of a parcel: delivered, in part or short of cash; not delivered, come back, or lost."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.fulfilment.parcels import undelivered
from orders.fulfilment.parcels.locking import lock_parcel
from orders.fulfilment.parcels.progress import update_order
from orders.models import Order, Shipment
from orders.payments import cash
from orders.state import alerts, notifications, shipment_states, transitions
from orders.state.parcel_units import OrderParcels

State = Shipment.State
CASH_CORRECTED_EVENT, COUNTED_EVENT = "parcel_cash_corrected", "parcel_counted"


@transaction.atomic
def deliver_parcel(
    actor: Actor, shipment_id: int, *, refused: Mapping[int, int] | None = None, collected: int | None = None
) -> Order:
    """Mark a parcel as delivered, with the cash that its carrier has collected, in minor units; None means all that is due.

    `refused` are the units, by order item, that the buyer of a Cash on Delivery order did not take: they are not paid, and come
    back. Only a carrier's report delivers a parcel that is packed. Raises ParcelNotFound, InvalidTransition, CashTooMuch.
    """
    parcels, shipment = lock_parcel(shipment_id)
    if shipment.state == State.PACKED:
        raise InvalidTransition(f"Parcel {shipment.number} is not sent yet")
    deliver(actor, parcels, shipment, timezone.now(), refused=refused or {}, collected=collected)
    return parcels.order


def deliver(
    actor: Actor,
    parcels: OrderParcels,
    shipment: Shipment,
    at: datetime,
    *,
    refused: Mapping[int, int] | None = None,
    collected: int | None = None,
    is_reported: bool = False,
) -> None:
    """Mark a parcel of a locked order as delivered at this time. Raises InvalidTransition, CashTooMuch.

    Of an amount that a carrier has reported, only what is due counts.
    """
    shipment_states.check_move(shipment, State.DELIVERED)
    now, order = timezone.now(), parcels.order
    payment = cash.lock_cash_payment(order)
    if shipment.state == State.LOST:
        if not undelivered.can_be_found(parcels, shipment):
            raise InvalidTransition("The units of this parcel were refunded or packed again")
        undelivered.take_back_loss(parcels, shipment)
        shipment.charges_minor = cash.compute_charges(parcels, payment) if payment is not None else 0
    refused_units = {item: count for item, count in (refused or {}).items() if count}
    if refused_units:
        undelivered.refuse(parcels, shipment, refused_units)
    amounts: dict[str, int] = {}
    if payment is not None:
        shipment.cod_due_minor = cash.compute_due(shipment, list(shipment.lines.all()))
        if is_reported and collected is not None:
            collected = min(collected, shipment.cod_due_minor)
        amounts = cash.get_amounts(shipment) | cash.collect(actor, order, payment, shipment, collected)
    elif collected and not is_reported:
        raise InvalidTransition("This order is not paid on delivery")
    shipment_states.move(shipment, State.DELIVERED, at, **amounts)
    data: dict[str, Any] = {"parcel": shipment.number}
    if refused_units:
        data["refused_units"] = sum(refused_units.values())
    if payment is not None and amounts["short_at_door_minor"]:
        data["collected"] = cash.format_amount(payment, amounts["cod_collected_minor"])
    update_order(actor, parcels, payment, "delivered", now, **data)


@transaction.atomic
def fail_parcel(actor: Actor, shipment_id: int, reason: str = "") -> Order:
    """Record that a parcel could not be delivered, and email the customer; the carrier tries again, or brings it back.

    Raises ParcelNotFound, InvalidTransition.
    """
    return _record(actor, shipment_id, State.FAILED, **({"reason": reason} if reason else {}))


@transaction.atomic
def try_again(actor: Actor, shipment_id: int) -> Order:
    """Record that the carrier tries again to deliver a parcel. Raises ParcelNotFound, InvalidTransition."""
    return _record(actor, shipment_id, State.SHIPPED, event="tried_again")


@transaction.atomic
def start_return(actor: Actor, shipment_id: int) -> Order:
    """Record that a parcel is coming back. Raises ParcelNotFound, InvalidTransition."""
    return _record(actor, shipment_id, State.RETURNING)


def _record(actor: Actor, shipment_id: int, to: str, *, event: str = "", **data: Any) -> Order:
    """Change the state of a parcel that stays under way."""
    parcels, shipment = lock_parcel(shipment_id)
    now = timezone.now()
    is_first_failure = to == State.FAILED and shipment.failed_at is None
    if event == "tried_again" and shipment.state != State.FAILED:
        raise InvalidTransition("Only a parcel whose delivery has failed is tried again")
    kept = {"shipped_at": shipment.shipped_at, "failed_at": _find_last_failure(shipment, now)} if to == State.SHIPPED else {}
    shipment_states.move(shipment, to, now, **kept)
    transitions.save_order(parcels.order)
    transitions.record_event(parcels.order, f"parcel_{event or to}", actor, parcel=shipment.number, **data)
    if is_first_failure:
        notifications.notify_customer(parcels.order, "delivery_failed", about=str(shipment.number), parcel=shipment.number)
    return parcels.order


def _find_last_failure(shipment: Shipment, now: datetime) -> datetime | None:
    """Return when the delivery failed last, by staff or carrier. What the carrier reports of a later time is a new failure."""
    reported = shipment.events.filter(code=State.FAILED, at__lte=now).order_by("-at").values_list("at", flat=True).first()
    return max(filter(None, (shipment.failed_at, reported)), default=None)


@transaction.atomic
def lose_parcel(actor: Actor, shipment_id: int) -> Order:
    """Record that a parcel is lost: nothing is due for it, and its units go to nobody. Raises ParcelNotFound, InvalidTransition.

    A paid order raises an alert: staff refund it, or send its units again.
    """
    parcels, shipment = lock_parcel(shipment_id)
    shipment_states.check_move(shipment, State.LOST)
    _end_undelivered(actor, parcels, shipment, State.LOST)
    return parcels.order


@transaction.atomic
def receive_parcel(actor: Actor, shipment_id: int, restock: Mapping[int, int] | None = None) -> Order:
    """Record that a parcel is back in the shop, with the units, by order item, that are counted into stock.

    The units of a paid order stay with the order, and raise an alert: staff refund them, and restock them with the refund, or send
    them again. Raises ParcelNotFound, InvalidTransition.
    """
    parcels, shipment = lock_parcel(shipment_id)
    shipment_states.check_move(shipment, State.RETURNED)
    counted = {item: count for item, count in (restock or {}).items() if count}
    undelivered.check_countable(parcels, shipment, counted, is_whole=True)
    if shipment.state == State.LOST:
        undelivered.take_back_loss(parcels, shipment)
    _end_undelivered(actor, parcels, shipment, State.RETURNED, counted)
    return parcels.order


def _end_undelivered(
    actor: Actor, parcels: OrderParcels, shipment: Shipment, to: str, counted: Mapping[int, int] | None = None
) -> None:
    """End a parcel that did not reach the buyer: nothing is due for it."""
    now, order = timezone.now(), parcels.order
    payment = cash.lock_cash_payment(order)
    undelivered.give_back(parcels, shipment)
    cash.release_due(parcels, shipment)
    counted_at = {"counted_at": now} if to == State.RETURNED else {}
    shipment_states.move(shipment, to, now, **cash.get_amounts(shipment), **counted_at)
    units = {"restocked_units": sum(counted.values())} if counted else {}
    if counted:
        undelivered.restock(actor, parcels, shipment, counted)
    update_order(actor, parcels, payment, to, now, parcel=shipment.number, **units)
    if undelivered.is_paid_before(order):
        code = alerts.PARCEL_RETURNED if to == State.RETURNED else alerts.PARCEL_LOST
        alerts.raise_alert(order, code, actor, parcel=shipment.number)
        if to == State.RETURNED:
            notifications.notify_customer(order, "parcel_returned", about=str(shipment.number), parcel=shipment.number)


@transaction.atomic
def count_parcel(actor: Actor, shipment_id: int, restock: Mapping[int, int], *, submission: UUID | None = None) -> Order:
    """Record that refused units of a parcel are back, with those, by order item, that are counted into stock.

    It may be repeated: what was put aside at first may turn out to be as good as new. The same `submission` counts once. Raises
    ParcelNotFound, InvalidTransition.
    """
    parcels, shipment = lock_parcel(shipment_id)
    if transitions.has_recorded(parcels.order, COUNTED_EVENT, submission):
        return parcels.order
    if shipment.state not in (State.DELIVERED, State.RETURNED):
        raise InvalidTransition("The units of this parcel are not back")
    counted = {item: count for item, count in restock.items() if count}
    undelivered.check_countable(parcels, shipment, counted, is_whole=False)
    shipment.counted_at = timezone.now()
    shipment.save(update_fields=["counted_at", "updated_at"])
    if counted:
        undelivered.restock(actor, parcels, shipment, counted)
    transitions.save_order(parcels.order)
    data = {"restocked_units": sum(counted.values()), **transitions.get_submission_data(submission)}
    transitions.record_event(parcels.order, COUNTED_EVENT, actor, parcel=shipment.number, **data)
    return parcels.order


@transaction.atomic
def correct_cash(actor: Actor, shipment_id: int, collected: int) -> Order:
    """Correct the cash that a delivered parcel has brought, in minor units: the carrier brought the rest, or less than was entered.

    Raises ParcelNotFound, InvalidTransition, CashTooMuch.
    """
    parcels, shipment = lock_parcel(shipment_id)
    payment = cash.lock_cash_payment(parcels.order)
    if payment is None:
        raise InvalidTransition("This order is not paid on delivery")
    before = shipment.cod_collected_minor
    cash.correct_collected(payment, shipment, collected)
    amounts = [cash.format_amount(payment, amount) for amount in (before, collected)]
    update_order(actor, parcels, payment, CASH_CORRECTED_EVENT, timezone.now(), parcel=shipment.number, collected=amounts)
    if shipment.short_at_door_minor:
        cash.alert_short(actor, parcels.order, payment, shipment, shipment.short_at_door_minor)
    if not any(other.short_at_door_minor for other in parcels.shipments):
        alerts.resolve(parcels.order, alerts.COD_SHORT, actor)
    return parcels.order
