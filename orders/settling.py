"""What becomes of an order when the provider says how its payment stands. Webhook, `verify-payment`, `sync_payments` and
cancelling all end here, in any order and as often as they like: facts are monotone, and *paid* wins over *expired*.

Locks are taken in the order of all: cart, order, payment, refunds, variants.
"""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from carts import ordering
from orders import notices, refunds, transitions
from orders.exceptions import InvalidTransition
from orders.facts import SessionFacts
from orders.locking import LIVE, Held, held
from orders.models import Order, Payment, Refund
from products import stock
from store.core import outbox
from store.core.actors import STRIPE, SYSTEM, Actor

CLOSE = "close_session"
DELAYED_FOR = timedelta(days=7)  # methods such as bank transfers take days
State = Payment.State


@transaction.atomic
def apply_session(payment_id: UUID, facts: SessionFacts, actor: Actor = STRIPE) -> Order:
    """Do what follows from the facts, once; returns the order as it is then."""
    found = held(payment_id, actor)
    _remember(found.payment, facts)
    if facts.is_paid:
        _paid(found, facts)
    elif facts.has_failed:
        _failed(found)
    elif facts.status == "complete":
        _delayed(found)
    elif facts.status == "expired":
        _expired(found)
    return found.order


def _remember(payment: Payment, facts: SessionFacts) -> None:
    """Keep what names the session and the intent, which an event may tell before the answer of the call does."""
    payment.session_id = payment.session_id or facts.id
    payment.checkout_url = facts.url or payment.checkout_url
    payment.payment_intent = facts.intent or payment.payment_intent
    payment.raw = facts.as_dict()
    payment.save(update_fields=["session_id", "checkout_url", "payment_intent", "raw", "updated_at"])


def _paid(found: Held, facts: SessionFacts) -> None:
    order, payment = found.order, found.payment
    if payment.state == State.SUCCEEDED:
        return
    if (facts.amount, facts.currency) != (payment.amount_minor, payment.currency):
        told = {"expected": payment.amount_minor, "charged": facts.amount, "currency": facts.currency}
        transitions.flag(order, transitions.AMOUNT_MISMATCH, found.actor, **told)
        return
    payment.state, payment.captured_minor = State.SUCCEEDED, facts.amount
    payment.save(update_fields=["state", "captured_minor", "updated_at"])
    if order.status == Order.Status.PENDING:
        _confirm(found, "paid")
    elif order.status == Order.Status.EXPIRED and order.paid_at is None and _retaken(found):
        _confirm(found, "late_payment_accepted")
    else:
        is_second = order.paid_at is not None
        transitions.flag(order, transitions.DUPLICATE_PAYMENT if is_second else transitions.LATE_PAYMENT, found.actor)
        refunds.request_whole(payment, "paid twice" if is_second else f"paid after the order was {order.status}")


def _retaken(found: Held) -> bool:
    """Take the stock of an order whose promise had ended; False where somebody else has bought it."""
    units = found.units
    whole = sum(units.values()) == sum(found.order.items.values_list("quantity", flat=True))
    return whole and stock.take_late(found.actor, units, reference=found.order.number)


def _confirm(found: Held, kind: str) -> None:
    """The order is paid and can be packed: its stock is sold and its lines leave the cart."""
    order, units, now = found.order, found.units, timezone.now()
    if order.stock_state == Order.StockState.RESERVED:
        stock.commit(found.actor, units, reference=order.number)
        if found.cart is not None:
            ordering.let_go(found.cart, units)
    order.stock_state, order.reserved_until = Order.StockState.COMMITTED, None
    order.paid_at, order.cancel_reason, order.expired_at = now, "", None
    transitions.move(order, Order.Status.PROCESSING, kind, found.actor, at=now, payment=str(found.payment.pk))
    if found.cart is not None:
        ordering.take_paid(SYSTEM, found.cart, units, order.number, now)
    notices.announce(order, "paid")
    for other in found.others():
        owe_closing(other)


def owe_closing(payment_id: UUID) -> None:
    """Owe the closing of a session that shall not be paid any more."""
    outbox.add(CLOSE, {"payment": str(payment_id)}, dedupe_key=f"{CLOSE}:{payment_id}")


def _delayed(found: Held) -> None:
    """The buyer is through, and the money comes later."""
    if found.payment.state not in (State.CREATED, State.OPEN):
        return
    _become(found.payment, State.PROCESSING)
    if found.order.status == Order.Status.PENDING:
        found.order.reserved_until = timezone.now() + DELAYED_FOR
        transitions.save(found.order)
        transitions.note(found.order, "payment_processing", found.actor)


def _failed(found: Held) -> None:
    """The money that was to come later does not come."""
    if found.payment.state not in LIVE:
        return
    _become(found.payment, State.FAILED)
    if end(found, "payment_failed"):
        notices.tell(found.order, "payment_failed")


def _expired(found: Held) -> None:
    if found.payment.state not in (State.CREATED, State.OPEN):
        return
    _become(found.payment, State.CANCELLED if found.order.cancel_reason else State.EXPIRED)
    end(found, "expired")


def _become(payment: Payment, state: str) -> None:
    payment.state = state
    payment.save(update_fields=["state", "updated_at"])


def end(found: Held, kind: str) -> bool:
    """End a pending order that nobody can pay any more: expired, or cancelled where that was asked for; its stock is free again."""
    order = found.order
    if order.status != Order.Status.PENDING or list(found.others()):
        return False
    units = found.units
    stock.release(units)
    order.stock_state, order.reserved_until = Order.StockState.RELEASED, None
    if order.cancel_reason:
        transitions.move(order, Order.Status.CANCELLED, "cancelled", found.actor, reason=order.cancel_reason)
    else:
        transitions.move(order, Order.Status.EXPIRED, kind, found.actor)
    if found.cart is not None:
        ordering.let_go(found.cart, units)
    return True


@transaction.atomic
def decide_mismatch(actor: Actor, payment_id: UUID, *, accept: bool) -> None:
    """Do what staff have decided of a payment over another amount: take it for the order's, or cancel the order and give it back.

    Raises InvalidTransition where there is nothing to decide. An amount in another currency is given back at the provider.
    """
    found = held(payment_id, actor)
    order, payment = found.order, found.payment
    if order.attention != transitions.AMOUNT_MISMATCH or payment.state == State.SUCCEEDED:
        raise InvalidTransition("There is no payment to decide about")
    same_currency = payment.raw.get("currency") == payment.currency
    payment.state, payment.captured_minor = State.SUCCEEDED, payment.raw.get("amount", 0) if same_currency else 0
    payment.save(update_fields=["state", "captured_minor", "updated_at"])
    transitions.settle_attention(order, actor)
    if accept and order.status == Order.Status.PENDING:
        _confirm(found, "accepted_by_staff")
        return
    order.cancel_reason = "another amount was paid"
    end(found, "cancelled")
    refunds.request_whole(payment, order.cancel_reason, source=Refund.Source.STAFF, by=actor.user_id)
