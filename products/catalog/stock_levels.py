"""Available units of the variants for sale, and which of them run low."""

from typing import TypeVar

from django.db.models import Count, F, Q, QuerySet

from core.counted_rows import CountedRows, fetch_first_rows
from products.models import Variant

VariantT = TypeVar("VariantT", bound=Variant)
AVAILABLE = F("stock") - F("reserved")
IS_SOLD_OUT = Q(stock__lte=F("reserved"))
IS_LOW = Q(stock__lte=F("reserved") + F("product__low_stock_threshold"))


def filter_on_sale(variants: QuerySet[VariantT]) -> QuerySet[VariantT]:
    """Restrict variants to those for sale."""
    return variants.filter(is_active=True, deleted_at=None, product__is_active=True, product__deleted_at=None)


def filter_low(variants: QuerySet[VariantT]) -> QuerySet[VariantT]:
    """Restrict variants to those at or below their product's threshold."""
    return variants.filter(IS_LOW)


def filter_sold_out(variants: QuerySet[VariantT]) -> QuerySet[VariantT]:
    """Restrict variants to those of which no unit can be bought."""
    return variants.filter(IS_SOLD_OUT)


def count_low_stock() -> tuple[int, int]:
    """Return how many of the variants for sale run low, and how many of these are sold out; one statement."""
    counts = filter_low(filter_on_sale(Variant.objects.order_by())).aggregate(
        low=Count("pk"), sold_out=Count("pk", filter=IS_SOLD_OUT)
    )
    return counts["low"], counts["sold_out"]


def get_low_stock(limit: int) -> CountedRows[Variant]:
    """Return the variants for sale that run low, with their products, fewest units first."""
    variants = filter_low(filter_on_sale(Variant.objects.select_related("product"))).order_by(AVAILABLE.asc(), "sku")
    return fetch_first_rows(variants, limit)
