"""Integrity checks (law L9): recompute derived values and report mismatches."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Case, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least, Round

from carts import checkout
from core.actors import SYSTEM
from orders.models import Dispute, Order, OrderEvent, OrderItem, Payment, Refund
from orders.payments import dispute_losses, disputes
from orders.state import alerts, payment_states
from orders.state.locking import lock_order_and_payment
from products.models import StockMovement, Variant
from products.services import stock

Status, StockState = Order.Status, Order.StockState
ALLOWED_STOCK_STATES = {
    Status.PENDING: (StockState.RESERVED,),
    Status.PROCESSING: (StockState.COMMITTED,),
    Status.SHIPPED: (StockState.COMMITTED,),
    Status.DELIVERED: (StockState.COMMITTED,),
    Status.CANCELLED: (StockState.RELEASED, StockState.NONE),
    Status.EXPIRED: (StockState.RELEASED, StockState.NONE),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """A mismatch. `is_derived` tells whether `fix_derived_values` can repair it."""

    subject: str
    message: str
    is_derived: bool = False

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}"


def find_problems() -> Iterator[Problem]:
    """Yield every mismatch. The number of statements does not depend on the number of rows."""
    yield from _check_stock()
    yield from _check_reserved()
    yield from _check_totals()
    yield from _check_states()
    yield from _check_sales()
    yield from _check_money()
    yield from _check_disputes()
    yield from (
        Problem(f"cart {cart}", "holds units for an order that is not open", is_derived=True)
        for cart in _find_carts_with_stale_holds()
    )


def _subquery_sum(rows: Any, key: str, value: str | Combinable) -> Coalesce:
    sums = rows.order_by().values(key).annotate(n=Sum(value)).values("n")
    return Coalesce(Subquery(sums, output_field=BigIntegerField()), Value(0), output_field=BigIntegerField())


def _check_stock() -> Iterator[Problem]:
    moved = _subquery_sum(StockMovement.objects.filter(variant=OuterRef("pk")), "variant", "delta")
    mismatches = Variant.objects.annotate(moved=moved).exclude(stock=F("moved")).values_list("sku", "stock", "moved")
    for sku, on_hand, movements in mismatches.iterator():
        yield Problem(f"SKU {sku}", f"{on_hand} on hand, but its movements add up to {movements}")


def _sum_reserved() -> Coalesce:
    return _subquery_sum(
        OrderItem.objects.filter(variant=OuterRef("pk"), order__stock_state=StockState.RESERVED), "variant", "quantity"
    )


def _list_wrongly_reserved() -> QuerySet[Any]:
    """Return the variants whose reserved units differ from `held`; only those that have or should have some are added up."""
    expected = OrderItem.objects.filter(order__stock_state=StockState.RESERVED).order_by().values("variant")
    variants = Variant.objects.filter(Q(reserved__gt=0) | Q(pk__in=expected))
    return variants.annotate(held=_sum_reserved()).exclude(reserved=F("held"))


def _check_reserved() -> Iterator[Problem]:
    mismatches = _list_wrongly_reserved()
    for sku, reserved, held in mismatches.values_list("sku", "reserved", "held").iterator():
        yield Problem(f"SKU {sku}", f"{reserved} reserved, but open orders hold {held}", is_derived=True)


def _check_totals() -> Iterator[Problem]:
    lines = OrderItem.objects.exclude(line_total=_rounded(F("unit_price") * F("quantity"))).values_list("order__number", "sku")
    for number, sku in lines.iterator():
        yield Problem(f"order {number}", f"the line total of {sku} is not its price times its quantity")
    of_order = OrderItem.objects.filter(order=OuterRef("pk")).order_by().values("order")
    total = _rounded(F("subtotal") - F("discount_total") + F("shipping_total"))
    orders = Order.objects.annotate(lines=Subquery(of_order.annotate(n=_rounded(Sum("line_total"))).values("n")))
    mismatches = orders.filter(~Q(subtotal=F("lines")) | ~Q(total=total))
    for number in mismatches.values_list("number", flat=True).iterator():
        yield Problem(f"order {number}", "its lines, subtotal and total do not add up")


def _rounded(amount: Combinable) -> Round:
    """Round an amount to the precision of the column, because SQLite computes with floating-point numbers."""
    return Round(amount, precision=3)


def _check_states() -> Iterator[Problem]:
    is_consistent = Q()
    for order_status, stock_states in ALLOWED_STOCK_STATES.items():
        is_consistent |= Q(status=order_status, stock_state__in=stock_states)
    mismatches = Order.objects.exclude(is_consistent).values_list("number", "status", "stock_state")
    for number, status, stock_state in mismatches.iterator():
        yield Problem(f"order {number}", f"is {status} while its stock is {stock_state}")
    paid = Order.objects.filter(payment_method=Order.Method.STRIPE, total__gt=0, status__in=(Status.PROCESSING, Status.SHIPPED))
    captured = Payment.objects.filter(order=OuterRef("pk"), state=Payment.State.SUCCEEDED)
    for number in paid.annotate(n=_subquery_sum(captured, "order", "captured_minor")).filter(n=0).values_list("number", flat=True):
        yield Problem(f"order {number}", "is confirmed, but none of its payments has succeeded")


def _check_sales() -> Iterator[Problem]:
    """Compare the stock movements of each order with the units sold and restocked."""
    # Without the exclusion, which every number fulfils, PostgreSQL would not use the index of the references that are not empty.
    movements = StockMovement.objects.filter(reference=OuterRef("number")).exclude(reference="")
    moved = _subquery_sum(movements, "reference", "delta")
    lines = OrderItem.objects.filter(order=OuterRef("pk")).exclude(variant=None)
    taken = Case(  # a cancelled order keeps only the units that were refunded without restocking
        When(stock_state=StockState.COMMITTED, then=_subquery_sum(lines, "order", F("quantity") - F("restocked_quantity"))),
        default=_subquery_sum(lines, "order", F("refunded_quantity") - F("restocked_quantity")),
        output_field=BigIntegerField(),
    )
    mismatches = Order.objects.annotate(moved=moved, taken=taken).exclude(moved=-F("taken"))
    for number, delta, units in mismatches.values_list("number", "moved", "taken").iterator():
        yield Problem(f"order {number}", f"took {units} unit(s), but its stock movements add up to {delta}")


def _check_money() -> Iterator[Problem]:
    refunds = Refund.objects.filter(payment=OuterRef("pk"))
    refunded = _subquery_sum(refunds.filter(state__in=Refund.REFUNDED_STATES), "payment", "amount_minor")
    requested = _subquery_sum(refunds.filter(state__in=Refund.COMMITTED_STATES), "payment", "amount_minor")
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
    """Return the payments with disputes, with all that `_check_disputes` compares, in five statements."""
    kinds = OrderEvent.objects.filter(kind__in=(alerts.DISPUTE, alerts.RESOLVED_EVENT)).order_by("pk")
    events = Prefetch("order__events", kinds, to_attr="alert_events")
    disputed = Payment.objects.filter(pk__in=Dispute.objects.values("payment")).select_related("order").order_by("order", "pk")
    return list(disputed.prefetch_related("disputes", "refunds", events))


def _check_disputes() -> Iterator[Problem]:
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


def _find_carts_with_stale_holds(cart_id: int | None = None) -> list[int]:
    """Return the carts, or this one, that hold units for no pending order."""
    pending = Order.objects.filter(status=Status.PENDING, cart__isnull=False)
    merged = pending.filter(cart__merged_into__isnull=False)
    return checkout.find_carts_with_holds(pending.values("cart"), merged.values("cart__merged_into"), cart_id=cart_id)


def fix_derived_values() -> int:
    """Recompute units held by carts, money lost in disputes, refunded money and reserved units. Return the number of corrections.

    Each cart and each order is corrected in a transaction of its own, so that none holds the rows of two.
    """
    return _clear_stale_holds() + _settle_disputes() + _fix_refunded() + _fix_reserved()


def _clear_stale_holds() -> int:
    cleared = 0
    for cart_id in _find_carts_with_stale_holds():
        with transaction.atomic():
            checkout.lock_cart(cart_id)
            if _find_carts_with_stale_holds(cart_id):  # an order may have been placed in the meantime
                checkout.clear_holds(cart_id)
                cleared += 1
    return cleared


def _settle_disputes() -> int:
    """Repair the mismatches of `_check_disputes`; return their number."""
    mismatches = {problem.subject for problem in _check_disputes()}
    for payment in _list_disputed_payments():
        if f"order {payment.order.number}" in mismatches:
            disputes.settle_payment(payment.pk, SYSTEM)
    return len(mismatches)


def _fix_refunded() -> int:
    refunds = Refund.objects.filter(payment=OuterRef("pk"), state__in=Refund.REFUNDED_STATES)
    refunded = Least(_subquery_sum(refunds, "payment", "amount_minor"), F("captured_minor"))
    mismatches = Payment.objects.annotate(refunded=refunded).exclude(refunded_minor=F("refunded"))
    payment_ids = list(mismatches.order_by("order", "pk").values_list("pk", flat=True))
    for payment_id in payment_ids:
        with transaction.atomic():
            _, payment = lock_order_and_payment(payment_id)
            payment_states.update_refunded(payment)
    return len(payment_ids)


@transaction.atomic
def _fix_reserved() -> int:
    mismatches = _list_wrongly_reserved()
    stock.lock_variants(list(mismatches.values_list("pk", flat=True)))
    rows = list(mismatches.values_list("pk", "held"))
    return sum(Variant.objects.filter(pk=pk, stock__gte=held).update(reserved=held) for pk, held in rows)
