"""Resolving what a shopper wants to buy to one variant, its price and its stock, in one statement."""

from decimal import Decimal
from functools import lru_cache
from typing import Annotated, NamedTuple

from django.db import models
from django.db.models import F, QuerySet

from core.compiled_queries import CompiledRows, Param
from core.markets import Market
from products.exceptions import ProductNotFound, VariantNeeded
from products.models import Variant
from products.slugs import REF_COLUMNS, parse_product_ref

LOOKUPS = {**REF_COLUMNS, "variant": ("id", models.BigIntegerField())}


class Offer(NamedTuple):
    """A variant for sale in a market, whether or not it is in stock."""

    id: int
    product_id: int
    product_name: Annotated[str, "product__name"]
    seller_id: Annotated[int | None, "product__seller_id"]
    price: Annotated[Decimal, "market_price"]
    available: Annotated[int, F("stock") - F("reserved")]
    weight_grams: int | None


@lru_cache(maxsize=64)
def _offers_query(market: Market, kind: str) -> CompiledRows[Offer]:
    column, field = LOOKUPS[kind]

    def build() -> QuerySet[Variant]:
        return Variant.objects.offered_in(market).filter(**{column: Param("value", field)}).order_by("position", "id")

    return CompiledRows(Offer, build)


def get_offer(market: Market, *, product: str | int | None = None, variant: int | None = None) -> Offer:
    """Return the offer of a variant by its id, or of a product's only variant.

    Raises ProductNotFound, also if the variant belongs to another product; VariantNeeded if the product has several variants
    and no id is passed.
    """
    kind, value = parse_product_ref(product) if product is not None else ("variant", variant)
    offers = _offers_query(market, kind).rows(value=value)
    if variant is not None:
        offers = [offer for offer in offers if offer.id == variant]
    if not offers:
        raise ProductNotFound
    if len(offers) > 1:
        raise VariantNeeded(field="variant_id")
    return offers[0]


def get_cheapest_offer(market: Market, product: str) -> Offer:
    """Return the offer of a product's cheapest variant. Raises ProductNotFound."""
    kind, value = parse_product_ref(product)
    offers = _offers_query(market, kind).rows(value=value)
    if not offers:
        raise ProductNotFound
    return min(offers, key=lambda offer: offer.price)
