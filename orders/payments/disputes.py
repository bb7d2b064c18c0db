"""Disputes: the merchant is alerted until they are settled, and money that is lost in one is recorded as refunded."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.actors import STRIPE, Actor
from orders.models import Dispute, Order, Payment
from orders.payments import dispute_losses
from orders.payments.provider_state import ProviderDispute
from orders.state import alerts, transitions
from orders.state.locking import lock_order_and_payment

MAX_KIND = 30  # characters of an event's kind


@transaction.atomic
def record_dispute(payment_id: UUID, reported: ProviderDispute) -> None:
    """Bring a dispute to its latest reported state, in whatever order the reports arrive; nothing is cancelled automatically."""
    order, payment = lock_order_and_payment(payment_id)
    dispute = Dispute.objects.filter(provider_id=reported.id).first()
    _record_in_history(order, payment, reported)
    if dispute is None or _is_newer(reported, dispute):
        has_new_status = dispute is None or dispute.status != reported.status
        _store(payment, reported)
        is_settled = reported.status in Dispute.SETTLED_STATUSES
        if has_new_status and (dispute is None or not is_settled):
            alerts.raise_alert(order, alerts.DISPUTE, STRIPE, dispute=reported.id)
        if is_settled:
            settle_alert(order, STRIPE)
    dispute_losses.record_losses(order, payment)


def _is_newer(reported: ProviderDispute, dispute: Dispute) -> bool:
    """Return whether a report is later than the stored state; of one second, the state further in the course of a dispute is."""
    return _sort_key(reported.reported_at, reported.status, reported.amount) > _sort_key(
        dispute.reported_at, dispute.status, dispute.amount_minor
    )


def _sort_key(reported_at: datetime, status: str, amount: int) -> tuple[datetime, int, int]:
    known = status if status in Dispute.STATUS_ORDER else ""
    return reported_at, Dispute.STATUS_ORDER.index(known), amount


def _store(payment: Payment, reported: ProviderDispute) -> None:
    values = {
        "payment": payment,
        "status": reported.status[:60],
        "amount_minor": reported.amount,
        "currency": reported.currency[:3],
        "reason": reported.reason[:100],
        "reported_at": reported.reported_at,
    }
    Dispute.objects.update_or_create(provider_id=reported.id, defaults=values)


def _record_in_history(order: Order, payment: Payment, reported: ProviderDispute) -> None:
    """Record each status of a dispute, with each of its amounts, once."""
    kind = f"dispute_{reported.status}"[:MAX_KIND]
    if order.events.filter(kind=kind, data__dispute=reported.id, data__amount=reported.amount).exists():
        return
    data = {"dispute": reported.id, "payment": str(payment.pk), "amount": reported.amount, "reason": reported.reason}
    transitions.record_event(order, kind, STRIPE, **data, currency=reported.currency)


def settle_alert(order: Order, actor: Actor) -> None:
    """Resolve the alert of a locked order if all disputes that have raised it are settled."""
    disputes = {event.data["dispute"] for event in alerts.reasons(order, alerts.DISPUTE)}
    settled = Dispute.objects.filter(provider_id__in=disputes, status__in=Dispute.SETTLED_STATUSES)
    if settled.count() == len(disputes):
        alerts.resolve(order, alerts.DISPUTE, actor)


@transaction.atomic
def settle_payment(payment_id: UUID, actor: Actor) -> None:
    """Bring losses and alert to the stored states of a payment's disputes."""
    order, payment = lock_order_and_payment(payment_id)
    dispute_losses.record_losses(order, payment)
    settle_alert(order, actor)
