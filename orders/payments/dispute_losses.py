"""Money that is lost in disputes, recorded as refunds that the shop did not request.

Money that the provider returned to prevent a dispute went back like a refund made in its dashboard: it raises the same alert.
"""

from collections.abc import Iterable

from core import money
from core.actors import STRIPE
from orders import minor_units
from orders.models import Dispute, Order, Payment, Refund
from orders.state import alerts, payment_states, refund_states, transitions

State = Refund.State
LOST_IN_DISPUTE = "lost in a dispute"
REASONS = {"lost": LOST_IN_DISPUTE, Dispute.PREVENTED: "returned to prevent a dispute"}


def record_losses(order: Order, payment: Payment) -> None:
    """Bring what is recorded as lost in each dispute of a payment to its latest state; order and payment are locked."""
    for dispute in payment.disputes.order_by("pk"):
        refunds = list(payment.refunds.all())
        lost = compute_loss(payment, dispute, refunds)
        recorded = [(loss.amount_minor, loss.reason) for loss in _list_losses(dispute, refunds)]
        if recorded != ([(lost, REASONS[dispute.status])] if lost else []):
            _record_loss(order, payment, dispute, lost)


def compute_loss(payment: Payment, dispute: Dispute, refunds: Iterable[Refund]) -> int:
    """Return what is lost in a dispute, in minor units: no more than what was captured and not refunded otherwise.

    A dispute in another currency is left out, since the books hold the currency of the order.
    """
    if dispute.status not in Dispute.LOST_STATUSES or dispute.currency != payment.currency:
        return 0
    others = (refund for refund in refunds if refund.provider_id != dispute.provider_id)
    refunded = sum(refund.amount_minor for refund in others if refund.state in Refund.COMMITTED_STATES)
    return max(min(dispute.amount_minor, payment.captured_minor - refunded), 0)


def get_recorded_loss(dispute: Dispute, refunds: Iterable[Refund]) -> int:
    """Return what is recorded as lost in a dispute, in minor units."""
    return sum(loss.amount_minor for loss in _list_losses(dispute, refunds))


def _list_losses(dispute: Dispute, refunds: Iterable[Refund]) -> list[Refund]:
    losses = (refund for refund in refunds if refund.provider_id == dispute.provider_id)
    return [loss for loss in losses if loss.state in Refund.COMMITTED_STATES]


def _record_loss(order: Order, payment: Payment, dispute: Dispute, lost: int) -> None:
    recorded = payment.refunds.filter(provider_id=dispute.provider_id)
    if lost:
        values = {
            "amount": minor_units.to_major(lost, payment.provider, payment.currency),
            "amount_minor": lost,
            "reason": REASONS[dispute.status],
        }
        loss = recorded.first() or payment.refunds.create(provider_id=dispute.provider_id, source=Refund.Source.EXTERNAL, **values)
        refund_states.correct(loss, State.SUCCEEDED, **values)
    else:  # the money came back
        loss = recorded.get()
        refund_states.correct(loss, State.CANCELLED)
    payment_states.update_refunded(payment)
    amount = money.format_amount(loss.amount, order.currency)
    transitions.record_event(order, f"refund_{loss.state}", STRIPE, refund=str(loss.pk), amount=amount, source=loss.source)
    alerts.resolve_late_payment(order, STRIPE)
    if lost and dispute.status == Dispute.PREVENTED:
        raise_return_alert(order, dispute)


def raise_return_alert(order: Order, dispute: Dispute) -> None:
    """Alert the merchant to money that went back without the shop, while the goods may still be sent."""
    alerts.raise_alert(order, alerts.EXTERNAL_REFUND, STRIPE, dispute=dispute.provider_id)
