"""What is left of what is for sale, and what runs low."""

from typing import TypeVar

from django.db.models import F, Q, QuerySet

from core.counted_rows import CountedRows, first_rows
from products.models import Variant

Kind = TypeVar("Kind", bound=Variant)
LEFT = F("stock") - F("reserved")
IS_LOW = Q(stock__lte=F("reserved") + F("product__low_stock_threshold"))


def on_sale(variants: QuerySet[Kind]) -> QuerySet[Kind]:
    """Hold a set to what is for sale."""
    return variants.filter(is_active=True, deleted_at=None, product__is_active=True, product__deleted_at=None)


def low(variants: QuerySet[Kind]) -> QuerySet[Kind]:
    """Hold a set to what is at or under its product's threshold."""
    return variants.filter(IS_LOW)


def lowest(limit: int) -> CountedRows[Variant]:
    """Return what is for sale and runs low, with its products; least first."""
    found = low(on_sale(Variant.objects.select_related("product"))).order_by(LEFT.asc(), "sku")
    return first_rows(found, limit)
