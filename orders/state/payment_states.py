"""The states of a payment: the only place where one changes. docs/payments.md shows the table; a test compares the two."""

from collections.abc import Collection
from typing import Any

from django.db.models import Sum

from orders.exceptions import InvalidTransition
from orders.models import Payment, Refund

State = Payment.State
ALLOWED: dict[str, frozenset[str]] = {
    State.CREATED: frozenset({State.OPEN, State.PROCESSING, State.SUCCEEDED, State.FAILED, State.EXPIRED, State.CANCELLED}),
    State.OPEN: frozenset({State.PROCESSING, State.SUCCEEDED, State.FAILED, State.EXPIRED, State.CANCELLED}),
    State.PROCESSING: frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED}),
    State.FAILED: frozenset({State.SUCCEEDED}),
    State.EXPIRED: frozenset({State.SUCCEEDED}),
    State.CANCELLED: frozenset({State.SUCCEEDED}),
    State.SUCCEEDED: frozenset(),
}


def move(payment: Payment, to: str, **fields: Any) -> None:
    """Change a locked payment's state and save it together with `fields`. Raises InvalidTransition."""
    if to not in ALLOWED[payment.state]:
        raise InvalidTransition(f"A payment that is {payment.state} cannot become {to}")
    payment.state = to
    for name, value in fields.items():
        setattr(payment, name, value)
    payment.save(update_fields=["state", *fields, "updated_at"])


def capture(payment: Payment, amount_minor: int) -> None:
    """Record that the money of a locked payment has arrived, in minor units; refunds that came before it count from now on."""
    refunded = min(_sum_refunds(payment, Refund.REFUNDED_STATES), amount_minor)
    move(payment, State.SUCCEEDED, captured_minor=amount_minor, refunded_minor=refunded)


def collect(payment: Payment, change_minor: int) -> None:
    """Record cash of a locked Cash on Delivery payment that a parcel has brought, or that a correction adds or takes away."""
    payment.captured_minor += change_minor
    payment.refunded_minor = refunded_minor(payment)
    payment.save(update_fields=["captured_minor", "refunded_minor", "updated_at"])


def close_cash(payment: Payment) -> None:
    """Close a locked Cash on Delivery payment once nothing is left to collect: it succeeded if any cash came, or is cancelled.

    One that has succeeded stays so, even if a correction takes away all of its cash.
    """
    state = State.SUCCEEDED if payment.captured_minor else State.CANCELLED
    if state in ALLOWED[payment.state]:
        move(payment, state)


def refunded_minor(payment: Payment) -> int:
    """Return what was refunded of a payment, in minor units: never more than was captured."""
    return min(_sum_refunds(payment, Refund.REFUNDED_STATES), payment.captured_minor)


def update_refunded(payment: Payment) -> None:
    """Save what was refunded of a locked payment, after one of its refunds has changed."""
    payment.refunded_minor = refunded_minor(payment)
    payment.save(update_fields=["refunded_minor", "updated_at"])


def refundable_minor(payment: Payment) -> int:
    """Return what can still be refunded of a payment, in minor units: neither refunded nor requested yet."""
    return max(payment.captured_minor - committed_minor(payment), 0)


def committed_minor(payment: Payment) -> int:
    """Return what of a payment was refunded or is requested, in minor units."""
    return _sum_refunds(payment, Refund.COMMITTED_STATES)


def _sum_refunds(payment: Payment, states: Collection[str]) -> int:
    return payment.refunds.filter(state__in=states).aggregate(n=Sum("amount_minor"))["n"] or 0
