"""The variant that a shopper means, with what it costs him and how many are left; one statement."""

from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import models
from django.db.models import QuerySet

from core.compiled_queries import CompiledSelect, Param
from core.markets import Market
from products.exceptions import ProductNotFound, VariantNeeded
from products.models import Variant
from products.slugs import REFERENCES, product_ref

BY = {**REFERENCES, "variant": ("id", models.BigIntegerField())}


class Offer(NamedTuple):
    """A variant that can be bought in a market; stock does not enter."""

    id: int
    product_id: int
    product_name: str
    seller_id: int | None
    price: Decimal
    available: int


class OfferRow(NamedTuple):
    """An offer as the database gives it."""

    id: int
    product_id: int
    product_name: str
    seller_id: int | None
    price: Decimal
    stock: int
    reserved: int


@lru_cache(maxsize=64)
def _offers(market: Market, kind: str) -> CompiledSelect[OfferRow]:
    column, field = BY[kind]

    def build() -> QuerySet[Any, Any]:
        offered = Variant.objects.offered_in(market).filter(**{column: Param("value", field)})
        return offered.order_by("position", "id").values_list(
            *("id", "product_id", "product__name", "product__seller_id", "market_price", "stock", "reserved")
        )

    return CompiledSelect(OfferRow._make, build)


def find(market: Market, *, product: str | int | None = None, variant: int | None = None) -> Offer:
    """Return the variant named by its id, or a product's only one.

    Raises ProductNotFound; VariantNeeded where the product has several and none is named. A variant of another product than
    the one that is named beside it is not found.
    """
    kind, value = product_ref(product) if product is not None else ("variant", variant)
    rows = _offers(market, kind).rows(value=value)
    if variant is not None:
        rows = [row for row in rows if row.id == variant]
    if not rows:
        raise ProductNotFound
    if len(rows) > 1:
        raise VariantNeeded(field="variant_id")
    return Offer(*rows[0][:5], rows[0].stock - rows[0].reserved)
