"""Applies the provider's state of a checkout session to its payment and order.

The webhook, `verify-payment`, `sync_payments` and cancellation all end here, in any order and as often as they like: the provider's
states are monotone, and *paid* wins over *expired*. Rows are locked in the order that `orders.state.locking` gives.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from carts import checkout
from carts.identity import CartRef
from core import outbox
from core.actors import STRIPE, SYSTEM, Actor
from orders.exceptions import InvalidTransition
from orders.models import Order, Payment, Refund
from orders.payments import dispute_losses, refunds
from orders.payments.provider_state import ProviderSession
from orders.state import alerts, notifications, payment_states, redemptions, transitions
from orders.state.locking import LockedPayment, lock_order_and_payment, lock_payment
from products.services import stock

EXPIRE_SESSION_JOB = "close_session"
ASYNC_PAYMENT_WINDOW = timedelta(days=7)  # methods such as bank transfers take days
State = Payment.State


@transaction.atomic
def apply_session(
    payment_id: UUID, session: ProviderSession, actor: Actor = STRIPE, *, cancel_reason: str = "", force: bool = False
) -> Order:
    """Apply the state of a payment's session, once, and return the updated order.

    `cancel_reason` says why the order is to be cancelled if the session was expired for that. `force` closes a payment that was
    processing and that the provider does not know any more.
    """
    locked = lock_payment(payment_id, actor)
    if session.status == "expired" and locked.order.status == Order.Status.PENDING:
        locked.order.cancel_reason = locked.order.cancel_reason or cancel_reason
    _store_provider_session(locked.payment, session)
    if session.is_paid:
        _settle_paid(locked, session)
    elif session.has_failed:
        _settle_failed(locked)
    elif session.status == "complete":
        _settle_processing(locked)
    elif session.status == "expired":
        _settle_expired(locked, force=force)
    return locked.order


def _store_provider_session(payment: Payment, session: ProviderSession) -> None:
    """Store the ids of the session and the intent, which an event may bring before the answer of the call does."""
    payment.session_id = payment.session_id or session.id
    payment.checkout_url = session.url or payment.checkout_url
    payment.payment_intent = session.intent or payment.payment_intent
    if session.is_paid or not payment.has_amount_mismatch:  # otherwise an unpaid state is older than the stored one
        payment.raw = session.as_dict()
    payment.save(update_fields=["session_id", "checkout_url", "payment_intent", "raw", "updated_at"])


def _settle_paid(locked: LockedPayment, session: ProviderSession) -> None:
    order, payment = locked.order, locked.payment
    if payment.state == State.SUCCEEDED:
        return
    if (session.amount, session.currency) != (payment.amount_minor, payment.currency):
        reason = {"expected": payment.amount_minor, "charged": session.amount, "currency": session.currency}
        alerts.raise_alert(order, alerts.AMOUNT_MISMATCH, locked.actor, **reason)
        return
    _capture(payment, session.amount)
    if order.status == Order.Status.PENDING:
        _confirm_order(locked, "paid")
    elif _accepts_late_payment(order) and _take_stock_again(locked):
        _confirm_order(locked, "late_payment_accepted")
    else:
        _refund_unusable_payment(locked)


def _capture(payment: Payment, amount_minor: int) -> None:
    payment_states.capture(payment, amount_minor)
    dispute_losses.record_losses(payment.order, payment)


def _refund_unusable_payment(locked: LockedPayment) -> None:
    """Refund money that came twice or too late, and alert the merchant unless all of it is refunded already."""
    order, payment = locked.order, locked.payment
    is_duplicate = order.paid_at is not None
    code = alerts.DUPLICATE_PAYMENT if is_duplicate else alerts.LATE_PAYMENT
    reason = "paid twice" if is_duplicate else f"paid after the order was {order.status}"
    if refunds.request_full_refund(payment, reason):
        alerts.raise_alert(order, code, locked.actor, payment=str(payment.pk))


def _accepts_late_payment(order: Order) -> bool:
    """Return whether a payment that came too late can still be used: nobody paid the order, and its address is known."""
    return order.status == Order.Status.EXPIRED and order.paid_at is None and order.erased_at is None


def _take_stock_again(locked: LockedPayment) -> bool:
    """Take the stock of an order whose reservation ended; return False if they are no longer available."""
    units = locked.get_units()
    is_complete = sum(units.values()) == sum(locked.order.items.values_list("quantity", flat=True))
    redemptions.lock_before_listings(locked.order, units)
    return is_complete and stock.deduct_late(locked.actor, units, reference=locked.order.number)


def _confirm_order(locked: LockedPayment, kind: str) -> None:
    """Mark an order as paid and ready to be packed: commit its stock and remove its lines from the cart."""
    order, units, now = locked.order, locked.get_units(), timezone.now()
    was_reserved = order.stock_state == Order.StockState.RESERVED
    if was_reserved:
        stock.commit(locked.actor, units, reference=order.number)
    order.stock_state, order.reserved_until = Order.StockState.COMMITTED, None
    for code in (alerts.AMOUNT_MISMATCH, alerts.PAYMENT_OVERDUE):
        alerts.resolve(order, code, locked.actor)
    order.paid_at, order.cancel_reason, order.expired_at = now, "", None
    transitions.move(order, Order.Status.PROCESSING, kind, locked.actor, at=now, payment=str(locked.payment.pk))
    redemptions.use(order, locked.actor)
    if locked.cart is not None:
        is_last = _is_last_pending_order(locked, locked.cart) if was_reserved else None
        checkout.complete_order(SYSTEM, locked.cart, units, order.number, now, is_last=is_last)
        checkout.remove_codes(locked.cart, redemptions.list_codes(order))
    notifications.notify_order_confirmed(order, "paid")
    for payment_id in locked.get_other_open_payments():
        enqueue_session_expiry(payment_id)


def _is_last_pending_order(locked: LockedPayment, cart: CartRef) -> bool:
    """Return whether no other order of the cart is pending, nor one of a cart that was merged into it."""
    cart_ids = checkout.get_merged_cart_ids(cart.pk)
    return not Order.objects.filter(cart__in=cart_ids, status=Order.Status.PENDING).exclude(pk=locked.order.pk).exists()


def enqueue_session_expiry(payment_id: UUID) -> None:
    """Enqueue the expiry of a session that must no longer be paid."""
    outbox.enqueue(EXPIRE_SESSION_JOB, {"payment": str(payment_id)}, dedupe_key=f"{EXPIRE_SESSION_JOB}:{payment_id}")


def _settle_processing(locked: LockedPayment) -> None:
    """The session is complete; the payment is asynchronous."""
    if locked.payment.state not in (State.CREATED, State.OPEN):
        return
    payment_states.move(locked.payment, State.PROCESSING)
    if locked.order.status == Order.Status.PENDING:
        locked.order.reserved_until = timezone.now() + ASYNC_PAYMENT_WINDOW
        transitions.save_order(locked.order)
        transitions.record_event(locked.order, "payment_processing", locked.actor)


def _settle_failed(locked: LockedPayment) -> None:
    """The asynchronous payment failed."""
    if locked.payment.state not in Payment.OPEN_STATES:
        return
    payment_states.move(locked.payment, State.FAILED)
    if close_unpaid_order(locked, "payment_failed"):
        notifications.notify_customer(locked.order, "payment_failed")


def _settle_expired(locked: LockedPayment, *, force: bool) -> None:
    """The session can no longer be paid.

    A completed session never expires: if it seems to, the provider does not know it any more, and staff have to decide (`force`).
    """
    payment, order = locked.payment, locked.order
    if payment.state in (State.CREATED, State.OPEN) and not payment.has_amount_mismatch:
        payment_states.move(payment, State.CANCELLED if order.cancel_reason else State.EXPIRED)
    elif force and payment.state == State.PROCESSING:
        payment_states.move(payment, State.CANCELLED)
    else:
        return
    close_unpaid_order(locked, "expired")


def close_unpaid_order(locked: LockedPayment, kind: str) -> bool:
    """Close a pending order that nobody can pay any more, as cancelled if that was requested, and release its stock."""
    order = locked.order
    if order.status != Order.Status.PENDING or list(locked.get_other_open_payments()):
        return False
    units = locked.get_units()
    redemptions.lock_before_listings(order, units)
    stock.release(units)
    order.stock_state, order.reserved_until = Order.StockState.RELEASED, None
    if order.cancel_reason:
        transitions.move(order, Order.Status.CANCELLED, "cancelled", locked.actor, reason=order.cancel_reason)
    else:
        transitions.move(order, Order.Status.EXPIRED, kind, locked.actor)
    redemptions.release(order)
    if locked.cart is not None:
        checkout.release_hold(locked.cart, units, is_last=_is_last_pending_order(locked, locked.cart))
    alerts.resolve(order, alerts.PAYMENT_OVERDUE, locked.actor)
    return True


@transaction.atomic
def raise_overdue_alert(payment_id: UUID, why: str) -> None:
    """Alert the merchant, once for each reason, to an asynchronous payment that has not arrived while its stock stays reserved."""
    order, payment = lock_order_and_payment(payment_id)
    reason = {"payment": str(payment.pk), "why": why}
    was_raised = order.events.filter(kind=alerts.PAYMENT_OVERDUE, data=reason).exists()
    if order.status == Order.Status.PENDING and payment.state == State.PROCESSING and not was_raised:
        alerts.raise_alert(order, alerts.PAYMENT_OVERDUE, SYSTEM, **reason)


@transaction.atomic
def resolve_amount_mismatch(actor: Actor, order_id: int, *, accept: bool) -> Order:
    """Accept a payment of another amount as the order's payment, or cancel the order and refund it, as staff decided.

    Raises InvalidTransition if there is nothing to decide, and if the payment cannot be accepted: it is in another currency, or the
    stock of an expired order is gone. Staff refund another currency at the provider, since the books hold the order's currency.
    """
    payments = Payment.objects.filter(order=order_id).order_by("-created_at")
    undecided = next((payment.pk for payment in payments if payment.has_amount_mismatch), None)
    if undecided is None:
        raise InvalidTransition("No payment is awaiting a decision")
    locked = lock_payment(undecided, actor)
    order, payment = locked.order, locked.payment
    if not payment.has_amount_mismatch:  # decided while this call waited for the lock
        raise InvalidTransition("No payment is awaiting a decision")
    is_same_currency = payment.raw["currency"] == payment.currency
    if accept and not is_same_currency:
        raise InvalidTransition(f"It was paid in {payment.raw['currency']}. Reject it, and refund it at the payment provider")
    _capture(payment, payment.raw["amount"] if is_same_currency else 0)
    alerts.resolve(order, alerts.AMOUNT_MISMATCH, actor)
    if accept:
        if order.status != Order.Status.PENDING and not (_accepts_late_payment(order) and _take_stock_again(locked)):
            raise InvalidTransition("The order can no longer be fulfilled. Reject the payment")
        _confirm_order(locked, "accepted_by_staff")
        return order
    if order.status == Order.Status.PENDING:
        order.cancel_reason = "another amount was paid"
        close_unpaid_order(locked, "cancelled")
    refunds.request_full_refund(payment, "another amount was paid", source=Refund.Source.STAFF, by=actor.user_id)
    return order
