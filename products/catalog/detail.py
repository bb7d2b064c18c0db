"""A product on its own page, in three statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import models
from django.db.models import Case, F, OuterRef, QuerySet, Subquery, When
from django.utils import timezone

from core import markets, money
from core.compiled_queries import CompiledSelect, Param
from core.markets import Market
from products.catalog.list_item import ListRow, item, listing_rows
from products.exceptions import ProductNotFound, VariantNotFound
from products.media import storage
from products.models import WINDOW, Listing, PriceChange, Product, ProductImage, Variant, primary_image
from products.slugs import REFERENCES, product_ref

ALIVE: dict[str, Any] = {"is_active": True, "deleted_at": None, "market_price__isnull": False}


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
    lowest_before: Decimal | None


class ImageRow(NamedTuple):
    """A picture."""

    id: int
    image: str
    alt: str
    width: int | None
    height: int | None
    thumbnail: str


class EditedRow(NamedTuple):
    """A product as those see it who may change it."""

    id: int
    uuid: UUID
    name: str
    slug: str
    created_at: datetime
    threshold: int
    category_id: int | None
    category_name: str | None
    category_slug: str | None
    seller_id: int | None
    first_name: str | None
    last_name: str | None
    description: str
    is_active: bool
    image: str | None


@lru_cache(maxsize=64)
def _product(market: Market, kind: str) -> CompiledSelect[ListRow]:
    column, field = REFERENCES[kind]
    return CompiledSelect(
        ListRow._make,
        lambda: listing_rows(Listing.objects.filter(market=market.code, **{column: Param("value", field)}), market, whole=True),
    )


SINCE = Param("since", models.DateTimeField())


def _variant_columns(rows: QuerySet[Any, Any], market: Market, *before: str, since: Any = SINCE) -> QuerySet[Any, Any]:
    """Return variants that are `priced_in` the market in the columns `before` and those of VariantRow."""
    changes = PriceChange.objects.filter(variant=OuterRef("pk"), market=market.code).order_by("-id")
    is_recent = When(created_at__gt=since, then=F("lowest_before"))
    lowest = changes.values(lowest=Case(is_recent, output_field=money.MoneyField()))[:1]
    return rows.order_by("position", "id").values_list(
        *before, *("id", "sku", "name", "options", "market_price", "market_compare_at_price", "stock", "reserved"), Subquery(lowest)
    )


@lru_cache(maxsize=64)
def _variants(market: Market, *, offered: bool) -> CompiledSelect[VariantRow]:
    """Return the statement of a product's variants: those on offer, or those that would be if the product were."""

    def build() -> QuerySet[Any, Any]:
        rows = Variant.objects.offered_in(market) if offered else Variant.objects.priced_in(market).filter(**ALIVE)
        return _variant_columns(rows.filter(product=Param("product", models.BigIntegerField())), market)

    return CompiledSelect(VariantRow._make, build)


@lru_cache(maxsize=64)
def _variant_by_id(market: Market) -> CompiledSelect[VariantRow]:
    here: dict[str, Any] = {"pk": Param("pk", models.BigIntegerField()), "market_price__isnull": False}
    return CompiledSelect(VariantRow._make, lambda: _variant_columns(Variant.objects.priced_in(market).filter(**here), market))


IMAGES = CompiledSelect(
    ImageRow._make,
    lambda: (
        ProductImage.objects.filter(product=Param("product", models.BigIntegerField()))
        .order_by("position", "id")
        .values_list("id", "image", "alt", "width", "height", "thumbnail")
    ),
)


EDITED = CompiledSelect(
    EditedRow._make,
    lambda: Product.objects.filter(pk=Param("pk", models.BigIntegerField())).values_list(
        *("id", "uuid", "name", "slug", "created_at", "low_stock_threshold", "category_id", "category__name", "category__slug"),
        *("seller_id", "seller__first_name", "seller__last_name", "description", "is_active"),
        primary_image("pk"),
    ),
)


def product(ref: str, market: Market, site: str) -> dict[str, Any]:
    """Return the product with this id, uuid or slug. Raises ProductNotFound, also where the market has no price for it."""
    kind, value = product_ref(ref)
    row = _product(market, kind).first(value=value)
    if row is None:
        raise ProductNotFound
    return _whole(row, _variants(market, offered=True).rows(product=row.id, since=_since()), market, site)


def edited(product_id: int, market: Market, site: str) -> dict[str, Any]:
    """Return a product for those who may change it, whether or not it is for sale.

    Where the market has no price for it, it is shown in the default market.
    """
    row = EDITED.first(pk=product_id)
    if row is None:
        raise ProductNotFound
    here = _variants(market, offered=False).rows(product=product_id, since=_since())
    shown_in = market if here else markets.default()
    variants = here or _variants(shown_in, offered=False).rows(product=product_id, since=_since())
    cheapest = min(variants, key=attrgetter("price"), default=None)
    listed = ListRow(
        *row[:4],
        price=cheapest.price if cheapest else Decimal(0),
        compare_at_price=cheapest.compare_at_price if cheapest else None,
        created_at=row.created_at,
        threshold=row.threshold,
        category_id=row.category_id,
        category_name=row.category_name,
        category_slug=row.category_slug,
        seller_id=row.seller_id,
        first_name=row.first_name,
        last_name=row.last_name,
        sku_id=variants[0].id if variants else 0,
        variants_count=len(variants),
        image=row.image,
        stock=sum(variant.stock - variant.reserved for variant in variants),
        description=row.description,
    )
    return {**_whole(listed, variants, shown_in, site), "is_available": row.is_active and bool(here)}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a product stands in a market now: the lowest price of its variants, that of the 30 days before, and what is left."""

    price: Decimal
    lowest_30_days: Decimal
    stock: int


def standings(product_ids: Sequence[int], market: Market) -> dict[int, Standing]:
    """Return how each of these products stands that is for sale in the market; one statement."""
    rows = Variant.objects.offered_in(market).filter(product__in=product_ids)
    held: dict[int, list[VariantRow]] = {}
    for product_id, *columns in _variant_columns(rows, market, "product_id", since=_since()):
        held.setdefault(product_id, []).append(VariantRow(*columns))
    return {product_id: _standing(variants) for product_id, variants in held.items()}


def _standing(variants: Sequence[VariantRow]) -> Standing:
    cheapest = min(variants, key=attrgetter("price"))
    return Standing(cheapest.price, _lowest(cheapest), sum(variant.stock - variant.reserved for variant in variants))


def variant(variant_id: int, market: Market) -> dict[str, Any]:
    """Return a variant for those who may change it; where the market has no price for it, with that of the default market."""
    for shown_in in (market, markets.default()):
        row = _variant_by_id(shown_in).first(pk=variant_id, since=_since())
        if row is not None:
            return _variant(row, shown_in)
    raise VariantNotFound


def _since() -> datetime:
    return timezone.now() - WINDOW


def _whole(row: ListRow, variants: Sequence[VariantRow], market: Market, site: str) -> dict[str, Any]:
    images = [
        {
            "id": image.id,
            "url": storage.url_of(site, image.image),
            "alt": image.alt,
            "width": image.width,
            "height": image.height,
            "thumbnail": storage.small_url_of(site, image.thumbnail or image.image),
        }
        for image in IMAGES.rows(product=row.id)
    ]
    lowest = next((_lowest(variant) for variant in variants if variant.price == row.price), row.price)
    return {
        **item(row, market, site),
        "description": row.description,
        "lowest_price_30_days": f"{lowest:.{market.exponent}f}",
        "images": images,
        "variants": [_variant(variant, market) for variant in variants],
    }


def _lowest(row: VariantRow) -> Decimal:
    return row.price if row.lowest_before is None else row.lowest_before


def _variant(row: VariantRow, market: Market) -> dict[str, Any]:
    digits = market.exponent
    return {
        "id": row.id,
        "sku": row.sku,
        "name": row.name,
        "options": row.options,
        "price": f"{row.price:.{digits}f}",
        "compare_at_price": None if row.compare_at_price is None else f"{row.compare_at_price:.{digits}f}",
        "currency": market.currency,
        "stock": row.stock - row.reserved,
        "lowest_price_30_days": f"{_lowest(row):.{digits}f}",
    }
