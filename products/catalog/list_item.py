"""A product as lists show it."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum

from core.actors import Actor
from core.markets import Market
from products.exceptions import ProductNotFound
from products.media import storage
from products.models import Product, Variant, primary_image
from products.slugs import product_ref


class ListRow(NamedTuple):
    """A product in a market, as the database gives it."""

    id: int
    uuid: UUID
    name: str
    slug: str
    price: Decimal
    compare_at_price: Decimal | None
    created_at: datetime
    threshold: int
    category_id: int | None
    category_name: str | None
    category_slug: str | None
    seller_id: int | None
    first_name: str | None
    last_name: str | None
    sku_id: int
    variants_count: int
    image: str | None
    stock: int | None
    description: str


def _on_sale(market: Market) -> Any:
    """Return what can be bought now, summed over the active variants that the market has a price for, as a subquery."""
    active = Variant.objects.filter(product=OuterRef("product_id"), is_active=True, deleted_at=None).order_by()
    if not market.is_default:
        active = active.filter(market_prices__market=market.code)
    return Subquery(active.values("product").annotate(left=Sum(F("stock") - F("reserved"))).values("left"))


def listing_rows(listings: QuerySet[Any, Any], market: Market, *before: Any, whole: bool = False) -> QuerySet[Any, Any]:
    """Return listings in the columns `before` and those of ListRow; the text only where the `whole` product is wanted."""
    return listings.values_list(
        *before,
        *("product_id", "product__uuid", "product__name", "product__slug", "price", "compare_at_price", "created_at"),
        *("product__low_stock_threshold", "category_id", "category__name", "category__slug", "product__seller_id"),
        *("product__seller__first_name", "product__seller__last_name", "variant_id", "variants_count"),
        primary_image("product_id"),
        _on_sale(market),
        "product__description" if whole else models.Value(""),
    )


def item(row: ListRow, market: Market, site: str) -> dict[str, Any]:
    """Return a product as lists show it."""
    digits = market.exponent
    stock = row.stock or 0
    category = {"id": row.category_id, "name": row.category_name, "slug": row.category_slug} if row.category_id else None
    return {
        "id": row.id,
        "uuid": row.uuid,
        "name": row.name,
        "slug": row.slug,
        "price": f"{row.price:.{digits}f}",
        "compare_at_price": None if row.compare_at_price is None else f"{row.compare_at_price:.{digits}f}",
        "currency": market.currency,
        "stock": stock,
        "is_available": True,  # a listing is there only while it is
        "is_low_stock": stock <= row.threshold,
        "category": category,
        "primary_image": storage.small_url_of(site, row.image),
        "seller_name": seller_name(row.seller_id, row.first_name, row.last_name),
        "sku_id": row.sku_id,
        "variants_count": row.variants_count,
        "created_at": row.created_at,
    }


def seller_name(seller_id: int | None, first_name: str | None, last_name: str | None) -> str:
    """Return what shoppers see of a seller: the full name, else `user-<id>`; the shop's name where there is no seller."""
    if seller_id is None:
        return str(settings.SHOP_NAME)
    return f"{first_name or ''} {last_name or ''}".strip() or f"user-{seller_id}"


def visible(actor: Actor, ref: str | int) -> int:
    """Return the id of a product that staff, or its seller, may see though it is off sale. Raises ProductNotFound."""
    kind, value = product_ref(ref)
    found = Product.objects.filter(deleted_at=None, **{kind: value}).only("seller").first()
    if found is None or (actor.kind != "staff" and not found.belongs_to(actor.user_id)):
        raise ProductNotFound
    return found.pk
