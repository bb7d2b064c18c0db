"""Disputes: the merchant is told; money that is lost in one is recorded as given back."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from core.actors import STRIPE
from orders.payments import refunds
from orders.state import transitions
from orders.state.locking import locked_with_order


@transaction.atomic
def note(payment_id: UUID, told: Mapping[str, Any]) -> None:
    """Write down how a dispute stands, once for each state of it; nothing is cancelled by itself."""
    order, payment = locked_with_order(payment_id)
    kind = f"dispute_{told['status']}"[:30]
    if order.events.filter(kind=kind, data__dispute=told["id"]).exists():
        return
    about = {"dispute": told["id"], "payment": str(payment.pk)}
    transitions.note(order, kind, STRIPE, **about, amount=told["amount"], reason=told.get("reason"))
    transitions.flag(order, transitions.DISPUTE, STRIPE, dispute=told["id"])
    refunds.note_losses(order, payment)
