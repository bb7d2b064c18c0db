"""A page of the catalog, in one statement (two with a category)."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum

from products.filters import ORDERINGS, ListQuery
from products.gateways import media
from products.models import Category, Listing, Variant, primary_image
from store.core import money
from store.core.markets import Market
from store.core.pagination import Cursor, Page, paged
from store.core.statements import Slot, Statement


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


def listing_rows(market: Market, *, whole: bool) -> QuerySet[Any, Any]:
    """Return the products of a market in the columns of ListRow; the text only where the `whole` product is wanted."""
    listings = Listing.objects.filter(market=market.code)
    return listings.values_list(
        *("product_id", "product__uuid", "product__name", "product__slug", "price", "compare_at_price", "created_at"),
        *("product__low_stock_threshold", "category_id", "category__name", "category__slug", "product__seller_id"),
        *("product__seller__first_name", "product__seller__last_name", "variant_id", "variants_count"),
        primary_image("product_id"),
        _on_sale(market),
        "product__description" if whole else models.Value(""),
    )


class Shape(NamedTuple):
    """What makes two lists the same statement: the filters that are there, not their values."""

    market: Market
    words: int
    categories: int
    has_min: bool
    has_max: bool
    ordering: str
    direction: str
    page_size: int


@lru_cache(maxsize=512)
def _page_statement(shape: Shape) -> Statement[ListRow]:
    """Return the compiled statement of all lists of this shape."""

    def build() -> QuerySet[Any, Any]:
        rows = listing_rows(shape.market, whole=False)
        for number in range(shape.words):
            word = Slot(f"word{number}", models.CharField())
            rows = rows.filter(Q(product__name__icontains=word) | Q(product__description__icontains=word))
        if shape.categories:
            ids = [Slot(f"category{number}", models.BigIntegerField()) for number in range(shape.categories)]
            rows = rows.filter(category__id__in=ids)  # not category__in, whose lookup takes no expressions
        if shape.has_min:
            rows = rows.filter(price__gte=Slot("min_price", money.MoneyField()))
        if shape.has_max:
            rows = rows.filter(price__lte=Slot("max_price", money.MoneyField()))
        return _turned(rows, shape)[: shape.page_size + 1]

    return Statement(ListRow._make, build)


def _turned(rows: QuerySet[Any, Any], shape: Shape) -> QuerySet[Any, Any]:
    """Sort, and begin behind the cursor: a range of the index, wherever it is."""
    ordering = ORDERINGS[shape.ordering]
    descending = ordering.descending != (shape.direction == "back")
    sign, comparison = ("-", "lt") if descending else ("", "gt")
    rows = rows.order_by(f"{sign}{ordering.column}", f"{sign}product_id")
    if shape.direction == "first":
        return rows
    position, last = Slot("position", ordering.field), Slot("last_id", models.BigIntegerField())
    behind = Q(**{f"{ordering.column}__{comparison}": position}) | Q(**{f"product_id__{comparison}": last})
    return rows.filter(behind, **{f"{ordering.column}__{comparison}e": position})


def page(query: ListQuery, market: Market, site: str) -> Page:
    """Return a page of the catalog as the API shows it."""
    categories: Sequence[int] = ()
    if query.category:
        categories = _shelf(query.category)
        if not categories:
            return Page([], None, None, query.page_size)
    cursor = query.cursor
    direction = "first" if cursor is None else ("back" if cursor.backwards else "on")
    shape = Shape(
        *(market, len(query.words), len(categories), query.min_price is not None, query.max_price is not None),
        *(query.ordering, direction, query.page_size),
    )
    found = _page_statement(shape).rows(
        **{f"word{number}": word for number, word in enumerate(query.words)},
        **{f"category{number}": pk for number, pk in enumerate(categories)},
        min_price=query.min_price,
        max_price=query.max_price,
        position=query.position,
        last_id=cursor.id if cursor else None,
    )
    column = ORDERINGS[query.ordering].column.removeprefix("product__")

    def cursor_of(row: ListRow, backwards: bool) -> Cursor:
        value = getattr(row, column)
        text = value.isoformat() if isinstance(value, datetime) else str(value)
        return Cursor(query.ordering, text, row.id, backwards)

    cut = paged(found, query.page_size, cursor, cursor_of)
    return Page([item(row, market, site) for row in cut.rows], cut.next, cut.previous, cut.size)


class CategoryRow(NamedTuple):
    """A category in the tree."""

    id: int
    parent_id: int | None
    name: str
    slug: str


ALL_CATEGORIES = Statement(
    CategoryRow._make,
    lambda: Category.objects.order_by("position", "name", "id").values_list("id", "parent_id", "name", "slug"),
)


def _shelf(named: str) -> list[int]:
    """Return the ids of the category with this slug, id or name, and of all inside it, in order; none where there is none."""
    rows = ALL_CATEGORIES.rows()
    wanted = named.casefold()
    top = [row.id for row in rows if row.slug == wanted or str(row.id) == wanted or row.name.casefold() == wanted]
    found: set[int] = set()
    inside = set(top)
    while inside:
        found |= inside
        inside = {row.id for row in rows if row.parent_id in found} - found
    return sorted(found)


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
        "primary_image": media.url_of(site, row.image),
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
