"""Product search: which listings have the terms of a query, and in which order.

`products.search_terms` has the rules. PostgreSQL looks terms up in an index of lexemes, SQLite by regular expression.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from django.contrib.postgres.search import SearchQueryField
from django.db import connection, models
from django.db.models import Case, F, Func, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Concat
from django.db.models.lookups import Regex

from core.compiled_queries import Param
from products.models import Listing, SearchDocument, SearchVectors
from products.search_terms import MAX_WORDS, PREFIX, TIERS, QueryWord, build_patterns, simplify

MAX_RANKED = 1_000  # matches that PostgreSQL ranks by relevance
# One word in a tier costs more than MAX_WORDS words in the tier before it, so the worst word decides, then the next one.
PENALTIES = (0, *((MAX_WORDS + 1) ** tier for tier in range(TIERS - 1)))


def has_index() -> bool:
    """Return whether the database has an index of the terms."""
    return connection.vendor == "postgresql"


def word_params(words: Sequence[QueryWord]) -> dict[str, str]:
    """Return the values for the params of `build_word_condition`, `filter_rankable` and `build_relevance`."""
    render = _render_tsquery if has_index() else _render_regex
    tiers = [build_patterns(word) for word in words]
    params = {f"word{n}_tier{tier}": render(patterns) for n, word in enumerate(tiers) for tier, patterns in enumerate(word)}
    if not has_index():
        return {**params, **{f"word{n}": render(chain(*word)) for n, word in enumerate(tiers)}}
    # All words in this tier or a better one, without the matches of the tier before. A single word needs no better tiers, and
    # the index reads every pattern of a query, even those that occur twice.
    up_to = [" & ".join(f"({render(chain(*word[: tier + 1]))})" for word in tiers) for tier in range(TIERS)]
    wanted = [render(patterns) for patterns in tiers[0]] if len(tiers) == 1 else up_to
    only = [wanted[0], *(f"({query}) & !({better})" if query else "" for query, better in zip(wanted[1:], up_to, strict=False))]
    return {**params, "all_words": up_to[-1], **{f"tier{tier}": query for tier, query in enumerate(only)}}


def _render_tsquery(patterns: Iterable[str]) -> str:
    """Return the tsquery for any of the patterns, which consist of letters and digits."""
    return " | ".join(f"'{pattern[:-1]}':*" if pattern.endswith(PREFIX) else f"'{pattern}'" for pattern in simplify(patterns))


def _render_regex(patterns: Iterable[str]) -> str:
    """Return the regular expression for any of the patterns in terms that follow a space; the literal makes it fast."""
    terms = [pattern[:-1] if pattern.endswith(PREFIX) else f"{pattern}(?: |$)" for pattern in simplify(patterns)]
    return f" (?:{'|'.join(terms)})" if terms else "(?!)"


def _has(param: str, *columns: str) -> Any:
    """Return the condition that columns of terms match the patterns of a param; on PostgreSQL, it is one column."""
    patterns = Param(param, models.CharField())
    if not has_index():
        terms = Concat(*(part for column in columns for part in (Value(" "), F(column))), output_field=models.TextField())
        return Regex(terms, patterns)
    operands = (F(columns[0]), Cast(patterns, SearchQueryField()))
    return Func(*operands, arg_joiner=" @@ ", template="%(expressions)s", output_field=models.BooleanField())


def build_word_condition(count: int) -> Q:
    """Return the condition that a listing's product has each of `count` words."""
    if has_index():
        return _has_terms("all_words")
    conditions = [_has(f"word{number}", "key_terms", "text_terms") for number in range(count)]
    return Q(product_id__in=SearchDocument.objects.filter(*conditions).values("pk"))


def _has_terms(param: str) -> Q:
    return Q(product_id__in=SearchVectors.objects.filter(_has(param, "all_terms")).values("pk"))


def filter_rankable(rows: QuerySet[Any, Any], count: int) -> QuerySet[Any, Any]:
    """Restrict listings to those that have each of `count` words, on PostgreSQL to as many as can be ranked quickly.

    These are taken tier by tier, and no further tier is searched once there are enough.
    """
    if not has_index():
        return rows.filter(build_word_condition(count))
    first, *others = (rows.filter(_has_terms(f"tier{tier}")).values("pk")[:MAX_RANKED] for tier in range(TIERS))
    return Listing.objects.filter(pk__in=first.union(*others, all=True)[:MAX_RANKED])


def build_relevance(count: int) -> Any:
    """Return the expression for a listing's relevance: 0 at best, less the penalties of the tier of each word."""
    relevance: Any = Value(0.0)
    for number in range(count):
        tiers = (When(_has(f"word{number}_tier{tier}", "key_terms"), then=Value(PENALTIES[tier])) for tier in range(TIERS - 1))
        relevance = relevance - Case(*tiers, default=Value(PENALTIES[-1]))
    documents: QuerySet[Any] = SearchVectors.objects.all() if has_index() else SearchDocument.objects.all()
    relevance = Cast(relevance, models.FloatField())
    return Subquery(documents.filter(pk=OuterRef("product_id")).values(relevance=relevance))
