"""Product search: which listings have the terms of a query, and in which order.

`products.search_terms` has the rules. PostgreSQL looks terms up in an index of lexemes, SQLite by regular expression.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from django.contrib.postgres.search import SearchQueryField
from django.db import connection, models
from django.db.models import Case, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Concat
from django.db.models.lookups import Regex

from core.compiled_queries import Param, Tables
from products.catalog.term_frequencies import estimate_frequency
from products.models import AnyMatch, FirstMatch, Listing, RankedMatch, SearchDocument, SearchVectors
from products.search_terms import MAX_WORDS, PREFIX, TIERS, QueryWord, build_patterns, simplify

Rows = QuerySet[Any, Any]
MAX_RANKED = 1_000  # matches that PostgreSQL ranks by relevance
WHOLE_WORDS, PARTS = range(3), range(3, TIERS - 1)  # tiers
NEAR_PAGES = 16  # pages of an ordering that are searched before the index is
UNRANKED = Value(0.0)
CHECK_COST = 15  # of reading a document, in units of collecting a match from the index
# One word in a tier costs more than MAX_WORDS words in the tier before it, so the worst word decides, then the next one.
PENALTIES = (0, *((MAX_WORDS + 1) ** tier for tier in range(TIERS - 1)))


def has_index() -> bool:
    """Return whether the database has an index of the terms."""
    return connection.vendor == "postgresql"


def word_params(words: Sequence[QueryWord]) -> dict[str, str]:
    """Return the values for the params of `build_word_condition`, `rank` and `build_relevance`."""
    render = _render_tsquery if has_index() else _render_regex
    tiers = [build_patterns(word) for word in words]
    params = {f"word{n}_tier{tier}": render(patterns) for n, word in enumerate(tiers) for tier, patterns in enumerate(word)}
    if has_index():
        return {**params, **_index_params(tiers)} if words else {}
    return {**params, **{f"word{n}": render(chain(*word)) for n, word in enumerate(tiers)}}


def _index_params(words: Sequence[list[list[str]]]) -> dict[str, str]:
    """Return for each tier the tsquery of all words in this tier or a better one, and that to look up in the index."""
    params = {}
    for tier in range(TIERS):
        up_to = [list(chain(*word[: tier + 1])) for word in words]
        # A single word needs no better tiers: what has them is excluded.
        wanted = [words[0][tier]] if len(words) == 1 and tier < TIERS - 1 else up_to
        params[f"tier{tier}"] = " & ".join(f"({_render_tsquery(patterns)})" for patterns in up_to)
        params[f"tier{tier}_index"] = " & ".join(f"({query})" for query in map(_render_tsquery, _choose_rare(wanted)) if query)
    return params


def _choose_rare(words: Sequence[list[str]]) -> Sequence[list[str]]:
    """Return the words whose matches the index should combine, given their patterns.

    The index collects all matches of the beginning of a word before it combines them with others. A word that many of the
    other words' matches have is cheaper to look for in these.
    """
    if len(words) == 1:
        return words
    frequencies = [estimate_frequency(patterns) for patterns in words]
    rarest = min(frequencies)
    chosen = [patterns for patterns, part in zip(words, frequencies, strict=True) if part <= CHECK_COST * rarest * (1 - part)]
    return chosen or [words[frequencies.index(rarest)]]


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
        return _in_tier(TIERS - 1, count)
    conditions = [_has(f"word{number}", "key_terms", "text_terms") for number in range(count)]
    return Q(product_id__in=SearchDocument.objects.filter(*conditions).values("pk"))


def _in_tier(tier: int, count: int, *, only: bool = False) -> Q:
    """Return the condition that a product has all words in a tier or a better one; with `only`, not all in a better one."""
    documents = SearchVectors.objects.filter(_has(f"tier{tier}_index", "all_terms"))
    if count > 1:
        documents = documents.filter(_has_without_index(f"tier{tier}"))
    if only and tier:
        documents = documents.exclude(_has_without_index(f"tier{tier - 1}"))
    return Q(product_id__in=documents.values("pk"))


def _has_without_index(param: str) -> Any:
    """Return the condition that the terms match the patterns of a param in a form for which PostgreSQL uses no index."""
    return Coalesce(_has(param, "all_terms"), Value(False))


def rank(rows: Rows, count: int) -> tuple[Rows, Tables]:
    """Return the listings that have each of `count` words, with their relevance, and the tables of the query.

    PostgreSQL ranks a limited number: those that have whole words, then any others. Only if there are too many of these, it
    looks for the best, tier by tier, and searches no further tier once there are enough.
    """
    relevance, has_words = build_relevance(count), build_word_condition(count)
    if not has_index():
        return rows.filter(has_words).annotate(relevance=relevance), dict

    def find_tiers(tiers: Mapping[int, Rows]) -> Rows:
        first, *others = (
            _select_match(tier_rows.filter(_in_tier(tier, count, only=True))[:MAX_RANKED], relevance)
            for tier, tier_rows in tiers.items()
        )
        return first.union(*others, all=True)[:MAX_RANKED]

    others = rows.exclude(_has_rows(FirstMatch.objects.all(), MAX_RANKED)).filter(has_words)[: MAX_RANKED + 1]
    better = find_tiers({tier: rows.filter(_needs_tier(tier)) for tier in PARTS})
    matches = (table.objects.values("pk", "relevance") for table in (FirstMatch, AnyMatch))
    return Listing.objects.filter(rankedmatch__isnull=False).annotate(relevance=F("rankedmatch__relevance")), lambda: {
        FirstMatch: find_tiers(dict.fromkeys(WHOLE_WORDS, rows)),
        AnyMatch: _select_match(others, relevance),
        RankedMatch: better.union(*matches).order_by("-relevance", "-pk")[:MAX_RANKED],
    }


def _needs_tier(tier: int) -> Q:
    """Return the condition that there are more matches than are ranked, and too few in `AnyMatch` have all words in the tier."""
    good = AnyMatch.objects.filter(relevance__gt=-PENALTIES[tier + 1])
    return Q(_has_rows(AnyMatch.objects.all(), MAX_RANKED + 1)) & ~Q(_has_rows(good, MAX_RANKED))


def find_first(rows: Rows, count: int, size: int, *, is_indexed: bool) -> tuple[Rows, Tables]:
    """Return the first `size` of the sorted listings that have each of `count` words, on PostgreSQL among others, and the tables.

    `is_indexed` tells that an index has the rows in their order: frequent words are found near its beginning. Rare words are
    found by the index of terms. Else the planner may choose to read the rows in their order until there are enough.
    """
    has_words = build_word_condition(count)
    if not has_index():
        return rows.filter(has_words), dict
    tables: dict[type[models.Model], Rows] = {}
    matches = rows.filter(has_words)
    if is_indexed:
        near = Listing.objects.filter(has_words, pk__in=rows.values("pk")[: NEAR_PAGES * size])
        tables[FirstMatch] = _select_match(near.order_by(*rows.query.order_by)[:size])
        matches = matches.exclude(_has_rows(FirstMatch.objects.all(), size))
    tables[AnyMatch] = _select_match(matches.order_by()[: MAX_RANKED + 1])
    others = rows.filter(_has_rows(AnyMatch.objects.all(), MAX_RANKED + 1), has_words)[:size]
    candidates = others.values("pk").union(*(table._default_manager.values("pk") for table in tables), all=True)
    return Listing.objects.filter(pk__in=candidates), lambda: tables


def _select_match(rows: Rows, relevance: Any = UNRANKED) -> Rows:
    """Return the columns of a `SearchMatch`."""
    return rows.values("pk", relevance=relevance)


def _has_rows(matches: Rows, count: int) -> Exists:
    """Return the condition that there are at least so many rows, which is evaluated once."""
    return Exists(matches.values("pk")[count - 1 : count])


def build_relevance(count: int) -> Any:
    """Return the expression for a listing's relevance: 0 at best, less the penalties of the tier of each word."""
    relevance: Any = Value(0.0)
    for number in range(count):
        tiers = (When(_has(f"word{number}_tier{tier}", "key_terms"), then=Value(PENALTIES[tier])) for tier in range(TIERS - 1))
        relevance = relevance - Case(*tiers, default=Value(PENALTIES[-1]))
    documents: QuerySet[Any] = SearchVectors.objects.all() if has_index() else SearchDocument.objects.all()
    relevance = Cast(relevance, models.FloatField())
    return Subquery(documents.filter(pk=OuterRef("product_id")).values(relevance=relevance))
