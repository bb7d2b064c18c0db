"""Cancelling orders. The session of a pending order is expired first, so that nobody pays for a cancelled order."""

from contextlib import suppress

from django.db import transaction
from django.utils import timezone

from core.actors import STRIPE, SYSTEM, Actor
from core.exceptions import GatewayDown, GatewayRefused
from orders.exceptions import AlreadyPaid, InvalidTransition, RefundChoiceNeeded
from orders.fulfilment import rest_cancellation
from orders.fulfilment.parcels import packing
from orders.models import MAX_REASON, Order, Payment, Refund, Shipment
from orders.payments import refunds, sessions, settlement
from orders.state import notifications, payment_states, redemptions, transitions
from orders.state.locking import lock_order, lock_payments_of_order
from orders.state.parcel_units import load_parcels
from products.services import stock

Status, State = Order.Status, Payment.State
DEFAULT_REASON = "cancelled"
UNCONFIRMED_REASON = "the phone was not confirmed in time"


def cancel_order(actor: Actor, order_id: int, reason: str, *, refund: bool | None = None) -> Order:
    """Cancel an order that is pending or not shipped yet.

    Customers cancel what they have not paid; staff say with `refund` whether a payment is refunded. Of an order that is sent in
    part, staff cancel the rest, as `rest_cancellation.cancel_rest` says.

    Raises OrderNotFound, InvalidTransition, AlreadyPaid, RefundChoiceNeeded, PaymentProviderUnavailable, PaymentSetupFailed.
    """
    order = Order.objects.get(pk=order_id)
    if order.status != Status.PENDING:
        return _cancel_confirmed_order(actor, order_id, reason, refund)
    order = cancel_pending_order(actor, order_id, reason, force=True)
    if order.status != Status.CANCELLED:  # it expired meanwhile
        transitions.check_transition(order, Status.CANCELLED)
    return order


def cancel_pending_order(actor: Actor, order_id: int, reason: str, *, force: bool = False) -> Order:
    """Cancel an order that waits for its payment, after expiring its sessions; it may turn out to have expired.

    `force` as in `settlement.apply_session`. Raises as `cancel_order` does.
    """
    reason = reason[:MAX_REASON] or DEFAULT_REASON
    is_own_request, payments = _request_cancellation(actor, order_id, reason)
    try:
        for payment in payments:
            _expire_payment(actor, payment, reason, force=force)
    except Exception:  # whatever failed, the order is not cancelled
        _withdraw_request(order_id, is_own_request)
        raise
    order = Order.objects.get(pk=order_id)
    if order.status == Status.PENDING:
        _withdraw_request(order_id, is_own_request)
        raise InvalidTransition("The payment of this order is on its way")
    if order.paid_at is not None:
        raise AlreadyPaid(details={"order": order.number})
    return order


def _expire_payment(actor: Actor, payment: Payment, reason: str, *, force: bool) -> None:
    """Expire a payment's session and apply its state, with the reason: another request may have withdrawn the stored one."""
    if payment.session_id is None:
        sessions.abandon_payment(payment.pk, cancel_reason=reason)
        payment.refresh_from_db()  # the session may have been stored meanwhile
    if payment.session_id is not None and payment.state in Payment.OPEN_STATES:
        session = sessions.expire_session(payment)
        by = actor if session.status == "expired" else STRIPE
        settlement.apply_session(payment.pk, session, by, cancel_reason=reason, force=force)


@transaction.atomic
def _request_cancellation(actor: Actor, order_id: int, reason: str) -> tuple[bool, list[Payment]]:
    """Store on a pending order why it is to be cancelled once its sessions are expired.

    Return whether this is the first request, and the payments that the buyer could still pay.
    """
    order = lock_order(order_id)
    if order.status != Status.PENDING:
        return False, []
    is_first = not order.cancel_reason
    if is_first:
        order.cancel_reason = reason
        transitions.save_order(order)
        transitions.record_event(order, "cancel_requested", actor, reason=reason)
    return is_first, [payment for payment in lock_payments_of_order(order) if payment.state in Payment.OPEN_STATES]


def _withdraw_request(order_id: int, is_own_request: bool) -> None:
    """Withdraw this call's own request, so that an order that expires later counts as expired and not as cancelled."""
    if is_own_request:
        Order.objects.filter(pk=order_id, status=Status.PENDING).update(cancel_reason="")


def _cancel_confirmed_order(actor: Actor, order_id: int, reason: str, refund: bool | None) -> Order:
    """Cancel a confirmed order, or of one that is sent in part, the rest."""
    if Shipment.objects.filter(order=order_id, shipped_at__isnull=False).exists():
        return rest_cancellation.cancel_rest(actor, order_id, reason)
    if refund:
        with suppress(GatewayDown, GatewayRefused):  # without an answer, the stored state counts
            refunds.recheck_assumed_failures(order_id)
    requested: list[Refund] = []
    with transaction.atomic():
        order = lock_order(order_id)
        transitions.check_transition(order, Status.CANCELLED)
        if order.shipments.filter(shipped_at__isnull=False).exists():
            raise InvalidTransition("A part of the order has just been sent. Cancel again to cancel the rest")
        payments = lock_payments_of_order(order)
        is_paid = any(payment.has_unrefunded_money for payment in payments)
        if actor.kind == "customer" and (is_paid or order.payment_method != Order.Method.COD):
            raise InvalidTransition("This order is paid. Ask the shop to cancel it")
        if is_paid and refund is None:
            raise RefundChoiceNeeded(field="refund")
        _close(actor, order, payments, reason)
        for payment in payments:
            if refund:
                full_refund = refunds.request_full_refund(
                    payment, reason or DEFAULT_REASON, source=Refund.Source.STAFF, by=actor.user_id
                )
                requested += [full_refund] if full_refund else []
        notifications.notify_customer(order, "cancelled", is_refunded=bool(refund and is_paid))
    for requested_refund in requested:
        refunds.try_submit(requested_refund.pk)
    return order


@transaction.atomic
def cancel_unconfirmed_order(order_id: int) -> None:
    """Cancel an order whose phone was not confirmed in time, and email the buyer; do nothing if it no longer waits."""
    order = lock_order(order_id)
    if order.awaits_phone:
        _close(SYSTEM, order, lock_payments_of_order(order), UNCONFIRMED_REASON)
        notifications.notify_customer(order, "phone_unconfirmed")


def _close(actor: Actor, order: Order, payments: list[Payment], reason: str) -> None:
    """Cancel a locked order that was confirmed, with its packed parcels and payments to come; return its units and promotions."""
    parcels, now = load_parcels(order), timezone.now()
    for shipment in parcels.shipments:
        if shipment.state == Shipment.State.PACKED:
            packing.remove_parcel(parcels, shipment, now)
    _restock(actor, order)
    order.stock_state, order.cancel_reason = Order.StockState.RELEASED, reason[:MAX_REASON]
    transitions.move(order, Status.CANCELLED, "cancelled", actor, reason=order.cancel_reason)
    redemptions.release(order)
    for payment in payments:
        payment.order = order
        if payment.state == State.CREATED:
            payment_states.move(payment, State.CANCELLED)


def _restock(actor: Actor, order: Order) -> None:
    """Restock the units that are not refunded; staff decided about refunded units with the refund."""
    rows = order.items.exclude(variant=None).order_by("variant").values_list("variant", "quantity", "refunded_quantity")
    units = {variant: quantity - refunded for variant, quantity, refunded in rows if quantity > refunded}
    redemptions.lock_before_listings(order, units)
    if units:
        stock.restock(actor, units, reference=order.number)
