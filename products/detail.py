"""A product on its own page, in three statements."""

from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import models
from django.db.models import QuerySet

from products.exceptions import ProductNotFound
from products.gateways import media
from products.models import ProductImage, Variant
from products.selectors import ListRow, item, listing_rows
from products.slugs import REFERENCES, product_ref
from store.core.markets import Market
from store.core.statements import Slot, Statement


class VariantRow(NamedTuple):
    """A variant on offer."""

    id: int
    sku: str
    name: str
    options: dict[str, str]
    price: Decimal
    compare_at_price: Decimal | None
    stock: int
    reserved: int


class ImageRow(NamedTuple):
    """A picture."""

    id: int
    image: str
    alt: str
    width: int | None
    height: int | None


@lru_cache(maxsize=64)
def _product(market: Market, kind: str) -> Statement[ListRow]:
    column, field = REFERENCES[kind]
    return Statement(ListRow._make, lambda: listing_rows(market, whole=True).filter(**{column: Slot("value", field)}))


@lru_cache(maxsize=64)
def _variants(market: Market) -> Statement[VariantRow]:
    def build() -> QuerySet[Any, Any]:
        offered = Variant.objects.offered_in(market).filter(product=Slot("product", models.BigIntegerField()))
        return offered.order_by("position", "id").values_list(
            *("id", "sku", "name", "options", "market_price", "market_compare_at_price", "stock", "reserved")
        )

    return Statement(VariantRow._make, build)


IMAGES = Statement(
    ImageRow._make,
    lambda: (
        ProductImage.objects.filter(product=Slot("product", models.BigIntegerField()))
        .order_by("position", "id")
        .values_list("id", "image", "alt", "width", "height")
    ),
)


def product(ref: str, market: Market, site: str) -> dict[str, Any]:
    """Return the product with this id, uuid or slug. Raises ProductNotFound, also where the market has no price for it."""
    kind, value = product_ref(ref)
    row = _product(market, kind).first(value=value)
    if row is None:
        raise ProductNotFound
    images = [
        {"id": i.id, "url": media.url_of(site, i.image), "alt": i.alt, "width": i.width, "height": i.height}
        for i in IMAGES.rows(product=row.id)
    ]
    variants = [_variant(variant, market.exponent) for variant in _variants(market).rows(product=row.id)]
    return {**item(row, market, site), "description": row.description, "images": images, "variants": variants}


def _variant(row: VariantRow, digits: int) -> dict[str, Any]:
    return {
        "id": row.id,
        "sku": row.sku,
        "name": row.name,
        "options": row.options,
        "price": f"{row.price:.{digits}f}",
        "compare_at_price": None if row.compare_at_price is None else f"{row.compare_at_price:.{digits}f}",
        "stock": row.stock - row.reserved,
    }
