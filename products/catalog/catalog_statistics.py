"""The number of products and how frequent terms are, by the statistics of PostgreSQL's planner."""

import heapq
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from core import replica
from products.search_terms import PREFIX, simplify

LARGE = 100_000  # products, above which lists and searches have limits
VERY_FREQUENT = 20_000  # products that have a term
TOO_FREQUENT = 30_000  # products that have a term with the same beginning
MAX_EXPANDED = 5  # terms that such a beginning stands for
MAX_AGE = 600  # seconds until the statistics are read again
STATISTICS = (
    "SELECT reltuples, most_common_elems::text::text[], most_common_elem_freqs FROM pg_class LEFT JOIN pg_stats"
    " ON schemaname = current_schema() AND tablename = relname AND attname = 'all_terms'"
    " WHERE oid = 'products_searchdocument'::regclass"
)
LAST = "\U0010ffff"  # sorts after all characters of terms


class Statistics(NamedTuple):
    """What the planner knows of the search documents: their number, and the most common terms."""

    products: float = 0.0
    terms: Sequence[str] = ()  # sorted
    sums: Sequence[float] = (0.0,)  # of the frequencies of the terms before each, and of all


def is_large() -> bool:
    """Return whether there are more products than every search looks at."""
    return _get_statistics().products > LARGE


def is_very_frequent(patterns: Iterable[str]) -> bool:
    """Return whether very many products of a large catalog have a term that one of the patterns matches."""
    return is_large() and _get_statistics().products * estimate_frequency(patterns) > VERY_FREQUENT


def estimate_frequency(patterns: Iterable[str]) -> float:
    """Return about which part of all products, from 0 to 1, has a term that one of the patterns matches."""
    sums = _get_statistics().sums
    ranges = map(_find_range, simplify(patterns))
    return min(sum(sums[matches.stop] - sums[matches.start] for matches in ranges), 1.0)


def expand(pattern: str) -> list[str]:
    """Return the pattern, or its most frequent terms if it is a beginning that too many products of a large catalog have."""
    products, terms, sums = _get_statistics()
    if not (pattern.endswith(PREFIX) and is_large() and products * estimate_frequency([pattern]) > TOO_FREQUENT):
        return [pattern]
    most_frequent = heapq.nlargest(MAX_EXPANDED, _find_range(pattern), key=lambda at: sums[at + 1] - sums[at])
    return [terms[at] for at in most_frequent]


def _find_range(pattern: str) -> range:
    """Return where the sorted common terms are that a pattern matches."""
    terms, text = _get_statistics().terms, pattern.removesuffix(PREFIX)
    end = bisect_right(terms, text) if text == pattern else bisect_left(terms, text + LAST)
    return range(bisect_left(terms, text), end)


def _get_statistics() -> Statistics:
    """Return the statistics, which a process reads once in ten minutes; they are empty on other databases than PostgreSQL."""
    return _load_statistics(int(time.monotonic() / MAX_AGE)) if replica.get_connection().vendor == "postgresql" else Statistics()


@lru_cache(maxsize=1)
def _load_statistics(period: int) -> Statistics:
    with replica.get_connection().cursor() as cursor:
        cursor.execute(STATISTICS)
        products, terms, frequencies = cursor.fetchone()
    rows = sorted(zip(terms or (), frequencies or (), strict=False))  # the last frequencies are of no term
    return Statistics(products, [term for term, _ in rows], [0.0, *accumulate(frequency for _, frequency in rows)])
