"""A page of the catalog in one statement, plus one for a category, two to correct a mistyped word, and one to count."""

from collections.abc import Mapping, Sequence
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
from products.catalog import catalog_statistics, category_tree, first_rows, search, spelling
from products.catalog.filters import ORDERINGS, ListQuery
from products.catalog.list_item import ListRow, annotate_listings, serialize_list_item
from products.models import Category, Listing
from products.search_terms import CATEGORY_FILTER, SELLER_FILTER, QueryWord, parse_words


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
    is_bounded: bool
    is_narrowed: bool
    terms_first: bool
    filters_first: bool
    is_common: bool


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
    if not (_is_indexed(shape) and search.has_index()):
        return rows.filter(category__id__in=ids)  # not category__in, whose lookup takes no expressions
    in_category = Listing.objects.filter(market=shape.market.code, category=OuterRef("pk"))
    first_ids = ArraySubquery(_apply_ordering(_apply_filters(in_category, shape), shape).values("pk")[: shape.page_size + 1])
    categories = Category.objects.filter(pk__in=ids)  # type: ignore[misc]  # params are bound to values
    return rows.filter(pk__in=categories.values(first=Func(first_ids, function="unnest")))


def _filter_rows(shape: QueryShape) -> QuerySet[Any, Any]:
    """Return the listings of the market that pass every filter but the words."""
    return _apply_categories(_apply_filters(Listing.objects.filter(market=shape.market.code), shape), shape)


def _apply_ordering(rows: QuerySet[Any, Any], shape: QueryShape) -> QuerySet[Any, Any]:
    """Sort the rows and start after the cursor."""
    ordering = ORDERINGS[shape.ordering]
    sign = "-" if ordering.descending else ""
    columns = (f"{sign}{ordering.column}", f"{sign}product_id")
    position = (Param("position", ordering.field), Param("last_id", models.BigIntegerField()))
    return after(rows, columns, None if shape.direction == "first" else position, backwards=shape.direction == "backward")


def _keep_indexed(shape: QueryShape) -> QueryShape:
    """Return the shape with only those filters for which an index has the rows in their order, without others in between."""
    column = ORDERINGS[shape.ordering].column
    by_price, by_time = column == "price", column == "created_at" and shape.categories != 1
    return shape._replace(
        words=0,
        categories=shape.categories if shape.categories == 1 else 0,
        has_min=shape.has_min and by_price,
        has_max=shape.has_max and by_price,
        has_seller=shape.has_seller and by_time,
        in_stock=shape.in_stock if by_time and not shape.has_seller else None,
    )


def _is_indexed(shape: QueryShape) -> bool:
    """Return whether an index of the market, or one of each category, has the rows in their order."""
    indexed = shape._replace(categories=min(shape.categories, 1))
    return _keep_indexed(indexed) == indexed


def _find_rows(shape: QueryShape) -> tuple[QuerySet[Any, Any], Tables]:
    """Return the rows from which a page of this shape is taken, in their order, and the tables of the query."""
    rows = _filter_rows(shape)
    if _is_indexed(shape):
        return _apply_ordering(rows, shape), dict
    words = _get_word_shape(shape)
    if shape.ordering == "relevance":
        candidates, tables = search.rank(
            rows, words, limit=search.get_limit(is_bounded=shape.is_bounded), in_category=shape.categories == 1
        )
    else:
        walk = _apply_ordering(_filter_rows(_keep_indexed(shape)), shape)
        candidates, tables = first_rows.find_first(
            _apply_ordering(rows, shape), walk, shape.page_size + 1, words=words, is_bounded=shape.is_bounded
        )
    page, tables = search.take_page(_apply_ordering(candidates, shape), tables, shape.page_size + 1)
    return _apply_ordering(page, shape), tables


def _get_word_shape(shape: QueryShape) -> search.WordShape:
    return search.WordShape(shape.words, shape.is_narrowed, shape.terms_first, shape.filters_first, shape.is_common)


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


def _get_count_limit(shape: QueryShape) -> int:
    """Return up to which number rows are counted exactly; of very frequent words only as many as a search ranks."""
    if shape.words and shape.is_bounded:
        return search.get_limit(is_bounded=True)
    return search.MAX_FILTERED if shape.filters_first else COUNT_LIMIT


@lru_cache(maxsize=512)
def _count_query(shape: QueryShape) -> CompiledCount:
    """Return the query that counts up to one more than the limit."""
    words = _get_word_shape(shape)

    rows = _apply_filters(Listing.objects.filter(market=shape.market.code), shape)
    if shape.categories:
        rows = rows.filter(category__id__in=[Param(f"category{n}", models.BigIntegerField()) for n in range(shape.categories)])
    matches = rows.filter(search.build_word_condition(words)) if shape.words else rows
    counted = search.sort_for_limit(matches, words).values_list("product")[: _get_count_limit(shape) + 1]
    return CompiledCount(lambda: counted, tables=lambda: search.select_first(words, rows) if shape.words else {})


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


def _get_filter_terms(query: ListQuery, categories: Sequence[int], shape: QueryShape) -> list[list[str]]:
    """Return for each filter that the index of terms has the terms of which a product has one, unless these are too many.

    In a range of prices, the index of prices of a category is better, unless the index of terms is read first.
    """
    if (shape.has_min or shape.has_max) and not shape.terms_first:
        categories = ()
    terms = [[f"{CATEGORY_FILTER}{pk}" for pk in categories], [f"{SELLER_FILTER}{query.seller}"] if query.seller else []]
    return [any_of for any_of in terms if 0 < len(any_of) <= search.MAX_FILTER_TERMS]


def _may_leave_few(shape: QueryShape) -> bool:
    """Return whether a filter that the index of terms does not have may select few products."""
    return shape.has_min or shape.has_max or shape.in_stock is False


def _choose_stages(shape: QueryShape, words: Sequence[QueryWord], params: Mapping[str, Any]) -> QueryShape:
    """Return the shape with the limits of a large catalog, and whether the words or the filters are looked up first."""
    if _is_indexed(shape) or not (catalog_statistics.is_large() and search.are_very_frequent(words)):
        return shape
    shape = shape._replace(is_bounded=True, is_common=search.are_common(words))
    if not words or shape.is_common or not _may_leave_few(shape):
        return shape
    shape = shape._replace(filters_first=True)
    passing = _count_query(_forget_page(shape._replace(words=0))).run(**params)
    return shape._replace(terms_first=passing > search.MAX_FILTERED)


def _forget_page(shape: QueryShape) -> QueryShape:
    """Return the shape for the count, which is the same for all pages in every ordering."""
    return shape._replace(ordering="newest", direction="first", page_size=0)


def _count(shape: QueryShape, params: Mapping[str, Any], shown: int) -> tuple[int, int]:
    """Return the number of rows and the limit of counting, given how many the page shows.

    Of the many that pass a filter which the index of terms does not have, some are counted, and the page may show more.
    """
    limit, shape = _get_count_limit(shape), _forget_page(shape)
    if not (shape.terms_first and shape.filters_first):
        return _count_query(shape).run(**params), limit
    found = max(shown, _count_query(shape._replace(terms_first=False)).run(**params)) if shown else 0
    return (found + 1, min(found, limit)) if found else (0, limit)


def _fetch_page(query: ListQuery, market: Market, site: str, categories: Sequence[int], words: Sequence[QueryWord]) -> CatalogPage:
    cursor = query.cursor
    direction = "first" if cursor is None else ("backward" if cursor.backwards else "forward")
    shape = QueryShape(
        *(market, len(words), len(categories), query.min_price is not None, query.max_price is not None),
        *(query.seller is not None, query.in_stock, query.ordering, direction, query.page_size),
        is_bounded=False,
        is_narrowed=False,
        terms_first=False,
        filters_first=False,
        is_common=False,
    )
    params: dict[str, Any] = {
        **{f"category{number}": pk for number, pk in enumerate(categories)},
        "min_price": query.min_price,
        "max_price": query.max_price,
        "seller": query.seller,
    }
    shape = _choose_stages(shape, words, params)
    filters = _get_filter_terms(query, categories, shape)
    if filters and shape.is_bounded and words and not (shape.is_common or _may_leave_few(shape)):
        shape = shape._replace(terms_first=True)
    shape = shape._replace(is_narrowed=search.is_worth_narrowing(words, filters))
    params |= search.word_params(words, filters)
    rows = _page_query(shape).rows(**params, position=query.position, last_id=cursor.id if cursor else None)

    def cursor_of(row: ListRow, backwards: bool) -> Cursor:
        value = row.sort_value.isoformat() if isinstance(row.sort_value, datetime) else str(row.sort_value)
        return Cursor(query.ordering, value, row.id, backwards)

    page = build_page(rows, query.page_size, cursor, cursor_of)
    count, limit = _count(shape, params, len(page.rows)) if query.wants_count else (None, 0)
    items = [serialize_list_item(row, market, site) for row in page.rows]
    return CatalogPage(items, page.next, page.previous, page.size, count, limit)
