"""Checkout sessions of pending orders, created after the order is committed and without holding any lock."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.actors import STRIPE, SYSTEM
from orders.exceptions import (
    AmountTooLarge,
    AmountTooSmall,
    EmailRefused,
    InvalidTransition,
    PaymentNotConfigured,
    PaymentProviderUnavailable,
    PaymentSetupFailed,
    SessionMissing,
    SessionNotOpen,
)
from orders.models import Order, Payment
from orders.payments import settlement, stripe_gateway
from orders.payments.provider_state import ProviderSession
from orders.state import alerts, payment_states, transitions
from orders.state.locking import lock_order_and_payment, lock_payment
from orders.tokens import order_token

# Stripe accepts an expiry of 30 minutes or more, and clocks differ. A first call without an answer is repeated while the stock is
# reserved for it, so the lifetime includes that window.
SESSION_CREATION_WINDOW = timedelta(minutes=10)
SESSION_LIFETIME = timedelta(minutes=31) + SESSION_CREATION_WINDOW
SETTLEMENT_GRACE = timedelta(minutes=10)  # stock stays reserved after a session's end until the provider's event has arrived
State = Payment.State
PROVIDER_ERRORS = (PaymentProviderUnavailable, PaymentSetupFailed, PaymentNotConfigured)  # the provider gave no usable answer


def ensure_session(order_id: int) -> Order:
    """Give a pending order an open session, and return the order; it may turn out not to be pending any more.

    Raises PaymentProviderUnavailable, which names the order; PaymentNotConfigured; and PaymentSetupFailed, AmountTooSmall,
    AmountTooLarge and EmailRefused, after which the order is cancelled.
    """
    order = Order.objects.get(pk=order_id)
    payment = order.payments.filter(state__in=Payment.OPEN_STATES).order_by("-created_at").first()
    if order.status != Order.Status.PENDING or payment is None:
        return order
    try:
        if payment.state == State.CREATED and payment.session_id is None:
            if order.reserved_until is not None and order.reserved_until <= timezone.now():
                return abandon_payment(payment.pk)
            return _create_session(order, payment)
        if payment.state == State.OPEN:  # it may be paid, with the event still on its way
            return _refresh_open_session(order, payment)
    except PaymentProviderUnavailable as refusal:
        refusal.details = {"order": order.number}
        if order.user_id is None:
            refusal.details["order_token"] = order_token(order.number)
        raise
    return order


def _refresh_open_session(order: Order, payment: Payment) -> Order:
    """Apply the provider's state of an open session; while the provider does not answer, its page may still be used."""
    try:
        return settlement.apply_session(payment.pk, fetch_session(payment, quickly=True))
    except PROVIDER_ERRORS:
        if payment.expires_at is not None and payment.expires_at <= timezone.now():
            raise
        return order


def ensure_payable(order: Order) -> Order:
    """Return an order that the buyer can pay online now. Raises InvalidTransition, and what `ensure_session` raises."""
    if order.status == Order.Status.PENDING:
        order = ensure_session(order.pk)
    if order.payments.filter(state=State.PROCESSING).exists():
        raise InvalidTransition("The payment of this order is on its way", details={"from": order.status})
    if order.status != Order.Status.PENDING:
        raise InvalidTransition(f"An order that is {order.status} cannot be paid online", details={"from": order.status})
    return order


def refresh_payment(payment: Payment) -> bool:
    """Apply the provider's state of a payment's session; return False if the provider did not answer."""
    if payment.state not in Payment.OPEN_STATES:
        return True
    try:
        settlement.apply_session(payment.pk, fetch_session(payment, quickly=True))
    except PROVIDER_ERRORS:
        return False
    return True


def fetch_session(payment: Payment, *, quickly: bool = False) -> ProviderSession:
    """Return the provider's state of a payment's session; a session that the provider does not know counts as expired."""
    try:
        return stripe_gateway.retrieve_session(payment.session_id or "", quickly=quickly)
    except SessionMissing:
        return _expired_session(payment)


def _expired_session(payment: Payment) -> ProviderSession:
    return ProviderSession(payment.session_id or "", "expired", "unpaid", payment.amount_minor, payment.currency, None)


def _create_session(order: Order, payment: Payment) -> Order:
    try:
        session = stripe_gateway.create_session(order, list(order.items.all()), payment)
    except (PaymentSetupFailed, SessionMissing, AmountTooSmall, AmountTooLarge, EmailRefused) as refusal:
        if not void_order(payment.pk, refusal.code):  # another request created the session meanwhile
            return Order.objects.get(pk=order.pk)
        if isinstance(refusal, PaymentSetupFailed | SessionMissing):
            raise PaymentSetupFailed("The payment could not be prepared. Nothing was ordered or charged") from None
        raise
    return store_session(payment.pk, session)


@transaction.atomic
def store_session(payment_id: UUID, session: ProviderSession) -> Order:
    """Store a created session, unless a faster event has done so. Cart and stock are not touched."""
    order, payment = lock_order_and_payment(payment_id)
    payment.session_id = payment.session_id or session.id
    payment.checkout_url = payment.checkout_url or session.url
    if payment.state == State.CREATED:
        payment_states.move(payment, State.OPEN, session_id=payment.session_id, checkout_url=payment.checkout_url)
    else:
        payment.save(update_fields=["session_id", "checkout_url", "updated_at"])
    if order.status != Order.Status.PENDING:
        if payment.state != State.SUCCEEDED:
            settlement.enqueue_session_expiry(payment.pk)
        return order
    if (session.amount, session.currency) != (payment.amount_minor, payment.currency):
        alerts.raise_alert(order, alerts.AMOUNT_MISMATCH, STRIPE, expected=payment.amount_minor, session=session.amount)
    until = (payment.expires_at or timezone.now()) + SETTLEMENT_GRACE
    order.reserved_until = max(order.reserved_until or until, until)  # a faster event may have extended it
    transitions.save_order(order)
    return order


@transaction.atomic
def void_order(payment_id: UUID, code: str) -> bool:
    """Cancel an order for which no session can be created, and release its stock and its idempotency key.

    Return False if another request created the session meanwhile, or if another payment of the order is open.
    """
    locked = lock_payment(payment_id, SYSTEM)
    if locked.payment.state != State.CREATED or locked.payment.session_id is not None:
        return False
    payment_states.move(locked.payment, State.FAILED, failure_code=code)
    locked.order.cancel_reason = code
    is_closed = settlement.close_unpaid_order(locked, code)
    if is_closed:
        Order.objects.filter(pk=locked.order.pk).update(idempotency_scope="", idempotency_key="", request_hash="")
    return is_closed


@transaction.atomic
def abandon_payment(payment_id: UUID, *, cancel_reason: str = "") -> Order:
    """Close a payment whose session was never stored; `cancel_reason` as in `settlement.apply_session`."""
    locked = lock_payment(payment_id, SYSTEM)
    if locked.payment.state == State.CREATED and locked.payment.session_id is None:
        locked.order.cancel_reason = locked.order.cancel_reason or cancel_reason
        payment_states.move(locked.payment, State.CANCELLED if locked.order.cancel_reason else State.EXPIRED)
        settlement.close_unpaid_order(locked, "expired")
    return locked.order


def expire_session(payment: Payment) -> ProviderSession:
    """Expire a payment's session at the provider and return its state, which may be paid. Raises PaymentProviderUnavailable."""
    try:
        return stripe_gateway.expire_session(payment.session_id or "")
    except SessionNotOpen:
        return fetch_session(payment)
    except SessionMissing:
        return _expired_session(payment)
