"""What becomes of an order when the provider says how its payment stands. Webhook, `verify-payment`, `sync_payments` and
cancelling all end here, in any order and as often as they like: facts are monotone, and *paid* wins over *expired*.

Locks are taken in the order of all: cart, order, payment, refunds, variants.
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from carts import checkout
from core import outbox
from core.actors import STRIPE, SYSTEM, Actor
from orders.exceptions import InvalidTransition
from orders.models import Order, Payment, Refund
from orders.payments import refunds
from orders.payments.provider_state import SessionFacts
from orders.state import notifications, transitions
from orders.state.locking import LIVE, Held, held, locked_with_order
from products.services import stock

CLOSE = "close_session"
DELAYED_FOR = timedelta(days=7)  # methods such as bank transfers take days
State = Payment.State


@transaction.atomic
def apply_session(payment_id: UUID, facts: SessionFacts, actor: Actor = STRIPE, *, wish: str = "", gives_up: bool = False) -> Order:
    """Do what follows from the facts, once; returns the order as it is then.

    `wish` says why it is to be cancelled, where its session was closed for that; `gives_up`: even if its money was on its way, and
    the provider has forgotten it.
    """
    found = held(payment_id, actor)
    if facts.status == "expired" and found.order.status == Order.Status.PENDING:
        found.order.cancel_reason = found.order.cancel_reason or wish
    _remember(found.payment, facts)
    if facts.is_paid:
        _paid(found, facts)
    elif facts.has_failed:
        _failed(found)
    elif facts.status == "complete":
        _delayed(found)
    elif facts.status == "expired":
        _expired(found, gives_up)
    return found.order


def _remember(payment: Payment, facts: SessionFacts) -> None:
    """Keep what names the session and the intent, which an event may tell before the answer of the call does."""
    payment.session_id = payment.session_id or facts.id
    payment.checkout_url = facts.url or payment.checkout_url
    payment.payment_intent = facts.intent or payment.payment_intent
    if facts.is_paid or not payment.is_paid_otherwise:  # what says that nothing is paid is older, then
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
    refunds.capture(payment, facts.amount)
    if order.status == Order.Status.PENDING:
        _confirm(found, "paid")
    elif _can_be_late(order) and _retaken(found):
        _confirm(found, "late_payment_accepted")
    else:
        is_second = order.paid_at is not None
        code = transitions.DUPLICATE_PAYMENT if is_second else transitions.LATE_PAYMENT
        reason = "paid twice" if is_second else f"paid after the order was {order.status}"
        if refunds.request_whole(payment, reason):  # else all of it is back already
            transitions.flag(order, code, found.actor, payment=str(payment.pk))


def _can_be_late(order: Order) -> bool:
    """Say whether money that came too late can still be for the order: nobody has paid it, and one knows where to send it."""
    return order.status == Order.Status.EXPIRED and order.paid_at is None and order.erased_at is None


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
        _let_go(found, units)
    order.stock_state, order.reserved_until = Order.StockState.COMMITTED, None
    for code in (transitions.AMOUNT_MISMATCH, transitions.PAYMENT_OVERDUE):
        transitions.resolve(order, code, found.actor)
    order.paid_at, order.cancel_reason, order.expired_at = now, "", None
    transitions.move(order, Order.Status.PROCESSING, kind, found.actor, at=now, payment=str(found.payment.pk))
    if found.cart is not None:
        checkout.take_paid(SYSTEM, found.cart, units, order.number, now)
    notifications.announce(order, "paid")
    for other in found.others():
        owe_closing(other)


def _let_go(found: Held, units: Mapping[int, int]) -> None:
    """Let the cart keep nothing for this order; another of it, from a cart that was merged into it, may still wait."""
    if found.cart is not None:
        here = checkout.merged_into(found.cart.pk)
        others = Order.objects.filter(cart__in=here, status=Order.Status.PENDING).exclude(pk=found.order.pk)
        checkout.let_go(found.cart, units, is_last=not others.exists())


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
        notifications.tell(found.order, "payment_failed")


def _expired(found: Held, gives_up: bool) -> None:
    """Nobody can pay any more. What was paid through never expires: the provider has forgotten it, and somebody has to decide."""
    payment = found.payment
    is_over = payment.state in (State.CREATED, State.OPEN) and not payment.is_paid_otherwise
    if not is_over and not (gives_up and payment.state == State.PROCESSING):
        return
    _become(payment, State.CANCELLED if found.order.cancel_reason else State.EXPIRED)
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
    _let_go(found, units)
    transitions.resolve(order, transitions.PAYMENT_OVERDUE, found.actor)
    return True


@transaction.atomic
def flag_overdue(payment_id: UUID, why: str) -> None:
    """Tell the merchant, once for each reason, of money that was to come later, and for which stock is held in vain, it seems."""
    order, payment = locked_with_order(payment_id)
    told = {"payment": str(payment.pk), "why": why}
    is_known = order.events.filter(kind=transitions.PAYMENT_OVERDUE, data=told).exists()
    if order.status == Order.Status.PENDING and payment.state == State.PROCESSING and not is_known:
        transitions.flag(order, transitions.PAYMENT_OVERDUE, SYSTEM, **told)


@transaction.atomic
def decide_mismatch(actor: Actor, order_id: int, *, accept: bool) -> Order:
    """Do what staff have decided of a payment over another amount: take it for the order's, or cancel the order and give it back.

    Raises InvalidTransition where there is nothing to decide, and where it cannot be accepted: another currency, or the stock of
    an expired order is gone. Money in another currency is given back at the provider, for the books hold the order's alone.
    """
    payments = Payment.objects.filter(order=order_id).order_by("-created_at")
    undecided = next((payment.pk for payment in payments if payment.is_paid_otherwise), None)
    if undecided is None:
        raise InvalidTransition("There is no payment to decide about")
    found = held(undecided, actor)
    order, payment = found.order, found.payment
    if not payment.is_paid_otherwise:  # somebody else has decided in this moment
        raise InvalidTransition("There is no payment to decide about")
    has_currency = payment.raw["currency"] == payment.currency
    if accept and not has_currency:
        raise InvalidTransition(f"It was paid in {payment.raw['currency']}. Reject it, and give it back at the payment provider")
    refunds.capture(payment, payment.raw["amount"] if has_currency else 0)
    transitions.resolve(order, transitions.AMOUNT_MISMATCH, actor)
    if accept:
        if order.status != Order.Status.PENDING and not (_can_be_late(order) and _retaken(found)):
            raise InvalidTransition("The order cannot be sent any more. Reject the payment")
        _confirm(found, "accepted_by_staff")
        return order
    if order.status == Order.Status.PENDING:
        order.cancel_reason = "another amount was paid"
        end(found, "cancelled")
    refunds.request_whole(payment, "another amount was paid", source=Refund.Source.STAFF, by=actor.user_id)
    return order
