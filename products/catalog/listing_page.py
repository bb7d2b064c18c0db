"""A page of the catalog in one statement, plus one for a category, two to correct a mistyped word, and one to count."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Func, OuterRef, QuerySet

from core import money
from core.compiled_queries import CompiledCount, CompiledRows, Param, Tables
from core.markets import Market
from core.pagination import COUNT_LIMIT, Cursor, Page, after, build_page
from products.catalog import category_tree, search, spelling
from products.catalog.filters import ORDERINGS, ListQuery
from products.catalog.list_item import ListRow, annotate_listings, serialize_list_item
from products.models import Category, Listing
from products.search_terms import QueryWord, parse_words


class QueryShape(NamedTuple):
    """What determines the SQL of a list: which filters are set, not their values."""

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


def _apply_filters(rows: QuerySet[Any, Any], shape: QueryShape) -> QuerySet[Any, Any]:
    """Apply every filter but the category and the words."""
    if shape.has_min:
        rows = rows.filter(price__gte=Param("min_price", money.MoneyField()))
    if shape.has_max:
        rows = rows.filter(price__lte=Param("max_price", money.MoneyField()))
    if shape.has_seller:
        rows = rows.filter(seller__id=Param("seller", models.BigIntegerField()))
    if shape.in_stock is not None:
        rows = rows.filter(in_stock=shape.in_stock)
    return rows


def _apply_categories(rows: QuerySet[Any, Any], shape: QueryShape) -> QuerySet[Any, Any]:
    """Restrict the rows to the categories; PostgreSQL takes the first rows of each, so that it reads no category to its end."""
    if not shape.categories:
        return rows
    ids = [Param(f"category{number}", models.BigIntegerField()) for number in range(shape.categories)]
    if shape.categories == 1:
        return rows.filter(category__id=ids[0])
    if shape.words or not search.has_index():
        return rows.filter(category__id__in=ids)  # not category__in, whose lookup takes no expressions
    in_category = Listing.objects.filter(market=shape.market.code, category=OuterRef("pk"))
    first_ids = ArraySubquery(_apply_ordering(_apply_filters(in_category, shape), shape).values("pk")[: shape.page_size + 1])
    categories = Category.objects.filter(pk__in=ids)  # type: ignore[misc]  # params are bound to values
    return rows.filter(pk__in=categories.values(first=Func(first_ids, function="unnest")))


def _apply_ordering(rows: QuerySet[Any, Any], shape: QueryShape) -> QuerySet[Any, Any]:
    """Sort the rows and start after the cursor."""
    ordering = ORDERINGS[shape.ordering]
    sign = "-" if ordering.descending else ""
    columns = (f"{sign}{ordering.column}", f"{sign}product_id")
    position = (Param("position", ordering.field), Param("last_id", models.BigIntegerField()))
    return after(rows, columns, None if shape.direction == "first" else position, backwards=shape.direction == "backward")


def _has_ordering_index(shape: QueryShape) -> bool:
    """Return whether an index has the rows in their order, without others in between."""
    has_range = shape.has_min or shape.has_max
    return not (shape.has_seller or shape.in_stock is not None or (has_range and ORDERINGS[shape.ordering].column != "price"))


def _find_rows(shape: QueryShape) -> tuple[QuerySet[Any, Any], Tables]:
    """Return the rows from which a page of this shape is taken, in their order, and the tables of the query."""
    rows = _apply_categories(_apply_filters(Listing.objects.filter(market=shape.market.code), shape), shape)
    if not shape.words:
        return _apply_ordering(rows, shape), dict
    if shape.ordering == "relevance":
        candidates, tables = search.rank(rows, shape.words)
    else:
        candidates, tables = search.find_first(
            _apply_ordering(rows, shape), shape.words, shape.page_size + 1, is_indexed=_has_ordering_index(shape)
        )
    return _apply_ordering(candidates, shape), tables


def _depends_on_values(shape: QueryShape) -> bool:
    """Return whether the best plan depends on the values, which the generic plan of a prepared statement ignores."""
    return bool(shape.words or shape.has_min or shape.has_max or shape.has_seller or shape.in_stock is not None)


@lru_cache(maxsize=1024)
def _page_query(shape: QueryShape) -> CompiledRows[ListRow]:
    """Return the query for all lists of this shape."""

    def build() -> QuerySet[Listing]:
        rows, _ = _find_rows(shape)
        return annotate_listings(rows, shape.market, sort_column=ORDERINGS[shape.ordering].column)[: shape.page_size + 1]

    return CompiledRows(ListRow, build, custom_plan=_depends_on_values(shape), tables=lambda: _find_rows(shape)[1]())


@lru_cache(maxsize=512)
def _count_query(shape: QueryShape) -> CompiledCount:
    """Return the query that counts up to one more than COUNT_LIMIT."""

    def build() -> QuerySet[Any, Any]:
        rows = _apply_filters(Listing.objects.filter(market=shape.market.code), shape)
        if shape.words:
            rows = rows.filter(search.build_word_condition(shape.words))
        if shape.categories:
            rows = rows.filter(category__id__in=[Param(f"category{n}", models.BigIntegerField()) for n in range(shape.categories)])
        return rows.order_by().values_list("product")[: COUNT_LIMIT + 1]

    return CompiledCount(build)


@dataclass(frozen=True, slots=True)
class CatalogPage(Page):
    """A page of the catalog, and the words that it was searched by if they are not those of the query."""

    guessed: str | None = None


def get_page(query: ListQuery, market: Market, site: str) -> CatalogPage:
    """Return a page of the catalog, with corrected search words if the original ones match nothing."""
    empty = CatalogPage([], None, None, query.page_size, count=0 if query.wants_count else None)
    if query.is_search and not query.words:
        return empty
    categories = category_tree.get_subtree_ids(query.category) if query.category else []
    if query.category and not categories:
        return empty
    page = _fetch_page(query, market, site, categories, query.words)
    if page.rows or not query.words:
        return page
    guess = spelling.correct_spelling(query.words)
    guessed_page = _fetch_page(query, market, site, categories, parse_words(guess)) if guess else page
    return replace(guessed_page, guessed=guess) if guessed_page.rows else page


def _fetch_page(query: ListQuery, market: Market, site: str, categories: Sequence[int], words: Sequence[QueryWord]) -> CatalogPage:
    cursor = query.cursor
    direction = "first" if cursor is None else ("backward" if cursor.backwards else "forward")
    shape = QueryShape(
        *(market, len(words), len(categories), query.min_price is not None, query.max_price is not None),
        *(query.seller is not None, query.in_stock, query.ordering, direction, query.page_size),
    )
    params = {
        **search.word_params(words),
        **{f"category{number}": pk for number, pk in enumerate(categories)},
        "min_price": query.min_price,
        "max_price": query.max_price,
        "seller": query.seller,
    }
    rows = _page_query(shape).rows(**params, position=query.position, last_id=cursor.id if cursor else None)

    def cursor_of(row: ListRow, backwards: bool) -> Cursor:
        value = row.sort_value.isoformat() if isinstance(row.sort_value, datetime) else str(row.sort_value)
        return Cursor(query.ordering, value, row.id, backwards)

    page = build_page(rows, query.page_size, cursor, cursor_of)
    count = None
    if query.wants_count:
        count = _count_query(shape._replace(ordering="newest", direction="first", page_size=0)).run(**params)
    return CatalogPage([serialize_list_item(row, market, site) for row in page.rows], page.next, page.previous, page.size, count)
