"""Amounts: what lines, discounts, fees, taxes and totals add up to."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from orders.integrity.problems import Problem, round_amount, sum_amounts
from orders.models import Order, OrderAdjustment, OrderItem
from orders.models.order import ADDS_UP

Kind, On = OrderAdjustment.Kind, OrderAdjustment.On
LINES = OrderItem.objects.filter(order=OuterRef("pk"))
ROWS = OrderAdjustment.objects.filter(order=OuterRef("pk"))


def check_totals() -> Iterator[Problem]:
    """Compare each line with its price, and each order with its lines and with the parts of its total."""
    lines = OrderItem.objects.exclude(line_total=round_amount(F("unit_price") * F("quantity")))
    for number, sku in lines.values_list("order__number", "sku").iterator():
        yield Problem(f"order {number}", f"the line total of {sku} is not its price times its quantity")
    orders = Order.objects.annotate(lines=sum_amounts(LINES, "order", "line_total"))
    yield from _report(orders.filter(~Q(subtotal=F("lines")) | ~ADDS_UP), "its lines, subtotal and total do not add up")


def check_discounts() -> Iterator[Problem]:
    """Compare what was taken off with the discounts that say so: on the lines, and on shipping."""
    discounts = ROWS.filter(kind=Kind.DISCOUNT)
    orders = Order.objects.filter(Q(discount_total__gt=0) | Exists(discounts) | Exists(LINES.filter(discount_total__gt=0)))
    orders = orders.annotate(
        discounts=sum_amounts(discounts, "order", "amount"),
        of_shipping=sum_amounts(discounts.filter(on=On.SHIPPING), "order", "amount"),
        of_lines=sum_amounts(LINES, "order", "discount_total"),
    )
    adds_up = Q(discounts=F("discount_total"), discount_total=round_amount(F("of_lines") + F("of_shipping")))
    yield from _report(orders.exclude(adds_up), "its discounts do not add up to what was taken off")


def check_fees() -> Iterator[Problem]:
    """Compare the fees of each order with their sum."""
    fees = ROWS.filter(kind=Kind.FEE)
    orders = Order.objects.filter(Q(fee_total__gt=0) | Exists(fees)).annotate(fees=sum_amounts(fees, "order", "amount"))
    yield from _report(orders.exclude(fees=F("fee_total")), "its fees do not add up")


def check_taxes() -> Iterator[Problem]:
    """Compare the taxes of each order with their sum and with its lines.

    Orders from before taxes had rows have none, or one without a rate and none on their lines.
    """
    taxes = ROWS.filter(kind=Kind.TAX)
    orders = Order.objects.filter(Exists(taxes)).annotate(
        taxes=sum_amounts(taxes, "order", "amount"),
        on_items=sum_amounts(taxes.filter(on=On.ITEMS, rate__isnull=False), "order", "amount"),
        of_lines=sum_amounts(LINES, "order", "tax_total"),
    )
    yield from _report(orders.exclude(taxes=F("tax_total"), on_items=F("of_lines")), "its taxes do not add up")


def _report(orders: QuerySet[Order], message: str) -> Iterator[Problem]:
    for number in orders.values_list("number", flat=True).iterator():
        yield Problem(f"order {number}", message)
