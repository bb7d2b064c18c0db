"""Disputes: the merchant is alerted until they are settled, and money that is lost in one is recorded as refunded.

One that the provider prevented needs no answer, but the money went back: that is the alert of a refund outside the shop.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from core.actors import STRIPE, Actor
from orders.models import Dispute, Order, Payment
from orders.payments import dispute_losses
from orders.payments.provider_state import ProviderDispute
from orders.state import alerts, transitions
from orders.state.locking import lock_order_and_payment

MAX_KIND = 30  # characters of an event's kind
NO_REASON = {  # disputes that are no reason for an alert
    alerts.DISPUTE: Q(status__in=Dispute.SETTLED_STATUSES),
    alerts.EXTERNAL_REFUND: ~Q(status=Dispute.PREVENTED),
}


@transaction.atomic
def record_dispute(payment_id: UUID, reported: ProviderDispute) -> None:
    """Bring a dispute to its latest reported state, in whatever order the reports arrive; nothing is cancelled automatically."""
    order, payment = lock_order_and_payment(payment_id)
    dispute = Dispute.objects.filter(provider_id=reported.id).first()
    _record_in_history(order, payment, reported)
    if dispute is None or _is_newer(reported, dispute):
        previous_status = dispute.status if dispute is not None else ""
        dispute = _store(payment, reported)
        if dispute.status != previous_status:
            _update_alerts(order, payment, dispute, previous_status)
    dispute_losses.record_losses(order, payment)


def _update_alerts(order: Order, payment: Payment, dispute: Dispute, previous_status: str) -> None:
    """Raise and resolve alerts for a new status; `record_losses` raises the one about returned money in the books' currency."""
    if dispute.is_settled:
        _settle_alert(order, alerts.DISPUTE, STRIPE)
    else:
        alerts.raise_alert(order, alerts.DISPUTE, STRIPE, dispute=dispute.provider_id)
    if previous_status == Dispute.PREVENTED:
        _settle_alert(order, alerts.EXTERNAL_REFUND, STRIPE)
    if dispute.status == Dispute.PREVENTED and dispute.currency != payment.currency:
        dispute_losses.raise_return_alert(order, dispute)


def _is_newer(reported: ProviderDispute, dispute: Dispute) -> bool:
    """Return whether a report is later than the stored state; of one second, the state further in the course of a dispute is."""
    return _sort_key(reported.reported_at, reported.status, reported.amount) > _sort_key(
        dispute.reported_at, dispute.status, dispute.amount_minor
    )


def _sort_key(reported_at: datetime, status: str, amount: int) -> tuple[datetime, int, int]:
    known = status if status in Dispute.STATUS_ORDER else ""
    return reported_at, Dispute.STATUS_ORDER.index(known), amount


def _store(payment: Payment, reported: ProviderDispute) -> Dispute:
    values = {
        "payment": payment,
        "status": reported.status[:60],
        "amount_minor": reported.amount,
        "currency": reported.currency[:3],
        "reason": reported.reason[:100],
        "reported_at": reported.reported_at,
    }
    return Dispute.objects.update_or_create(provider_id=reported.id, defaults=values)[0]


def _record_in_history(order: Order, payment: Payment, reported: ProviderDispute) -> None:
    """Record each status of a dispute, with each of its amounts, once."""
    kind = f"{alerts.DISPUTE_STATUS_EVENT}{reported.status}"[:MAX_KIND]
    if order.events.filter(kind=kind, data__dispute=reported.id, data__amount=reported.amount).exists():
        return
    data = {"dispute": reported.id, "payment": str(payment.pk), "amount": reported.amount, "reason": reported.reason}
    transitions.record_event(order, kind, STRIPE, **data, currency=reported.currency)


def _settle_alert(order: Order, code: str, actor: Actor) -> None:
    """Resolve an alert of a locked order if nothing but disputes has raised it, and none of them is a reason any more."""
    disputes = {event.data.get("dispute") for event in alerts.reasons(order, code)}
    settled = Dispute.objects.filter(NO_REASON[code], provider_id__in=disputes - {None})
    if settled.count() == len(disputes):
        alerts.resolve(order, code, actor)


@transaction.atomic
def settle_payment(payment_id: UUID, actor: Actor) -> None:
    """Bring losses and alerts to the stored states of a payment's disputes."""
    order, payment = lock_order_and_payment(payment_id)
    dispute_losses.record_losses(order, payment)
    for code in NO_REASON:
        _settle_alert(order, code, actor)
