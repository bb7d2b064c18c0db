"""The product page, in three statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from django.db import models
from django.db.models import Case, F, Max, OuterRef, QuerySet, Subquery, When
from django.utils import timezone

from core import markets, money
from core.compiled_queries import CompiledRows, Param, get_columns
from core.markets import Market
from products.catalog.list_item import ListRow, annotate_listings, serialize_list_item
from products.exceptions import ProductNotFound
from products.media import storage
from products.models import LOWEST_PRICE_WINDOW, Listing, PriceChange, Product, ProductImage, Variant, primary_image
from products.slugs import REF_COLUMNS, parse_product_ref

SELLABLE_VARIANT: dict[str, Any] = {"is_active": True, "deleted_at": None, "market_price__isnull": False}


class VariantRow(NamedTuple):
    """A variant priced in a market; `_annotate_variants` adds the last column."""

    id: int
    product_id: int
    sku: str
    name: str
    options: dict[str, str]
    image_id: int | None
    price: Annotated[Decimal, "market_price"]
    compare_at_price: Annotated[Decimal | None, "market_compare_at_price"]
    stock: int
    reserved: int
    weight_grams: int | None
    lowest_before: Decimal | None


class ImageRow(NamedTuple):
    """A picture."""

    id: int
    image: str
    alt: str
    width: int | None
    height: int | None
    thumbnail: str


class EditorRow(NamedTuple):
    """A product, as shown to users who may edit it."""

    id: int
    uuid: UUID
    name: str
    slug: str
    created_at: datetime
    threshold: Annotated[int, "low_stock_threshold"]
    category_id: int | None
    category_name: Annotated[str | None, "category__name"]
    category_slug: Annotated[str | None, "category__slug"]
    seller_id: int | None
    first_name: Annotated[str | None, "seller__first_name"]
    last_name: Annotated[str | None, "seller__last_name"]
    description: str
    is_active: bool
    image: Annotated[str | None, primary_image("pk")]


@lru_cache(maxsize=64)
def _product_query(market: Market, kind: str) -> CompiledRows[ListRow]:
    column, field = REF_COLUMNS[kind]

    def build() -> QuerySet[Listing]:
        listings = Listing.objects.filter(market=market.code, **{column: Param("value", field)})
        return annotate_listings(listings, market, with_description=True)

    return CompiledRows(ListRow, build)


PERIOD_START = Param("since", models.DateTimeField())


def _annotate_variants(variants: QuerySet[Variant], market: Market, since: Any = PERIOD_START) -> QuerySet[Variant]:
    """Sort variants that are `priced_in` the market, and annotate what VariantRow needs besides."""
    changes = PriceChange.objects.filter(variant=OuterRef("pk"), market=market.code).order_by("-id")
    is_recent = When(created_at__gt=since, then=F("lowest_before"))
    lowest = changes.values(lowest=Case(is_recent, output_field=money.MoneyField()))[:1]
    return variants.order_by("position", "id").annotate(lowest_before=Subquery(lowest))


@lru_cache(maxsize=64)
def _variants_query(market: Market, *, offered: bool) -> CompiledRows[VariantRow]:
    """Return the query for a product's variants: those on offer, or those that would be if the product were for sale."""

    def build() -> QuerySet[Variant]:
        variants = Variant.objects.offered_in(market) if offered else Variant.objects.priced_in(market).filter(**SELLABLE_VARIANT)
        return _annotate_variants(variants.filter(product=Param("product", models.BigIntegerField())), market)

    return CompiledRows(VariantRow, build)


@lru_cache(maxsize=64)
def _variant_query(market: Market) -> CompiledRows[VariantRow]:
    filters: dict[str, Any] = {"pk": Param("pk", models.BigIntegerField()), "market_price__isnull": False}
    return CompiledRows(VariantRow, lambda: _annotate_variants(Variant.objects.priced_in(market).filter(**filters), market))


PRODUCT_IMAGES = CompiledRows(
    ImageRow,
    lambda: ProductImage.objects.filter(product=Param("product", models.BigIntegerField())).order_by("position", "id"),
)


PRODUCT_FOR_EDITOR = CompiledRows(EditorRow, lambda: Product.objects.filter(pk=Param("pk", models.BigIntegerField())))


def get_product(ref: str, market: Market, site: str) -> dict[str, Any]:
    """Return the product with this id, uuid or slug. Raises ProductNotFound, also if it has no price in the market."""
    kind, value = parse_product_ref(ref)
    row = _product_query(market, kind).first(value=value)
    if row is None:
        raise ProductNotFound
    variants = _variants_query(market, offered=True).rows(product=row.id, since=_get_period_start())
    return _serialize_product(row, variants, market, site)


def get_for_editor(product_id: int, market: Market, site: str) -> dict[str, Any]:
    """Return a product for users who may edit it, whether or not it is for sale.

    Falls back to the default market if the product has no price in this one.
    """
    [row] = PRODUCT_FOR_EDITOR.rows(pk=product_id)  # products are only soft-deleted
    variants = _variants_query(market, offered=False).rows(product=product_id, since=_get_period_start())
    is_priced = bool(variants)
    if not is_priced:
        market = markets.get_default_market()
        variants = _variants_query(market, offered=False).rows(product=product_id, since=_get_period_start())
    cheapest = min(variants, key=attrgetter("price"), default=None)
    shared = row._asdict()
    is_active = shared.pop("is_active")
    list_row = ListRow(
        **shared,
        price=cheapest.price if cheapest else Decimal(0),
        compare_at_price=cheapest.compare_at_price if cheapest else None,
        sku_id=variants[0].id if variants else 0,
        variants_count=len(variants),
        stock=sum(variant.stock - variant.reserved for variant in variants),
        sort_value=None,
    )
    return {**_serialize_product(list_row, variants, market, site), "is_available": is_active and is_priced}


@dataclass(frozen=True, slots=True)
class PriceAndStock:
    """A product's lowest price in a market, the lowest price of the 30 days before it came into force, and the available units."""

    price: Decimal
    lowest_30_days: Decimal
    stock: int


def get_prices_and_stock(product_ids: Sequence[int], market: Market) -> dict[int, PriceAndStock]:
    """Return price and stock of those of the products that are for sale in the market; one statement."""
    variants = Variant.objects.offered_in(market).filter(product__in=product_ids)
    by_product: dict[int, list[VariantRow]] = {}
    for row in _annotate_variants(variants, market, _get_period_start()).values_list(*get_columns(VariantRow)):
        variant = VariantRow._make(row)
        by_product.setdefault(variant.product_id, []).append(variant)
    return {product_id: _price_and_stock(rows) for product_id, rows in by_product.items()}


def _price_and_stock(variants: Sequence[VariantRow]) -> PriceAndStock:
    cheapest = min(variants, key=attrgetter("price"))
    stock = sum(variant.stock - variant.reserved for variant in variants)
    return PriceAndStock(cheapest.price, _lowest_price_30_days(cheapest), stock)


def get_variant(variant_id: int, market: Market) -> dict[str, Any]:
    """Return a variant for users who may edit it, with the default market's price if this one has none."""
    row = _variant_query(market).first(pk=variant_id, since=_get_period_start())
    if row is None:
        market = markets.get_default_market()
        [row] = _variant_query(market).rows(pk=variant_id, since=_get_period_start())
    return _serialize_variant(row, market)


def get_modified_at(product_id: int) -> datetime:
    """Return when the product, a variant, a price or a picture was last changed."""
    sources = ("updated_at", "variants__updated_at", "variants__market_prices__updated_at", "images__updated_at")
    latest = Product.objects.filter(pk=product_id).aggregate(*(Max(source) for source in sources))
    changed_at: datetime = max(value for value in latest.values() if value is not None)
    return changed_at


def _get_period_start() -> datetime:
    return timezone.now() - LOWEST_PRICE_WINDOW


def _serialize_product(row: ListRow, variants: Sequence[VariantRow], market: Market, site: str) -> dict[str, Any]:
    images = [
        {
            "id": image.id,
            "url": storage.build_image_url(site, image.image),
            "alt": image.alt,
            "width": image.width,
            "height": image.height,
            "thumbnail": storage.build_thumbnail_url(site, image.thumbnail or image.image),
        }
        for image in PRODUCT_IMAGES.rows(product=row.id)
    ]
    lowest = next((_lowest_price_30_days(variant) for variant in variants if variant.price == row.price), row.price)
    return {
        **serialize_list_item(row, market, site),
        "description": row.description,
        "lowest_price_30_days": f"{lowest:.{market.exponent}f}",
        "images": images,
        "variants": [_serialize_variant(variant, market) for variant in variants],
    }


def _lowest_price_30_days(row: VariantRow) -> Decimal:
    return row.price if row.lowest_before is None else row.lowest_before


def _serialize_variant(row: VariantRow, market: Market) -> dict[str, Any]:
    digits = market.exponent
    return {
        "id": row.id,
        "sku": row.sku,
        "name": row.name,
        "options": row.options,
        "image_id": row.image_id,
        "price": f"{row.price:.{digits}f}",
        "compare_at_price": None if row.compare_at_price is None else f"{row.compare_at_price:.{digits}f}",
        "currency": market.currency,
        "stock": row.stock - row.reserved,
        "weight_grams": row.weight_grams,
        "lowest_price_30_days": f"{_lowest_price_30_days(row):.{digits}f}",
    }
