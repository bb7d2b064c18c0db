"""The states of an order: the only place where one changes, and where what happened is written down."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from orders import notices
from orders.exceptions import InvalidTransition
from orders.locking import locked
from orders.models import Order, OrderEvent
from store.core.actors import Actor
from store.core.statements import Insertion

NEW_EVENT = Insertion(OrderEvent)
Status = Order.Status
TABLE: dict[str, frozenset[str]] = {
    Status.PENDING: frozenset({Status.PROCESSING, Status.EXPIRED, Status.CANCELLED}),
    Status.PROCESSING: frozenset({Status.SHIPPED, Status.CANCELLED}),
    Status.SHIPPED: frozenset({Status.DELIVERED}),
    Status.EXPIRED: frozenset({Status.PROCESSING}),
    Status.DELIVERED: frozenset(),
    Status.CANCELLED: frozenset(),
}
STAMPS = {
    Status.SHIPPED: "shipped_at",
    Status.DELIVERED: "delivered_at",
    Status.CANCELLED: "cancelled_at",
    Status.EXPIRED: "expired_at",
}
# What the merchant has to look at; `docs/payments.md` says what to do about each.
AMOUNT_MISMATCH, DUPLICATE_PAYMENT, LATE_PAYMENT = "amount_mismatch", "duplicate_payment", "late_payment"
DISPUTE, EXTERNAL_REFUND, REFUND_FAILED = "dispute", "external_refund", "refund_failed"
PAYMENT_OVERDUE, SETTLED = "payment_overdue", "attention_settled"
# The most urgent first: an order has one flag, and none makes way for one that is less urgent.
URGENCY = (AMOUNT_MISMATCH, DISPUTE, REFUND_FAILED, DUPLICATE_PAYMENT, LATE_PAYMENT, PAYMENT_OVERDUE, EXTERNAL_REFUND)


def check(order: Order, to: str) -> None:
    """Raise InvalidTransition where an order in this state cannot become that."""
    if to not in TABLE[order.status]:
        words = f"An order that is {order.status} cannot become {to}"
        raise InvalidTransition(words, details={"from": order.status, "to": to})


def begin(order: Order, actor: Actor) -> None:
    """Write down that an order was placed, and in which state it begins."""
    _note(order, "placed", actor, order.placed_at, "", order.status, {})


def move(order: Order, to: str, kind: str, actor: Actor, *, at: datetime | None = None, **data: Any) -> None:
    """Change the order's state and save all that has been set on it; the caller holds its lock. Raises InvalidTransition."""
    check(order, to)
    now = at or timezone.now()
    before, order.status = order.status, to
    if to in STAMPS:
        setattr(order, STAMPS[Status(to)], now)
    save(order)
    _note(order, kind, actor, now, before, to, data)


def note(order: Order, kind: str, actor: Actor, **data: Any) -> None:
    """Write down what happened to an order that stays in its state."""
    _note(order, kind, actor, timezone.now(), order.status, order.status, data)


def flag(order: Order, code: str, actor: Actor, **told: Any) -> None:
    """Call the merchant's attention to the order, write down why, and owe him a mail: once for each reason while it is flagged."""
    if order.attention == code and order.events.filter(kind=code, data=told).exists():
        return
    order.attention = min(code, order.attention or code, key=URGENCY.index)
    save(order)
    note(order, code, actor, **told)
    notices.tell_merchant(order, "attention", about=code, occasion=str(order.version))


def settle_attention(order: Order, actor: Actor) -> None:
    """Take the flag away: the merchant has looked at it. The caller holds the order's lock."""
    resolve(order, order.attention, actor)


def resolve(order: Order, code: str, actor: Actor) -> None:
    """Take this flag away, shown or not; the most urgent of the others is shown then. The caller holds the order's lock."""
    if not order.attention:
        return
    waiting = {order.attention}
    told = order.events.filter(kind__in=(*URGENCY, SETTLED)).order_by("pk")
    for kind, about in told.values_list("kind", "data"):
        if kind == SETTLED:
            waiting.discard(about["code"])
        else:
            waiting.add(kind)
    if code in waiting:
        order.attention = min(waiting - {code}, key=URGENCY.index, default="")
        save(order)
        note(order, SETTLED, actor, code=code)


@transaction.atomic
def settle_attention_of(order_id: int, actor: Actor) -> None:
    """Lock an order and take its flag away. Raises OrderNotFound."""
    settle_attention(locked(order_id), actor)


def save(order: Order) -> None:
    """Save a changed order, whose lock the caller holds."""
    order.version += 1
    order.save(update_fields=CHANGING)


CHANGING = (
    *("status", "stock_state", "reserved_until", "attention", "cancel_reason", "user", "version", "updated_at"),
    *("paid_at", "cancelled_at", "expired_at", "shipped_at", "delivered_at"),
)


def _note(order: Order, kind: str, actor: Actor, at: datetime, before: str, after: str, data: dict[str, Any]) -> None:
    NEW_EVENT.add(
        OrderEvent(
            order=order,
            kind=kind,
            actor_kind=actor.kind,
            user_id=actor.user_id,
            from_status=before,
            to_status=after,
            data=data,
            at=at,
        )
    )
