"""The first rows of a list in an ordering that no index has without other rows in between, found in stages on PostgreSQL."""

from typing import Any

from django.db import models
from django.db.models import F, Func, QuerySet, Subquery
from django.db.models.functions import Coalesce

from core.compiled_queries import Tables
from products.catalog import search
from products.models import AnyMatch, FirstMatch, Listing

Rows = QuerySet[Any, Any]
NEAR_ROWS = 1_000  # rows of the index of an ordering that are searched first
NEAR_ROWS_OF_MANY = 2_500  # if each word is very frequent in a large catalog, and no more are searched
FAR_ROWS = 40_000  # rows of it that are searched last in a large catalog, for lists without words


def find_first(rows: Rows, walk: Rows, size: int, *, words: search.WordShape, is_bounded: bool) -> tuple[Rows, Tables]:
    """Return the first `size` of the sorted rows that have the words, on PostgreSQL among others, and the tables of the query.

    An index has the rows of `walk` in the same order, among them all of `rows`. Frequent rows are found near its beginning, rare
    ones by the other indexes. If there are too many to collect, the rows are read in their order until there are enough. With
    `is_bounded`, this has an end, after which a page is filled with some of those that were collected.
    """
    matches = rows.filter(search.build_word_condition(words._replace(terms_first=False))) if words.size else rows
    if not search.has_index():
        return matches, dict
    if words.filters_first and not words.terms_first:
        return matches.annotate(relevance=search.UNRANKED), lambda: search.select_first(words, rows)
    of_many = is_bounded and words.size > 0
    limit = search.get_limit(is_bounded=of_many)
    near = matches.filter(_is_among_first(walk, NEAR_ROWS_OF_MANY if of_many else NEAR_ROWS))[:size]
    remaining = rows.filter(search.build_word_condition(words)) if words.terms_first else matches
    remaining = remaining.exclude(search.has_rows(FirstMatch.objects.all(), size))
    collected = search.sort_for_limit(remaining, words)[: limit + 1]
    tables: dict[type[models.Model], Rows] = {
        **search.select_first(words, rows),
        FirstMatch: search.select_match(near),
        AnyMatch: search.select_match(collected),
    }
    candidates: list[Rows] = [table._default_manager.values("pk") for table in (FirstMatch, AnyMatch)]
    if not of_many:
        far = matches.filter(search.has_rows(AnyMatch.objects.all(), limit + 1))
        candidates.append((far.filter(_is_among_first(walk, FAR_ROWS)) if is_bounded else far)[:size].values("pk"))
    first, *others = candidates
    return Listing.objects.filter(pk__in=first.union(*others, all=True)).annotate(relevance=search.UNRANKED), lambda: tables


def _is_among_first(walk: Rows, count: int) -> Any:
    """Return the condition that a row is not after the first `count` rows of a sorted queryset, as a range of its index."""
    columns = [str(column) for column in walk.query.order_by]
    names = [column.removeprefix("-") for column in columns]
    last = [Coalesce(Subquery(walk.values(name)[count - 1 : count]), Subquery(walk.reverse().values(name)[:1])) for name in names]
    comparison = " >= " if columns[0].startswith("-") else " <= "
    sides = (Func(*values, function="ROW") for values in (map(F, names), last))
    return Func(*sides, arg_joiner=comparison, template="%(expressions)s", output_field=models.BooleanField())
