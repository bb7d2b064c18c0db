"""The statuses of an order: the only place where one changes, and where its history is written."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from core.actors import Actor
from core.compiled_queries import CompiledInsert
from orders.exceptions import InvalidTransition
from orders.models import Order, OrderEvent

INSERT_EVENT = CompiledInsert(OrderEvent)
Status = Order.Status
ALLOWED: dict[str, frozenset[str]] = {
    Status.PENDING: frozenset({Status.PROCESSING, Status.EXPIRED, Status.CANCELLED}),
    Status.PROCESSING: frozenset({Status.SHIPPED, Status.CANCELLED}),
    Status.SHIPPED: frozenset({Status.DELIVERED, Status.RETURNED}),
    Status.RETURNED: frozenset({Status.SHIPPED, Status.DELIVERED}),  # sent again, or found after it was lost
    Status.EXPIRED: frozenset({Status.PROCESSING}),
    Status.DELIVERED: frozenset(),
    Status.CANCELLED: frozenset(),
}
TIMESTAMPS = {
    Status.SHIPPED: "shipped_at",
    Status.DELIVERED: "delivered_at",
    Status.RETURNED: "returned_at",
    Status.CANCELLED: "cancelled_at",
    Status.EXPIRED: "expired_at",
}
CHANGING_FIELDS = (
    *("status", "stock_state", "reserved_until", "attention", "cancel_reason", "user", "version", "updated_at", "guest_network"),
    *("paid_at", "cancelled_at", "expired_at", "shipped_at", "delivered_at", "returned_at", "phone_confirm_until"),
)


def check_transition(order: Order, to: str) -> None:
    """Raise InvalidTransition if the order cannot become `to`."""
    if to not in ALLOWED[order.status]:
        message = f"An order that is {order.status} cannot become {to}"
        raise InvalidTransition(message, details={"from": order.status, "to": to})


def record_placed(order: Order, actor: Actor) -> None:
    """Record that an order was placed, and its first status."""
    _insert_event(order, "placed", actor, order.placed_at, "", order.status, {})


def move(order: Order, to: str, kind: str, actor: Actor, *, at: datetime | None = None, **data: Any) -> None:
    """Change the status of a locked order and save all that was set on it. Raises InvalidTransition."""
    check_transition(order, to)
    now = at or timezone.now()
    before, order.status = order.status, to
    order.guest_network, order.phone_confirm_until = "", None
    if to in TIMESTAMPS:
        setattr(order, TIMESTAMPS[Status(to)], now)
    save_order(order)
    _insert_event(order, kind, actor, now, before, to, data)


def record_event(order: Order, kind: str, actor: Actor, **data: Any) -> None:
    """Record something that happened to an order and does not change its status."""
    record_event_at(order, kind, actor, timezone.now(), **data)


def record_event_at(order: Order, kind: str, actor: Actor, at: datetime, **data: Any) -> None:
    """Record something that happened at this time, such as that of a change of the status that follows."""
    _insert_event(order, kind, actor, at, order.status, order.status, data)


def get_submission_data(submission: UUID | None) -> dict[str, str]:
    """Return the data that identifies the submitted form in an event; `has_recorded` looks for it."""
    return {} if submission is None else {"submission": str(submission)}


def has_recorded(order: Order, kind: str, submission: UUID | None) -> bool:
    """Return whether a locked order has an event of this kind from this submitted form: a second click submits it again."""
    return submission is not None and order.events.filter(kind=kind, data__submission=str(submission)).exists()


def save_order(order: Order, *other_fields: str) -> None:
    """Save a changed order, with these fields besides those that change with its status; the caller holds its lock."""
    order.version += 1
    order.save(update_fields=(*CHANGING_FIELDS, *other_fields))


def _insert_event(order: Order, kind: str, actor: Actor, at: datetime, before: str, after: str, data: dict[str, Any]) -> None:
    INSERT_EVENT.add(
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
