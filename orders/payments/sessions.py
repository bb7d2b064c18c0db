"""Paying online: the session of a pending order, opened after the order is committed and without holding any lock."""

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
from orders.payments.provider_state import SessionFacts
from orders.state import transitions
from orders.state.locking import LIVE, held, locked_with_order
from orders.tokens import order_token

# Stripe takes an end from 30 minutes on. A first call that got no answer is made again while the stock is reserved for it, so
# that time lies in between; and clocks differ.
WITHOUT_SESSION = timedelta(minutes=10)
LIFETIME = timedelta(minutes=31) + WITHOUT_SESSION
AFTER_SESSION = timedelta(minutes=10)  # for which stock stays reserved, until what the provider says has come
State = Payment.State


def ensure(order_id: int) -> Order:
    """See to it that a pending order can be paid, and return it: its session is open, or it is not pending any more.

    Raises PaymentProviderUnavailable, which names the order; PaymentSetupFailed, AmountTooSmall, AmountTooLarge, after which it
    is cancelled.
    """
    order = Order.objects.get(pk=order_id)
    payment = order.payments.filter(state__in=LIVE).order_by("-created_at").first()
    if order.status != Order.Status.PENDING or payment is None:
        return order
    now = timezone.now()
    try:
        if payment.state == State.CREATED and payment.session_id is None:
            if order.reserved_until is not None and order.reserved_until <= now:
                return give_up(payment.pk)
            return _open(order, payment)
        if payment.state == State.OPEN:  # it may have been paid, and nobody has told yet
            return _looked_at(order, payment)
    except PaymentProviderUnavailable as trouble:
        trouble.details = {"order": order.number}
        if order.user_id is None:
            trouble.details["order_token"] = order_token(order.number)
        raise
    return order


def _looked_at(order: Order, payment: Payment) -> Order:
    """Do what follows from how an open session stands; while the provider does not answer, its page may still be used."""
    try:
        return settlement.apply_session(payment.pk, facts_of(payment, quickly=True))
    except (PaymentProviderUnavailable, PaymentSetupFailed):
        if payment.expires_at is not None and payment.expires_at <= timezone.now():
            raise
        return order


def pay(order: Order) -> Order:
    """See to it that an order can be paid, for a buyer who wants to. Raises InvalidTransition, and what `ensure` raises."""
    if order.status == Order.Status.PENDING:
        order = ensure(order.pk)
    if order.payments.filter(state=State.PROCESSING).exists():
        raise InvalidTransition("The payment of this order is on its way", details={"from": order.status})
    if order.status != Order.Status.PENDING:
        raise InvalidTransition(f"An order that is {order.status} cannot be paid online", details={"from": order.status})
    return order


def verify(payment: Payment) -> bool:
    """Bring a payment to how its session stands now; False where the provider did not answer, and what is stored holds."""
    if payment.state not in LIVE:
        return True
    try:
        settlement.apply_session(payment.pk, facts_of(payment, quickly=True))
    except (PaymentProviderUnavailable, PaymentSetupFailed, PaymentNotConfigured):
        return False
    return True


def facts_of(payment: Payment, *, quickly: bool = False) -> SessionFacts:
    """Ask how the session of a payment stands; one that the provider does not know is as good as expired."""
    try:
        return stripe_gateway.session(payment.session_id or "", quickly=quickly)
    except SessionMissing:
        return _expired(payment)


def _expired(payment: Payment) -> SessionFacts:
    return SessionFacts(payment.session_id or "", "expired", "unpaid", payment.amount_minor, payment.currency, None)


def _open(order: Order, payment: Payment) -> Order:
    try:
        facts = stripe_gateway.open_session(order, list(order.items.all()), payment)
    except (PaymentSetupFailed, SessionMissing, AmountTooSmall, AmountTooLarge, EmailRefused) as refusal:
        order = _withdraw(payment.pk, refusal.code)
        if order.cancel_reason != refusal.code:  # another request has opened it meanwhile
            return order
        if isinstance(refusal, PaymentSetupFailed | SessionMissing):
            raise PaymentSetupFailed("The payment could not be prepared. Nothing was ordered or charged") from None
        raise
    return store_session(payment.pk, facts)


@transaction.atomic
def store_session(payment_id: UUID, facts: SessionFacts) -> Order:
    """Keep the session that was opened; an event that was faster has done so already. Cart and stock are not touched."""
    order, payment = locked_with_order(payment_id)
    if payment.session_id is None:
        payment.session_id = facts.id
    if payment.state == State.CREATED:
        payment.state = State.OPEN
    payment.checkout_url = payment.checkout_url or facts.url
    payment.save(update_fields=["session_id", "state", "checkout_url", "updated_at"])
    if order.status != Order.Status.PENDING:
        if payment.state != State.SUCCEEDED:
            settlement.owe_closing(payment.pk)
        return order
    if (facts.amount, facts.currency) != (payment.amount_minor, payment.currency):
        transitions.flag(order, transitions.AMOUNT_MISMATCH, STRIPE, expected=payment.amount_minor, session=facts.amount)
    after = (payment.expires_at or timezone.now()) + AFTER_SESSION
    order.reserved_until = max(order.reserved_until or after, after)  # an event that was faster may have prolonged it
    transitions.save(order)
    return order


@transaction.atomic
def _withdraw(payment_id: UUID, code: str) -> Order:
    """Take an order back for which no session can be opened: its stock is free, and its key can be used anew.

    Where another request has opened the session meanwhile, nothing is taken back.
    """
    found = held(payment_id, SYSTEM)
    if found.payment.state != State.CREATED or found.payment.session_id is not None:
        return found.order
    found.payment.state, found.payment.failure_code = State.FAILED, code
    found.payment.save(update_fields=["state", "failure_code", "updated_at"])
    found.order.cancel_reason = code
    settlement.end(found, code)
    Order.objects.filter(pk=found.order.pk).update(idempotency_scope="", idempotency_key="", request_hash="")
    return found.order


@transaction.atomic
def give_up(payment_id: UUID, *, wish: str = "") -> Order:
    """End a payment whose session was never opened, as far as the shop knows; `wish` as with `settling.apply_session`."""
    found = held(payment_id, SYSTEM)
    if found.payment.state == State.CREATED and found.payment.session_id is None:
        found.order.cancel_reason = found.order.cancel_reason or wish
        found.payment.state = State.CANCELLED if found.order.cancel_reason else State.EXPIRED
        found.payment.save(update_fields=["state", "updated_at"])
        settlement.end(found, "expired")
    return found.order


def close(payment: Payment) -> SessionFacts:
    """Close a payment's session at the provider, or find out why it cannot be closed. Raises PaymentProviderUnavailable."""
    try:
        return stripe_gateway.expire_session(payment.session_id or "")
    except SessionNotOpen:
        return facts_of(payment)
    except SessionMissing:
        return _expired(payment)
