"""The states of an order: the only place where one changes, and where what happened is written down."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from core.actors import Actor
from core.compiled_queries import CompiledInsert
from orders.exceptions import InvalidTransition
from orders.models import Order, OrderEvent
from orders.state import notifications
from orders.state.locking import locked

NEW_EVENT = CompiledInsert(OrderEvent)
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
    """Call the merchant's attention to the order, write down why, and owe him a mail.

    While this flag waits, shown or behind a more urgent one, each reason (what is `told`) is written down once.
    """
    if code in waiting(order) and reasons(order, code).filter(data=told).exists():
        return
    order.attention = min(code, order.attention or code, key=URGENCY.index)
    save(order)
    note(order, code, actor, **told)
    notifications.tell_merchant(order, "attention", about=code, occasion=str(order.version))


def waiting(order: Order) -> set[str]:
    """Return the flags of an order that nobody has taken away: the one that is shown, and those behind it."""
    if not order.attention:
        return set()
    found = {order.attention}
    told = order.events.filter(kind__in=(*URGENCY, SETTLED)).order_by("pk")
    for kind, about in told.values_list("kind", "data"):
        if kind == SETTLED:
            found.discard(about["code"])
        else:
            found.add(kind)
    return found


def reasons(order: Order, code: str) -> QuerySet[OrderEvent]:
    """Return why an order has had this flag since it was taken away last, oldest first."""
    settled = order.events.filter(kind=SETTLED, data__code=code).order_by("pk").values_list("pk", flat=True).last()
    return order.events.filter(kind=code, pk__gt=settled or 0).order_by("pk")


def resolve(order: Order, code: str, actor: Actor) -> None:
    """Take this flag away, shown or not; the most urgent of the others is shown then. The caller holds the order's lock."""
    flags = waiting(order)
    if code in flags:
        order.attention = min(flags - {code}, key=URGENCY.index, default="")
        save(order)
        note(order, SETTLED, actor, code=code)


@transaction.atomic
def settle_attention(actor: Actor, order_id: int, code: str, seen: int) -> Order:
    """Take the flag away that somebody has looked at, and no other; `seen` is the last of its reasons that he knows.

    Raises OrderNotFound; InvalidTransition where there is another reason for it by now.
    """
    order = locked(order_id)
    if reasons(order, code).filter(pk__gt=seen).exists():
        raise InvalidTransition("It was flagged once more in the meantime. Look at the order again")
    resolve(order, code, actor)
    return order


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
