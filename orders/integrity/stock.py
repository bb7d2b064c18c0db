"""Stock: units on hand, reserved, sold and held by carts."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Case, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce

from carts import checkout
from orders.integrity.problems import Problem, sum_units
from orders.models import Order, OrderItem
from products.models import StockMovement, Variant
from products.services import stock

Status, StockState = Order.Status, Order.StockState


def check_stock() -> Iterator[Problem]:
    moved = sum_units(StockMovement.objects.filter(variant=OuterRef("pk")), "variant", "delta")
    mismatches = Variant.objects.annotate(moved=moved).exclude(stock=F("moved")).values_list("sku", "stock", "moved")
    for sku, on_hand, movements in mismatches.iterator():
        yield Problem(f"SKU {sku}", f"{on_hand} on hand, but its movements add up to {movements}")


def _sum_reserved() -> Coalesce:
    return sum_units(
        OrderItem.objects.filter(variant=OuterRef("pk"), order__stock_state=StockState.RESERVED), "variant", "quantity"
    )


def _list_wrongly_reserved() -> QuerySet[Any]:
    """Return the variants whose reserved units differ from `held`; only those that have or should have some are added up."""
    expected = OrderItem.objects.filter(order__stock_state=StockState.RESERVED).order_by().values("variant")
    variants = Variant.objects.filter(Q(reserved__gt=0) | Q(pk__in=expected))
    return variants.annotate(held=_sum_reserved()).exclude(reserved=F("held"))


def check_reserved() -> Iterator[Problem]:
    mismatches = _list_wrongly_reserved()
    for sku, reserved, held in mismatches.values_list("sku", "reserved", "held").iterator():
        yield Problem(f"SKU {sku}", f"{reserved} reserved, but open orders hold {held}", is_derived=True)


def check_sales() -> Iterator[Problem]:
    """Compare the stock movements of each order with the units sold and restocked."""
    # Without the exclusion, which every number fulfils, PostgreSQL would not use the index of the references that are not empty.
    movements = StockMovement.objects.filter(reference=OuterRef("number")).exclude(reference="")
    moved = sum_units(movements, "reference", "delta")
    lines = OrderItem.objects.filter(order=OuterRef("pk")).exclude(variant=None)
    taken = Case(  # a cancelled order keeps only the units that were refunded without restocking
        When(stock_state=StockState.COMMITTED, then=sum_units(lines, "order", F("quantity") - F("restocked_quantity"))),
        default=sum_units(lines, "order", F("refunded_quantity") - F("restocked_quantity")),
        output_field=BigIntegerField(),
    )
    mismatches = Order.objects.annotate(moved=moved, taken=taken).exclude(moved=-F("taken"))
    for number, delta, units in mismatches.values_list("number", "moved", "taken").iterator():
        yield Problem(f"order {number}", f"took {units} unit(s), but its stock movements add up to {delta}")


def check_holds() -> Iterator[Problem]:
    """Find carts that hold units without a pending order."""
    for cart in _find_carts_with_stale_holds():
        yield Problem(f"cart {cart}", "holds units for an order that is not open", is_derived=True)


def _find_carts_with_stale_holds(cart_id: int | None = None) -> list[int]:
    """Return the carts, or this one, that hold units for no pending order."""
    pending = Order.objects.filter(status=Status.PENDING, cart__isnull=False)
    merged = pending.filter(cart__merged_into__isnull=False)
    return checkout.find_carts_with_holds(pending.values("cart"), merged.values("cart__merged_into"), cart_id=cart_id)


def clear_stale_holds() -> int:
    cleared = 0
    for cart_id in _find_carts_with_stale_holds():
        with transaction.atomic():
            checkout.lock_cart(cart_id)
            if _find_carts_with_stale_holds(cart_id):  # an order may have been placed in the meantime
                checkout.clear_holds(cart_id)
                cleared += 1
    return cleared


@transaction.atomic
def fix_reserved() -> int:
    mismatches = _list_wrongly_reserved()
    stock.lock_variants(list(mismatches.values_list("pk", flat=True)))
    rows = list(mismatches.values_list("pk", "held"))
    return sum(Variant.objects.filter(pk=pk, stock__gte=held).update(reserved=held) for pk, held in rows)
