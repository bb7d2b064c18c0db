"""A product in a list."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum, Value

from core.actors import Actor
from core.markets import Market
from core.shop_settings.shop import get_shop_name
from products.exceptions import ProductNotFound
from products.media import storage
from products.models import Listing, Product, Variant, primary_image


class ListRow(NamedTuple):
    """A product in a market, read from its listing; `annotate_listings` adds the last three columns."""

    id: Annotated[int, "product_id"]
    uuid: Annotated[UUID, "product__uuid"]
    name: Annotated[str, "product__name"]
    slug: Annotated[str, "product__slug"]
    price: Decimal
    compare_at_price: Decimal | None
    created_at: datetime
    threshold: Annotated[int, "product__low_stock_threshold"]
    category_id: int | None
    category_name: Annotated[str | None, "category__name"]
    category_slug: Annotated[str | None, "category__slug"]
    seller_id: Annotated[int | None, "product__seller_id"]
    first_name: Annotated[str | None, "product__seller__first_name"]
    last_name: Annotated[str | None, "product__seller__last_name"]
    sku_id: Annotated[int, "variant_id"]
    variants_count: int
    image: Annotated[str | None, primary_image("product_id")]
    stock: int | None
    description: str  # empty in lists
    sort_value: Any  # of the column that the list is sorted by


def _available_stock(market: Market) -> Any:
    """Return a subquery for the available units, summed over the active variants that are priced in the market."""
    active = Variant.objects.filter(product=OuterRef("product_id"), is_active=True, deleted_at=None).order_by()
    if not market.is_default:
        active = active.filter(market_prices__market=market.code)
    return Subquery(active.values("product").annotate(left=Sum(F("stock") - F("reserved"))).values("left"))


def annotate_listings(
    listings: QuerySet[Listing], market: Market, *, with_description: bool = False, sort_column: str = "created_at"
) -> QuerySet[Listing]:
    """Annotate listings with the columns of ListRow that depend on the market or the query."""
    return listings.annotate(
        stock=_available_stock(market),
        description=F("product__description") if with_description else Value(""),
        sort_value=F(sort_column),
    )


def serialize_list_item(row: ListRow, market: Market, site: str) -> dict[str, Any]:
    """Return the representation of a product in a list."""
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
        "is_available": True,  # only available products have a listing
        "is_low_stock": stock <= row.threshold,
        "category": category,
        "primary_image": storage.build_thumbnail_url(site, row.image),
        "seller_name": get_seller_name(row.seller_id, row.first_name, row.last_name),
        "sku_id": row.sku_id,
        "variants_count": row.variants_count,
        "created_at": row.created_at,
    }


def get_seller_name(seller_id: int | None, first_name: str | None, last_name: str | None) -> str:
    """Return a seller's public name: their full name, else `user-<id>`; the shop's name if there is no seller."""
    if seller_id is None:
        return get_shop_name()
    return f"{first_name or ''} {last_name or ''}".strip() or f"user-{seller_id}"


def get_editable_product_id(actor: Actor, ref: str | int) -> int:
    """Return the id of a product that the actor may edit, as staff or its seller. Raises ProductNotFound."""
    product = Product.objects.by_ref(ref).only("seller").first()
    if product is None or not product.is_editable_by(actor):
        raise ProductNotFound
    return product.pk
