"""Disputes: the merchant is alerted, and money that is lost in one is recorded as refunded."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from core.actors import STRIPE
from orders.payments import refunds
from orders.state import alerts, transitions
from orders.state.locking import lock_order_and_payment

MAX_KIND = 30  # characters of an event's kind


@transaction.atomic
def record_dispute(payment_id: UUID, dispute: Mapping[str, Any]) -> None:
    """Record each state of a dispute once; nothing is cancelled automatically."""
    order, payment = lock_order_and_payment(payment_id)
    kind = f"dispute_{dispute['status']}"[:MAX_KIND]
    if order.events.filter(kind=kind, data__dispute=dispute["id"]).exists():
        return
    data = {"dispute": dispute["id"], "payment": str(payment.pk), "amount": dispute["amount"], "reason": dispute.get("reason")}
    transitions.record_event(order, kind, STRIPE, **data)
    alerts.raise_alert(order, alerts.DISPUTE, STRIPE, dispute=dispute["id"])
    refunds.record_dispute_losses(order, payment)
