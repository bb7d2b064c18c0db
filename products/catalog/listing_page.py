"""A page of the catalog, in one statement (two with a category, three where a mistyped word is guessed, one more to count)."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import F, Func, OuterRef, Q, QuerySet

from core import money
from core.compiled_queries import CompiledCount, CompiledSelect, Param
from core.markets import Market
from core.pagination import COUNTED, Cursor, Page, paged
from products.catalog import category_tree, search
from products.catalog.filters import ORDERINGS, ListQuery
from products.catalog.list_item import ListRow, item, listing_rows
from products.models import Category, Listing


class Shape(NamedTuple):
    """What makes two lists the same statement: the filters that are there, not their values."""

    market: Market
    words: int
    categories: int
    has_min: bool
    has_max: bool
    has_seller: bool
    in_stock: bool | None
    ordering: str
    direction: str
    page_size: int


def _filtered(rows: QuerySet[Any, Any], shape: Shape) -> QuerySet[Any, Any]:
    """Apply every filter but the category; relevance looks for the words itself."""
    if shape.words and shape.ordering != "relevance":
        rows = rows.filter(search.matching(shape.words))
    if shape.has_min:
        rows = rows.filter(price__gte=Param("min_price", money.MoneyField()))
    if shape.has_max:
        rows = rows.filter(price__lte=Param("max_price", money.MoneyField()))
    if shape.has_seller:
        rows = rows.filter(seller__id=Param("seller", models.BigIntegerField()))
    if shape.in_stock is not None:
        rows = rows.filter(in_stock=shape.in_stock)
    return rows


def _of_categories(rows: QuerySet[Any, Any], shape: Shape) -> QuerySet[Any, Any]:
    """Hold the rows to the categories; PostgreSQL takes the first of each, so that no category is read to its end."""
    if not shape.categories:
        return rows
    ids = [Param(f"category{number}", models.BigIntegerField()) for number in range(shape.categories)]
    if shape.categories == 1:
        return rows.filter(category__id=ids[0])
    if shape.words or not search.on_postgresql():
        return rows.filter(category__id__in=ids)  # not category__in, whose lookup takes no expressions
    first = _sorted(_filtered(Listing.objects.filter(market=shape.market.code, category=OuterRef("pk")), shape), shape)
    firsts = ArraySubquery(first.values("pk")[: shape.page_size + 1])
    chosen = Category.objects.filter(pk__in=ids)  # type: ignore[misc]  # slots are values, in the end
    return rows.filter(pk__in=chosen.values(first=Func(firsts, function="unnest")))


def _sorted(rows: QuerySet[Any, Any], shape: Shape) -> QuerySet[Any, Any]:
    """Sort, and begin behind the cursor: of a column a range of its index, wherever it is."""
    ordering = ORDERINGS[shape.ordering]
    if shape.ordering == "relevance":
        rows = search.comparable(rows, shape.words).annotate(relevance=search.relevance(shape.words))
    descending = ordering.descending != (shape.direction == "back")
    sign, comparison = ("-", "lt") if descending else ("", "gt")
    rows = rows.order_by(f"{sign}{ordering.column}", f"{sign}product_id")
    if shape.direction == "first":
        return rows
    position, last = Param("position", ordering.field), Param("last_id", models.BigIntegerField())
    behind = Q(**{f"{ordering.column}__{comparison}": position}) | Q(**{f"product_id__{comparison}": last})
    return rows.filter(behind, **{f"{ordering.column}__{comparison}e": position})


def _is_filtered(shape: Shape) -> bool:
    """Say whether the best plan depends on the values, which a prepared statement would not look at."""
    return bool(shape.words or shape.has_min or shape.has_max or shape.has_seller or shape.in_stock is not None)


@lru_cache(maxsize=1024)
def _page_statement(shape: Shape) -> CompiledSelect[tuple[Any, ListRow]]:
    """Return the compiled statement of all lists of this shape; beside each row is the value that it is sorted by."""

    def build() -> QuerySet[Any, Any]:
        rows = _sorted(_of_categories(_filtered(Listing.objects.filter(market=shape.market.code), shape), shape), shape)
        return listing_rows(rows, shape.market, F(ORDERINGS[shape.ordering].column))[: shape.page_size + 1]

    return CompiledSelect(lambda row: (row[0], ListRow._make(row[1:])), build, plan_each=_is_filtered(shape))


@lru_cache(maxsize=512)
def _count(shape: Shape) -> CompiledCount:
    """Return the statement that counts, and stops where there are too many."""

    def build() -> QuerySet[Any, Any]:
        rows = _filtered(Listing.objects.filter(market=shape.market.code), shape)
        if shape.categories:
            rows = rows.filter(category__id__in=[Param(f"category{n}", models.BigIntegerField()) for n in range(shape.categories)])
        return rows.order_by().values_list("pk")[: COUNTED + 1]

    return CompiledCount(build)


def page(query: ListQuery, market: Market, site: str) -> Page:
    """Return a page of the catalog as the API shows it."""
    empty = Page([], None, None, query.page_size, count=0 if query.wants_count else None)
    if query.is_search and not query.words:
        return empty
    categories = category_tree.inside(query.category) if query.category else []
    if query.category and not categories:
        return empty
    found = _find(query, market, site, categories, query.words)
    if found.rows or not query.words:
        return found
    better = search.guessed(query.words)
    return _find(query, market, site, categories, better) if better else found


def _find(query: ListQuery, market: Market, site: str, categories: Sequence[int], words: Sequence[str]) -> Page:
    cursor = query.cursor
    direction = "first" if cursor is None else ("back" if cursor.backwards else "on")
    shape = Shape(
        *(market, len(words), len(categories), query.min_price is not None, query.max_price is not None),
        *(query.seller is not None, query.in_stock, query.ordering, direction, query.page_size),
    )
    given = {
        **search.slots(words),
        **{f"category{number}": pk for number, pk in enumerate(categories)},
        "min_price": query.min_price,
        "max_price": query.max_price,
        "seller": query.seller,
    }
    rows = _page_statement(shape).rows(**given, position=query.position, last_id=cursor.id if cursor else None)

    def cursor_of(row: tuple[Any, ListRow], backwards: bool) -> Cursor:
        text = row[0].isoformat() if isinstance(row[0], datetime) else str(row[0])
        return Cursor(query.ordering, text, row[1].id, backwards)

    cut = paged(rows, query.page_size, cursor, cursor_of)
    count = None
    if query.wants_count:
        count = _count(shape._replace(ordering="newest", direction="first", page_size=0)).run(**given)
    return Page([item(row, market, site) for _, row in cut.rows], cut.next, cut.previous, cut.size, count)
