"""What a refund's state means for its payment, its order and the people concerned."""

from core import money
from core.actors import Actor
from orders.models import Order, Payment, Refund
from orders.payments import dispute_losses, refund_lines
from orders.payments.provider_state import BALANCE_TOO_LOW
from orders.state import alerts, notifications, payment_states, refund_states, transitions

State = Refund.State
BY_BANK = "pay the buyer by bank transfer and record it with Refund"
DISPUTED = "accept or challenge the dispute at the payment provider, which pays the buyer back if you lose it"
STOPPED = "it was stopped at the payment provider: refund again, or pay by bank transfer"
# By failure code; for any other, the provider will never make the refund (https://docs.stripe.com/refunds#failed-refunds).
ADVICE = {
    **dict.fromkeys(BALANCE_TOO_LOW, "add funds to your balance at the payment provider and refund again"),
    **dict.fromkeys(("charge_disputed", "charge_for_pending_refund_disputed", "refund_disputed_payment"), DISPUTED),
    "charge_already_refunded": "the payment provider has refunded it before: use Check with the provider",
    "merchant_request": STOPPED,
}


def move(order: Order, payment: Payment, refund: Refund, to: str, actor: Actor, *, failure_code: str | None = None) -> None:
    """Change a locked refund's state, and apply the consequences. Raises InvalidTransition."""
    refund_states.move(refund, to, failure_code=refund.failure_code if failure_code is None else failure_code)
    _apply_state(order, payment, refund, actor)
    if refund.state in Refund.CLOSED_STATES:
        _raise_failure(order, refund, actor)


def correct_failure(order: Order, payment: Payment, refund: Refund, to: str, actor: Actor, *, failure_code: str) -> None:
    """Replace a failure that the shop only assumed with the state that the provider reports."""
    if to in Refund.COMMITTED_STATES:
        _withdraw_failure(order, refund, actor)
    refund_states.correct(refund, to, failure_code=failure_code)
    _apply_state(order, payment, refund, actor)


def _apply_state(order: Order, payment: Payment, refund: Refund, actor: Actor) -> None:
    payment_states.update_refunded(payment)
    dispute_losses.record_losses(order, payment)
    if refund.state in Refund.CLOSED_STATES:
        return
    transitions.record_event(order, f"refund_{refund.state}", actor, **_describe(order, refund))
    if refund.state == State.SUCCEEDED:
        alerts.resolve_late_payment(order, actor)
        amount = money.format_amount(refund.amount, order.currency)
        notifications.notify_customer(order, "refunded", about=str(refund.pk), amount=amount)


def _describe(order: Order, refund: Refund) -> dict[str, str]:
    amount = money.format_amount(refund.amount, order.currency)
    return {"refund": str(refund.pk), "amount": amount, "source": refund.source}


def _raise_failure(order: Order, refund: Refund, actor: Actor) -> None:
    """Count the units of a refund that failed as not refunded, and alert the merchant with what to do."""
    refund_lines.uncount_units(refund)
    advice = ADVICE.get(refund.failure_code, STOPPED if refund.state == State.CANCELLED else BY_BANK)
    reason = _describe(order, refund) | {"state": refund.state, "failure": refund.failure_code, "advice": advice}
    alerts.raise_alert(order, alerts.REFUND_FAILED, actor, **reason)


def _withdraw_failure(order: Order, refund: Refund, actor: Actor) -> None:
    """Count the units of a refund that the shop assumed to have failed, and resolve its alert unless another refund failed too."""
    refund_lines.recount_units(refund)
    failed = {event.data["refund"] for event in alerts.reasons(order, alerts.REFUND_FAILED)} - {str(refund.pk)}
    if not Refund.objects.filter(pk__in=failed, state__in=Refund.CLOSED_STATES).exists():
        alerts.resolve(order, alerts.REFUND_FAILED, actor)
