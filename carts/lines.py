"""Cart lines with their variants and products, read in one statement."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, NamedTuple
from uuid import UUID

from django.db import models
from django.db.models import Count, F, OuterRef, QuerySet, Subquery

from carts.models import CartItem
from core.compiled_queries import CompiledRows, CompiledSelect, Param
from core.markets import Market
from products.models import MarketPrice, Variant, variant_image
from products.slugs import REF_COLUMNS

_active_siblings = Variant.objects.filter(product=OuterRef("variant__product_id"), is_active=True, deleted_at=None).order_by()


class Line(NamedTuple):
    """A cart line with its variant and product; `price` is None if the market has no price."""

    id: int
    quantity: int
    price_at_addition: Decimal
    held: int
    created_at: datetime
    updated_at: datetime
    variant_id: int
    sku: Annotated[str, "variant__sku"]
    variant_name: Annotated[str, "variant__name"]
    weight_grams: Annotated[int | None, "variant__weight_grams"]
    stock: Annotated[int, "variant__stock"]
    reserved: Annotated[int, "variant__reserved"]
    variant_active: Annotated[bool, "variant__is_active"]
    variant_deleted: Annotated[datetime | None, "variant__deleted_at"]
    product_id: Annotated[int, "variant__product_id"]
    uuid: Annotated[UUID, "variant__product__uuid"]
    name: Annotated[str, "variant__product__name"]
    slug: Annotated[str, "variant__product__slug"]
    product_active: Annotated[bool, "variant__product__is_active"]
    product_deleted: Annotated[datetime | None, "variant__product__deleted_at"]
    threshold: Annotated[int, "variant__product__low_stock_threshold"]
    category_id: Annotated[int | None, "variant__product__category_id"]
    seller_id: Annotated[int | None, "variant__product__seller_id"]
    first_name: Annotated[str | None, "variant__product__seller__first_name"]
    last_name: Annotated[str | None, "variant__product__seller__last_name"]
    price: Decimal | None  # annotated by `_select_lines`, as is the next
    compare_at_price: Decimal | None
    image: Annotated[str | None, variant_image("variant")]
    variants_count: Annotated[int | None, Subquery(_active_siblings.values("product").annotate(n=Count("pk")).values("n"))]

    @property
    def is_available(self) -> bool:
        """Whether the variant is for sale in the cart's market, regardless of stock."""
        is_active = self.variant_active and self.product_active
        return is_active and self.variant_deleted is None and self.product_deleted is None and self.price is not None

    @property
    def available_units(self) -> int:
        """Units that this cart can order now, including those that its own open order has reserved."""
        return self.stock - self.reserved + self.held

    @property
    def is_short(self) -> bool:
        """Whether the line holds more units than are available."""
        return self.is_available and self.quantity > self.available_units

    def is_low_after(self, units: int) -> bool:
        """Return whether selling this many units takes the variant down to its low-stock threshold."""
        unreserved = self.stock - self.reserved
        return unreserved > self.threshold >= unreserved - units

    @property
    def is_reduced(self) -> bool:
        """Whether the variant's compare-at price is above its price."""
        return self.price is not None and self.compare_at_price is not None and self.compare_at_price > self.price

    @property
    def price_difference(self) -> Decimal:
        """The current price minus the price at addition; zero if the variant is no longer for sale."""
        return self.price - self.price_at_addition if self.is_available and self.price is not None else Decimal(0)

    @property
    def is_repriced(self) -> bool:
        """Whether the variant is for sale at another price than when it was added."""
        return self.price_difference != 0


def _select_lines(market: Market) -> QuerySet[CartItem]:
    """Return all lines with their `price` and `compare_at_price` in the market."""
    lines = CartItem.objects.order_by("id")
    if market.is_default:
        return lines.annotate(price=F("variant__price"), compare_at_price=F("variant__compare_at_price"))
    prices = MarketPrice.objects.filter(variant=OuterRef("variant_id"), market=market.code)
    price, compare_at_price = (Subquery(prices.values(column)[:1]) for column in ("price", "compare_at_price"))
    return lines.annotate(price=price, compare_at_price=compare_at_price)


@lru_cache(maxsize=32)
def build_cart_lines_query(market: Market) -> CompiledRows[Line]:
    """Return the statement that reads a cart's lines."""
    return CompiledRows(Line, lambda: _select_lines(market).filter(cart=Param("cart", models.BigIntegerField())))


def select_cart_variants() -> QuerySet[Variant, tuple[int]]:
    """Return the ids of the variants in the cart of a compiled query's param `cart`, in the order in which they are locked."""
    lines = CartItem.objects.filter(cart=Param("cart", models.BigIntegerField())).order_by()
    return Variant.objects.filter(pk__in=lines.values("variant")).order_by("pk").values_list("pk")


LOOKUP_COLUMNS = {
    **{kind: (f"variant__{column}", field) for kind, (column, field) in REF_COLUMNS.items()},
    "item": ("pk", models.BigIntegerField()),
    "variant": ("variant_id", models.BigIntegerField()),
}


@lru_cache(maxsize=64)
def build_line_lookup_query(market: Market, kind: str) -> CompiledRows[Line]:
    """Return the statement that finds a cart's lines by a key of LOOKUP_COLUMNS: by line, variant or product."""
    column, field = LOOKUP_COLUMNS[kind]
    condition = {"cart": Param("cart", models.BigIntegerField()), column: Param("value", field)}
    return CompiledRows(Line, lambda: _select_lines(market).filter(**condition))


COUNT_CART_LINES = CompiledSelect(
    lambda row: int(row[0]),
    lambda: (
        CartItem.objects.filter(cart=Param("cart", models.BigIntegerField())).order_by().values("cart").values_list(Count("pk"))
    ),
)
