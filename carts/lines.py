"""The lines of a cart as the database gives them, in one statement, whatever their number."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.db import models
from django.db.models import Count, F, OuterRef, QuerySet, Subquery

from carts.models import CartItem
from core.compiled_queries import CompiledSelect, Param
from core.markets import Market
from products.models import MarketPrice, Variant, primary_image
from products.slugs import REFERENCES


class Line(NamedTuple):
    """A line with its variant and product; `price` is None where the market has none."""

    id: int
    quantity: int
    price_at_addition: Decimal
    held: int
    created_at: datetime
    updated_at: datetime
    variant_id: int
    sku: str
    variant_name: str
    stock: int
    reserved: int
    variant_active: bool
    variant_deleted: datetime | None
    product_id: int
    uuid: UUID
    name: str
    slug: str
    product_active: bool
    product_deleted: datetime | None
    threshold: int
    seller_id: int | None
    first_name: str | None
    last_name: str | None
    price: Decimal | None
    image: str | None
    variants_count: int | None

    @property
    def is_available(self) -> bool:
        """Whether it is for sale in the cart's market; stock does not enter."""
        on = self.variant_active and self.product_active
        return on and self.variant_deleted is None and self.product_deleted is None and self.price is not None

    @property
    def obtainable(self) -> int:
        """Units that this cart could order now: what is left, and what its own open order holds."""
        return self.stock - self.reserved + self.held

    @property
    def is_short(self) -> bool:
        """Whether fewer units can be had than the line holds."""
        return self.is_available and self.quantity > self.obtainable

    def is_low_after(self, units: int) -> bool:
        """Say whether the variant runs low by a sale of so many units."""
        left = self.stock - self.reserved
        return left > self.threshold >= left - units

    @property
    def price_difference(self) -> Decimal:
        """Today's price less the one at addition; none where it is not for sale any more."""
        return self.price - self.price_at_addition if self.is_available and self.price is not None else Decimal(0)

    @property
    def is_repriced(self) -> bool:
        """Whether the price of what is still for sale is not what it was when the line was put in."""
        return self.price_difference != 0


def line_rows(market: Market) -> QuerySet[Any, Any]:
    """Return all lines, in the columns of Line."""
    others = MarketPrice.objects.filter(variant=OuterRef("variant_id"), market=market.code)
    siblings = Variant.objects.filter(product=OuterRef("variant__product_id"), is_active=True, deleted_at=None).order_by()
    return CartItem.objects.order_by("id").values_list(
        *("id", "quantity", "price_at_addition", "held", "created_at", "updated_at"),
        *("variant_id", "variant__sku", "variant__name", "variant__stock", "variant__reserved"),
        *("variant__is_active", "variant__deleted_at", "variant__product_id", "variant__product__uuid"),
        *("variant__product__name", "variant__product__slug", "variant__product__is_active"),
        *("variant__product__deleted_at", "variant__product__low_stock_threshold", "variant__product__seller_id"),
        *("variant__product__seller__first_name", "variant__product__seller__last_name"),
        F("variant__price") if market.is_default else Subquery(others.values("price")[:1]),
        primary_image("variant__product_id"),
        Subquery(siblings.values("product").annotate(n=Count("pk")).values("n")),
    )


@lru_cache(maxsize=32)
def of_cart(market: Market) -> CompiledSelect[Line]:
    """Return the statement of a cart's lines."""
    return CompiledSelect(Line._make, lambda: line_rows(market).filter(cart=Param("cart", models.BigIntegerField())))


def _variants_of_cart() -> QuerySet[Any, Any]:
    held = CartItem.objects.filter(cart=Param("cart", models.BigIntegerField())).order_by()
    return Variant.objects.filter(pk__in=held.values("variant")).order_by("pk").values_list("pk")


# The first step of an order. Lines are read in a statement of their own afterwards: one that had to wait for a lock would show
# the locked rows as they are now and all others, such as prices of a market, as they were when it began.
LOCK_VARIANTS = CompiledSelect(lambda row: int(row[0]), _variants_of_cart, locks=Variant)


WHICH = {
    **{kind: (f"variant__{column}", field) for kind, (column, field) in REFERENCES.items()},
    "item": ("pk", models.BigIntegerField()),
    "variant": ("variant_id", models.BigIntegerField()),
}


@lru_cache(maxsize=64)
def named(market: Market, which: str) -> CompiledSelect[Line]:
    """Return the statement of a cart's lines that are named by their id, their variant, or their product's id, uuid or slug."""
    column, field = WHICH[which]
    condition = {"cart": Param("cart", models.BigIntegerField()), column: Param("value", field)}
    return CompiledSelect(Line._make, lambda: line_rows(market).filter(**condition))


COUNT = CompiledSelect(
    lambda row: int(row[0]),
    lambda: (
        CartItem.objects.filter(cart=Param("cart", models.BigIntegerField())).order_by().values("cart").values_list(Count("pk"))
    ),
)
