"""The states of a refund: the only place where one changes. docs/payments.md shows the table; a test compares the two.

A state is never left for an earlier one, in whatever order the provider reports them. A refund that succeeded may still fail
(https://docs.stripe.com/refunds#failed-refunds).
"""

from typing import Any

from orders.exceptions import InvalidTransition
from orders.models import Refund

State = Refund.State
_ENDS = frozenset({State.CANCELLED, State.FAILED})
ALLOWED: dict[str, frozenset[str]] = {
    State.REQUESTED: frozenset({State.SUBMITTED, State.PENDING, State.REQUIRES_ACTION, State.SUCCEEDED}) | _ENDS,
    State.SUBMITTED: frozenset({State.PENDING, State.REQUIRES_ACTION, State.SUCCEEDED}) | _ENDS,
    State.PENDING: frozenset({State.REQUIRES_ACTION, State.SUCCEEDED}) | _ENDS,
    State.REQUIRES_ACTION: frozenset({State.SUCCEEDED}) | _ENDS,
    State.SUCCEEDED: _ENDS,
    State.CANCELLED: frozenset(),
    State.FAILED: frozenset(),
}


def is_assumed_failed(refund: Refund) -> bool:
    """Return whether the shop marked a refund as failed without an answer of the provider, which may still report otherwise."""
    return refund.state == State.FAILED and refund.provider_id is None


def can_move(refund: Refund, to: str) -> bool:
    """Return whether a refund can become `to`."""
    return to in ALLOWED[refund.state]


def move(refund: Refund, to: str, **fields: Any) -> None:
    """Change a locked refund's state and save it together with `fields`. Raises InvalidTransition."""
    if not can_move(refund, to):
        raise InvalidTransition(f"A refund that is {refund.state} cannot become {to}")
    correct(refund, to, **fields)


def correct(refund: Refund, to: str, **fields: Any) -> None:
    """Replace a locked refund's state without regard to the table, and save it together with `fields`.

    Only where the provider's report replaces what the shop assumed: a failure, or what was lost in a dispute.
    """
    refund.state = to
    for name, value in fields.items():
        setattr(refund, name, value)
    refund.save(update_fields=["state", *fields, "updated_at"])
