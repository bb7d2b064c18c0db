"""The states of a parcel: the only place where one changes. docs/parcels.md shows the table; a test compares the two."""

from datetime import datetime
from typing import Any

from orders.exceptions import InvalidTransition
from orders.models import Shipment

State = Shipment.State
ALLOWED: dict[str, frozenset[str]] = {
    State.PACKED: frozenset({State.SHIPPED, State.CANCELLED, State.DELIVERED}),
    State.SHIPPED: frozenset({State.DELIVERED, State.FAILED, State.RETURNING, State.RETURNED, State.LOST}),
    State.FAILED: frozenset({State.SHIPPED, State.DELIVERED, State.RETURNING, State.RETURNED, State.LOST}),
    State.RETURNING: frozenset({State.DELIVERED, State.RETURNED, State.LOST}),
    State.LOST: frozenset({State.DELIVERED, State.RETURNED}),  # it was found
    State.DELIVERED: frozenset(),
    State.RETURNED: frozenset(),
    State.CANCELLED: frozenset(),
}


def can_move(shipment: Shipment, to: str) -> bool:
    """Return whether a parcel can become `to`."""
    return to in ALLOWED[shipment.state]


def check_move(shipment: Shipment, to: str) -> None:
    """Raise InvalidTransition if a parcel cannot become `to`."""
    if not can_move(shipment, to):
        now = shipment.get_state_display().lower()
        raise InvalidTransition(
            f"Parcel {shipment.number} is {now} and cannot become {State(to).label.lower()}",
            details={"parcel": shipment.number, "from": shipment.state, "to": to},
        )


def move(shipment: Shipment, to: str, at: datetime, **fields: Any) -> None:
    """Change the state of a parcel whose order is locked, and save it together with `fields`. Raises InvalidTransition."""
    check_move(shipment, to)
    shipment.state = to
    fields[f"{to}_at"] = at
    if to == State.DELIVERED and (shipment.shipped_at is None or shipment.shipped_at > at):
        fields["shipped_at"] = at  # it was sent before its delivery, whenever staff recorded that
    for name, value in fields.items():
        setattr(shipment, name, value)
    shipment.save(update_fields=["state", *fields, "updated_at"])


def deliver_earlier(shipment: Shipment, at: datetime) -> None:
    """Correct the time of the delivery of a parcel whose order is locked, if it is earlier than the one that is recorded."""
    if shipment.delivered_at is None or at >= shipment.delivered_at:
        return
    shipment.delivered_at = at
    shipment.shipped_at = min(shipment.shipped_at or at, at)
    shipment.save(update_fields=["delivered_at", "shipped_at", "updated_at"])
