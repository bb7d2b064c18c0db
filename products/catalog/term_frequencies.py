"""How frequent terms are, by the statistics of PostgreSQL's planner; what a search finds does not depend on them."""

import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate

from core import replica
from products.search_terms import PREFIX, simplify

MAX_AGE = 600  # seconds until the statistics are read again
STATISTICS = (
    "SELECT unnest(most_common_elems::text::text[]), unnest(most_common_elem_freqs) FROM pg_stats"
    " WHERE schemaname = current_schema() AND tablename = 'products_searchdocument' AND attname = 'all_terms'"
)
LAST = "\U0010ffff"  # sorts after all characters of terms


def estimate_frequency(patterns: Iterable[str]) -> float:
    """Return about which part of all products, from 0 to 1, has a term that one of the patterns matches."""
    terms, sums = _load_statistics(int(time.monotonic() / MAX_AGE))
    total = 0.0
    for pattern in simplify(patterns):
        text = pattern.removesuffix(PREFIX)
        end = bisect_right(terms, text) if text == pattern else bisect_left(terms, text + LAST)
        total += sums[end] - sums[bisect_left(terms, text)]
    return min(total, 1.0)


@lru_cache(maxsize=1)
def _load_statistics(period: int) -> tuple[Sequence[str], Sequence[float]]:
    """Return the most common terms, sorted, and the sums of the frequencies of those before each."""
    with replica.get_connection().cursor() as cursor:
        cursor.execute(STATISTICS)
        rows = sorted(row for row in cursor.fetchall() if row[0] is not None)  # the last frequencies are of no term
    return [term for term, _ in rows], [0.0, *accumulate(frequency for _, frequency in rows)]
