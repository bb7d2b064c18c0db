"""Cancelling orders: one that waits for money only after its session is closed, so that nobody pays for nothing."""

from contextlib import suppress

from django.db import transaction

from core.actors import STRIPE, Actor
from core.exceptions import GatewayDown, GatewayRefused
from orders.exceptions import AlreadyPaid, InvalidTransition, RefundChoiceNeeded
from orders.models import Order, Payment, Refund
from orders.payments import refunds, sessions, settlement
from orders.state import notifications, transitions
from orders.state.locking import LIVE, locked, locked_payments
from products.services import stock

Status, State = Order.Status, Payment.State


def cancel(actor: Actor, order_id: int, reason: str, *, refund: bool | None = None) -> Order:
    """Cancel an order: one that is pending, or one that is not shipped yet.

    A buyer cancels what he has not paid; staff say whether what was paid goes back. Raises OrderNotFound, InvalidTransition,
    AlreadyPaid, RefundChoiceNeeded, PaymentProviderUnavailable, PaymentSetupFailed.
    """
    order = Order.objects.get(pk=order_id)
    if order.status != Status.PENDING:
        return _cancel_confirmed(actor, order_id, reason, refund)
    order = cancel_pending(actor, order_id, reason, gives_up=True)
    if order.status != Status.CANCELLED:  # its time was over in this moment
        transitions.check(order, Status.CANCELLED)
    return order


def cancel_pending(actor: Actor, order_id: int, reason: str, *, gives_up: bool = False) -> Order:
    """Cancel an order that waits for money: its sessions are closed first. Raises as `cancel`; where it was paid, AlreadyPaid.

    It may turn out to have expired. `gives_up` as with `settling.apply_session`.
    """
    is_mine, payments = _wish_to_cancel(actor, order_id, reason)
    try:
        for payment in payments:
            _close(actor, payment, reason, gives_up)
    except Exception:  # whatever it was, it is not cancelled
        _forget_wish(order_id, is_mine)
        raise
    order = Order.objects.get(pk=order_id)
    if order.status == Status.PENDING:
        _forget_wish(order_id, is_mine)
        raise InvalidTransition("The payment of this order is on its way")
    if order.paid_at is not None:
        raise AlreadyPaid(details={"order": order.number})
    return order


def _close(actor: Actor, payment: Payment, reason: str, gives_up: bool) -> None:
    wish = reason[:200] or "cancelled"  # said once more: somebody else may have taken his, and with it this one, back
    if payment.session_id is None:
        sessions.give_up(payment.pk, wish=wish)
        payment.refresh_from_db()  # its session may have become known in this moment
    if payment.session_id is not None and payment.state in LIVE:
        facts = sessions.close(payment)
        by = actor if facts.status == "expired" else STRIPE
        settlement.apply_session(payment.pk, facts, by, wish=wish, gives_up=gives_up)


@transaction.atomic
def _wish_to_cancel(actor: Actor, order_id: int, reason: str) -> tuple[bool, list[Payment]]:
    """Note that the order shall be cancelled once its sessions are over.

    Returns whether nobody had wished it before, and the payments that could still be made.
    """
    order = locked(order_id)
    if order.status != Status.PENDING:  # paid or over in this moment
        return False, []
    is_mine = not order.cancel_reason
    if is_mine:
        order.cancel_reason = reason[:200] or "cancelled"
        transitions.save(order)
        transitions.note(order, "cancel_requested", actor, reason=order.cancel_reason)
    return is_mine, [payment for payment in locked_payments(order) if payment.state in LIVE]


def _forget_wish(order_id: int, is_mine: bool) -> None:
    """Take one's own wish back, and nobody else's: an order that ends by itself later has expired, and was not cancelled."""
    if is_mine:
        Order.objects.filter(pk=order_id, status=Status.PENDING).update(cancel_reason="")


def _cancel_confirmed(actor: Actor, order_id: int, reason: str, refund: bool | None) -> Order:
    asked: list[Refund] = []
    if refund:
        with suppress(GatewayDown, GatewayRefused):  # while it does not answer, what is known holds
            refunds.find_lost(order_id)
    with transaction.atomic():
        order = locked(order_id)
        transitions.check(order, Status.CANCELLED)
        payments = locked_payments(order)
        paid = [payment for payment in payments if payment.captured_minor > payment.refunded_minor]
        if actor.kind == "customer" and (paid or order.payment_method != Order.Method.COD):
            raise InvalidTransition("This order is paid. Ask the shop to cancel it")
        if paid and refund is None:
            raise RefundChoiceNeeded(field="refund")
        _put_back(actor, order)
        order.stock_state, order.cancel_reason = Order.StockState.RELEASED, reason[:200]
        transitions.move(order, Status.CANCELLED, "cancelled", actor, reason=order.cancel_reason)
        for payment in payments:
            if payment.state == State.CREATED:
                payment.state = State.CANCELLED
                payment.save(update_fields=["state", "updated_at"])
            if refund:
                payment.order = order
                found = refunds.request_whole(payment, reason or "cancelled", source=Refund.Source.STAFF, by=actor.user_id)
                asked += [found] if found else []
        notifications.tell(order, "cancelled", is_refunded=bool(refund and paid))
    for one in asked:
        refunds.submit_now(one.pk)
    return order


def _put_back(actor: Actor, order: Order) -> None:
    """Put on the shelf again what is still to be sent: of units that were given back, staff have said what becomes of them."""
    rows = order.items.exclude(variant=None).order_by("variant").values_list("variant", "quantity", "refunded_quantity")
    back = {variant: quantity - refunded for variant, quantity, refunded in rows if quantity > refunded}
    if back:
        stock.put_back(actor, back, reference=order.number)
