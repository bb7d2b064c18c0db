"""Payments: states of orders, money captured and refunded, and disputes."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Prefetch, Q
from django.db.models.functions import Least

from core.actors import SYSTEM
from orders.integrity.problems import Problem, sum_units
from orders.models import Dispute, Order, OrderEvent, Payment, Refund
from orders.payments import dispute_losses, disputes
from orders.state import alerts, payment_states
from orders.state.locking import lock_order_and_payment

Status, StockState = Order.Status, Order.StockState
ALLOWED_STOCK_STATES = {
    Status.PENDING: (StockState.RESERVED,),
    Status.PROCESSING: (StockState.COMMITTED,),
    Status.SHIPPED: (StockState.COMMITTED,),
    Status.DELIVERED: (StockState.COMMITTED,),
    Status.RETURNED: (StockState.COMMITTED,),
    Status.CANCELLED: (StockState.RELEASED, StockState.NONE),
    Status.EXPIRED: (StockState.RELEASED, StockState.NONE),
}


def check_states() -> Iterator[Problem]:
    is_consistent = Q()
    for order_status, stock_states in ALLOWED_STOCK_STATES.items():
        is_consistent |= Q(status=order_status, stock_state__in=stock_states)
    mismatches = Order.objects.exclude(is_consistent).values_list("number", "status", "stock_state")
    for number, status, stock_state in mismatches.iterator():
        yield Problem(f"order {number}", f"is {status} while its stock is {stock_state}")
    paid = Order.objects.filter(payment_method=Order.Method.STRIPE, total__gt=0, status__in=(Status.PROCESSING, Status.SHIPPED))
    captured = Payment.objects.filter(order=OuterRef("pk"), state=Payment.State.SUCCEEDED)
    for number in paid.annotate(n=sum_units(captured, "order", "captured_minor")).filter(n=0).values_list("number", flat=True):
        yield Problem(f"order {number}", "is confirmed, but none of its payments has succeeded")


def check_money() -> Iterator[Problem]:
    refunds = Refund.objects.filter(payment=OuterRef("pk"))
    refunded = sum_units(refunds.filter(state__in=Refund.REFUNDED_STATES), "payment", "amount_minor")
    requested = sum_units(refunds.filter(state__in=Refund.COMMITTED_STATES), "payment", "amount_minor")
    payments = Payment.objects.annotate(refunded=refunded, requested=requested).select_related("order")
    mismatches = payments.filter(~Q(refunded_minor=F("refunded")) | Q(requested__gt=F("captured_minor")))
    for payment in mismatches.iterator():
        row: Any = payment  # with the annotations
        subject = f"order {payment.order.number}"
        if row.requested > payment.captured_minor and not payment.has_amount_mismatch:
            yield Problem(subject, f"refunds of {row.requested} requested, but only {payment.captured_minor} captured")
        if payment.refunded_minor != min(row.refunded, payment.captured_minor):
            message = f"{payment.refunded_minor} refunded, but its refunds add up to {row.refunded}"
            yield Problem(subject, message, is_derived=True)


def _list_disputed_payments() -> list[Payment]:
    """Return the payments with disputes, with all that `check_disputes` compares, in five statements."""
    kinds = OrderEvent.objects.filter(kind__in=(alerts.DISPUTE, alerts.RESOLVED_EVENT)).order_by("pk")
    events = Prefetch("order__events", kinds, to_attr="alert_events")
    disputed = Payment.objects.filter(pk__in=Dispute.objects.values("payment")).select_related("order").order_by("order", "pk")
    return list(disputed.prefetch_related("disputes", "refunds", events))


def check_disputes() -> Iterator[Problem]:
    """Compare disputes with what is recorded as lost in them, and with the alert."""
    payments = _list_disputed_payments()
    settled = {dispute.provider_id for payment in payments for dispute in payment.disputes.all() if dispute.is_settled}
    for payment in payments:
        refunds = list(payment.refunds.all())
        for dispute in payment.disputes.all():
            lost = dispute_losses.compute_loss(payment, dispute, refunds)
            recorded = dispute_losses.get_recorded_loss(dispute, refunds)
            if lost != recorded:
                message = f"{lost} lost in the dispute {dispute.provider_id}, but {recorded} recorded"
                yield Problem(f"order {payment.order.number}", message, is_derived=True)
        reasons = _list_open_reasons(payment.order)
        if reasons and reasons <= settled:
            yield Problem(f"order {payment.order.number}", "has an alert about disputes that are settled", is_derived=True)


def _list_open_reasons(order: Order) -> set[str]:
    """Return the disputes that have raised the order's alert since it was last resolved."""
    disputes: set[str] = set()
    events: list[OrderEvent] = order.alert_events  # type: ignore[attr-defined]  # prefetched by _list_disputed_payments
    for event in events:
        if event.kind == alerts.DISPUTE:
            disputes.add(event.data["dispute"])
        else:
            disputes = set() if event.data["code"] == alerts.DISPUTE else disputes
    return disputes


def settle_disputes() -> int:
    """Repair the mismatches of `check_disputes`; return their number."""
    mismatches = {problem.subject for problem in check_disputes()}
    for payment in _list_disputed_payments():
        if f"order {payment.order.number}" in mismatches:
            disputes.settle_payment(payment.pk, SYSTEM)
    return len(mismatches)


def fix_refunded() -> int:
    refunds = Refund.objects.filter(payment=OuterRef("pk"), state__in=Refund.REFUNDED_STATES)
    refunded = Least(sum_units(refunds, "payment", "amount_minor"), F("captured_minor"))
    mismatches = Payment.objects.annotate(refunded=refunded).exclude(refunded_minor=F("refunded"))
    payment_ids = list(mismatches.order_by("order", "pk").values_list("pk", flat=True))
    for payment_id in payment_ids:
        with transaction.atomic():
            _, payment = lock_order_and_payment(payment_id)
            payment_states.update_refunded(payment)
    return len(payment_ids)
