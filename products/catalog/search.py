"""Product search: which listings have the terms of a query, and in which order.

`products.search_terms` has the rules. PostgreSQL looks terms up in an index of lexemes, SQLite by regular expression.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from django.contrib.postgres.search import SearchQueryField
from django.db import connection, models
from django.db.models import Case, Exists, F, Func, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Coalesce, Concat
from django.db.models.lookups import Regex

from core.compiled_queries import Param, Tables
from products.catalog.catalog_statistics import estimate_frequency, expand, is_large, is_very_frequent
from products.models import (
    AnyMatch,
    AnyTermMatch,
    FirstMatch,
    Listing,
    PageMatch,
    RankedMatch,
    SearchDocument,
    SearchVectors,
    WholeTermMatch,
)
from products.search_terms import FILTER, MAX_WORDS, PREFIX, TIERS, QueryWord, build_patterns, simplify

Rows = QuerySet[Any, Any]
NEWEST = ("-created_at", "-product_id")
MAX_RANKED = 1_000  # matches that PostgreSQL ranks by relevance
MAX_RANKED_OF_MANY = 500  # if each word is very frequent in a large catalog
MAX_FILTERED = 1_500  # products that pass the filters and are compared with very frequent words in a large catalog
MAX_TERM_MATCHES = 3_000  # products with such words that are compared with the filters
WHOLE_WORDS, PARTS = range(3), range(3, TIERS - 1)  # tiers
UNRANKED = Value(0.0)
# Documents that the previous release wrote; an index has these few.
UNFILTERED = Func(F("all_terms"), template=f"NOT %(expressions)s @@ '{FILTER}'::tsquery", output_field=models.BooleanField())
MAX_FILTER_TERMS = 20  # categories that the index combines with the words; each takes time for each match of the words
CHECK_COST = 15  # of reading a document, in units of collecting a match from the index
# The patterns of beginnings of a letter or digit, and of its compounds with another one.
LATIN_INITIALS = re.compile(rf"[a-z][a-z0-9]{{1,2}}{re.escape(PREFIX)}")
# One word in a tier costs more than MAX_WORDS words in the tier before it, so the worst word decides, then the next one.
PENALTIES = (0, *((MAX_WORDS + 1) ** tier for tier in range(TIERS - 1)))


class WordShape(NamedTuple):
    """What determines the SQL of the condition that products have the words of a query."""

    size: int  # words
    is_narrowed: bool = False  # the index combines the words with the terms of filters
    terms_first: bool = False  # PostgreSQL reads the index of terms, whatever it expects of the other indexes
    filters_first: bool = False  # it compares the words with products that pass the filters; with `terms_first`, both
    is_common: bool = False  # most products have the words


def has_index() -> bool:
    """Return whether the database has an index of the terms."""
    return connection.vendor == "postgresql"


def are_very_frequent(words: Sequence[QueryWord]) -> bool:
    """Return whether very many products of a large catalog have each of the words."""
    return all(is_very_frequent(chain(*_choose_patterns(word))) for word in words)


def are_common(words: Sequence[QueryWord]) -> bool:
    """Return whether most products of a large catalog have each of the words."""
    return is_large() and all(estimate_frequency(chain(*_build_tiers(word))) > 0.5 for word in words)


def is_worth_narrowing(words: Sequence[QueryWord], filters: Sequence[Sequence[str]]) -> bool:
    """Return whether the index should combine the words with any of the filters."""
    return bool(words) and bool(_choose_filters(filters, [list(chain(*_build_tiers(word))) for word in words]))


def word_params(words: Sequence[QueryWord], filters: Sequence[Sequence[str]] = ()) -> dict[str, str]:
    """Return the values for the params of `build_word_condition`, `rank` and `build_relevance`.

    `filters` are the filter terms of which a match has one each. They only save PostgreSQL time; the listings are filtered
    besides.
    """
    render = _render_tsquery if has_index() else _render_regex
    tiers = [_build_tiers(word) for word in words]
    params = {f"word{n}_tier{tier}": render(patterns) for n, word in enumerate(tiers) for tier, patterns in enumerate(word)}
    if has_index():
        return {**params, **_index_params(tiers, filters)} if words else {}
    return {**params, **{f"word{n}": render(chain(*word)) for n, word in enumerate(tiers)}}


def _build_tiers(word: QueryWord) -> list[list[str]]:
    """Return the patterns of a word in each tier, without beginnings that take too long in a large catalog.

    The index collects the matches of each beginning before it combines them.
    """
    return [list(chain(*map(expand, patterns))) for patterns in _choose_patterns(word)]


def _choose_patterns(word: QueryWord) -> list[list[str]]:
    """Return the patterns of a word in each tier; in a large catalog, a very frequent word or a single letter is a whole word."""
    tiers = build_patterns(word)
    whole = [[pattern.removesuffix(PREFIX) for pattern in patterns] for patterns in tiers]
    if any(is_very_frequent([term]) for term in chain(*whole)):
        return whole
    if not (is_large() and len(word.text) == 1):
        return tiers
    return [[pattern for pattern in patterns if not LATIN_INITIALS.fullmatch(pattern)] for patterns in tiers]


def _index_params(words: Sequence[list[list[str]]], filters: Sequence[Sequence[str]]) -> dict[str, str]:
    """Return for each tier the tsquery of all words in this tier or a better one, and that to look up in the index."""
    params = {}
    for tier in range(TIERS):
        up_to = [list(chain(*word[: tier + 1])) for word in words]
        # A single word needs no better tiers: what has them is excluded.
        wanted = [words[0][tier]] if len(words) == 1 and tier < TIERS - 1 else up_to
        params[f"tier{tier}"] = " & ".join(f"({_render_tsquery(patterns)})" for patterns in up_to)
        conditions = [query for query in map(_render_tsquery, _choose_rare(wanted)) if query]
        params[f"tier{tier}_index"] = _join(conditions)
        if filters:
            chosen = _choose_filters(filters, wanted) if conditions else ()
            params[f"tier{tier}_narrowed"] = _join([*conditions, *map(_render_tsquery, chosen)])
    return params


def _join(conditions: Iterable[str]) -> str:
    return " & ".join(f"({query})" for query in conditions)


def _choose_filters(filters: Iterable[Sequence[str]], words: Sequence[list[str]]) -> list[Sequence[str]]:
    """Return the filters that the index should combine with the words, given the patterns of each word.

    If nearly all products have the words, they are found among those that pass a filter.
    """
    rarest = min(map(estimate_frequency, words))
    parts = [(terms, estimate_frequency(terms)) for terms in filters]
    return [terms for terms, part in parts if rarest + part <= 1 and _is_worth_combining(part, rarest)]


def _is_worth_combining(part: float, rarest: float) -> bool:
    """Return whether the index should combine what a part of all products has with what the rarest word leaves."""
    return part <= CHECK_COST * rarest * (1 - part)


def _choose_rare(words: Sequence[list[str]]) -> Sequence[list[str]]:
    """Return the words whose matches the index should combine, given their patterns.

    The index collects all matches of the beginning of a word before it combines them with others. A word that many of the
    other words' matches have is cheaper to look for in these.
    """
    if len(words) == 1:
        return words
    frequencies = [estimate_frequency(patterns) for patterns in words]
    rarest = min(frequencies)
    chosen = [patterns for patterns, part in zip(words, frequencies, strict=True) if _is_worth_combining(part, rarest)]
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


def build_word_condition(words: WordShape) -> Q:
    """Return the condition that a listing's product has each of the words; the query needs the tables of `select_first`."""
    if words.terms_first or words.filters_first:
        return Q(product__anytermmatch__isnull=False)
    if has_index():
        return _in_tier(TIERS - 1, words)
    conditions = [_has(f"word{number}", "key_terms", "text_terms") for number in range(words.size)]
    return Q(product_id__in=SearchDocument.objects.filter(*conditions).values("pk"))


def select_first(words: WordShape, rows: Rows) -> dict[type[models.Model], Rows]:
    """Return the tables of `build_word_condition` for rows that pass the filters.

    PostgreSQL takes words and filters for independent of each other. It would look through a category for a frequent word that
    hardly any of its products have, and read all matches of frequent words to find the few that are sold out. Sorted, the matches
    are in the order of the tables that are read next.
    """
    if not words.filters_first:
        return {AnyTermMatch: _select_documents(TIERS - 1, words)} if words.terms_first else {}
    few = SearchVectors.objects.filter(
        _has_without_index(f"tier{TIERS - 1}"), pk__in=rows.order_by().values("product")[:MAX_FILTERED]
    )
    if not words.terms_first:
        return {AnyTermMatch: few.values("pk")}
    whole = _select_documents(WHOLE_WORDS[-1], words)[:MAX_TERM_MATCHES]
    others = _select_documents(TIERS - 1, words).exclude(has_rows(WholeTermMatch.objects.all(), MAX_TERM_MATCHES))
    found = (WholeTermMatch.objects.values("pk"), others[:MAX_TERM_MATCHES])
    return {WholeTermMatch: whole, AnyTermMatch: few.values("pk").union(*found).order_by("pk")}


def _in_tier(tier: int, words: WordShape, *, only: bool = False) -> Q:
    """Return the condition that a product has all words in a tier or a better one; with `only`, not all in a better one."""
    return Q(product_id__in=_select_documents(tier, words, only=only))


def _select_documents(tier: int, words: WordShape, *, only: bool = False) -> Rows:
    """Return the ids of the products of `_in_tier`."""
    in_index = _has(f"tier{tier}_index", "all_terms")
    if words.is_narrowed:
        in_index = Q(_has(f"tier{tier}_narrowed", "all_terms")) | Q(UNFILTERED, in_index)
    documents = SearchVectors.objects.filter(in_index)
    if words.size > 1:
        documents = documents.filter(_has_without_index(f"tier{tier}"))
    if only and tier:
        documents = documents.exclude(_has_without_index(f"tier{tier - 1}"))
    return documents.values("pk")


def _has_without_index(param: str) -> Any:
    """Return the condition that the terms match the patterns of a param in a form for which PostgreSQL uses no index."""
    return Coalesce(_has(param, "all_terms"), Value(False))


def get_limit(*, is_bounded: bool) -> int:
    """Return how many matches PostgreSQL ranks or collects."""
    return MAX_RANKED_OF_MANY if is_bounded else MAX_RANKED


def sort_for_limit(rows: Rows, words: WordShape) -> Rows:
    """Sort rows with the words, of which a limited number is wanted, as PostgreSQL finds them at the least cost.

    It would look for a single word, or words that most products have, among the products from the oldest on, which may all be
    in other categories. For several other words, which may never meet, the index of terms is better.
    """
    is_walk = (words.size == 1 and not words.terms_first) or words.is_common
    return rows.order_by(*NEWEST) if is_walk else rows.order_by()


def rank(rows: Rows, words: WordShape, *, limit: int, in_category: bool) -> tuple[Rows, Tables]:
    """Return the listings that have each of the words, with their relevance, and the tables of the query.

    PostgreSQL ranks a limited number: those that have whole words, then any others. Only if there are too many of these, it
    looks for the best, tier by tier, and searches no further tier once there are enough.
    """
    relevance, has_words = build_relevance(words.size), build_word_condition(words)
    if in_category:
        rows = sort_for_limit(rows, words)
    if not has_index():
        return rows.filter(has_words).annotate(relevance=relevance), dict
    ranked = Listing.objects.filter(rankedmatch__isnull=False).annotate(relevance=F("rankedmatch__relevance"))
    if words.filters_first:
        found = rows.filter(has_words)[: limit if words.terms_first else MAX_FILTERED]
        return ranked, lambda: {**select_first(words, rows), RankedMatch: select_match(found, relevance)}

    def find_tier(tier: int) -> Q:
        is_first = words.terms_first and tier == WHOLE_WORDS[-1]
        return Q(product__wholetermmatch__isnull=False) if is_first else _in_tier(tier, words, only=True)

    def find_tiers(tiers: Mapping[int, Rows]) -> Rows:
        first, *others = (select_match(tier_rows.filter(find_tier(tier))[:limit], relevance) for tier, tier_rows in tiers.items())
        return first.union(*others, all=True)[:limit]

    others = rows.exclude(has_rows(FirstMatch.objects.all(), limit)).filter(has_words)[: limit + 1]
    better = find_tiers({tier: rows.order_by().filter(_needs_tier(tier, limit)) for tier in PARTS})
    matches = (table.objects.values("pk", "relevance") for table in (FirstMatch, AnyMatch))
    whole: dict[type[models.Model], Rows] = (
        {WholeTermMatch: _select_documents(WHOLE_WORDS[-1], words, only=True)} if words.terms_first else {}
    )
    return ranked, lambda: {
        **whole,
        **select_first(words, rows),
        FirstMatch: find_tiers(dict.fromkeys(WHOLE_WORDS, rows)),
        AnyMatch: select_match(others, relevance),
        RankedMatch: better.union(*matches).order_by("-relevance", "-pk")[:limit],
    }


def _needs_tier(tier: int, limit: int) -> Q:
    """Return the condition that there are more matches than the limit, and too few in `AnyMatch` have all words in the tier."""
    good = AnyMatch.objects.filter(relevance__gt=-PENALTIES[tier + 1])
    return Q(has_rows(AnyMatch.objects.all(), limit + 1)) & ~Q(has_rows(good, limit))


def take_page(candidates: Rows, tables: Tables, size: int) -> tuple[Rows, Tables]:
    """Return the first `size` of the sorted candidates, and the tables; PostgreSQL reads what a page shows for these alone."""
    if not has_index():
        return candidates, tables
    page = Listing.objects.filter(pagematch__isnull=False).annotate(relevance=F("pagematch__relevance"))
    return page, lambda: {**tables(), PageMatch: candidates.values("pk", "relevance")[:size]}


def select_match(rows: Rows, relevance: Any = UNRANKED) -> Rows:
    """Return the columns of a `SearchMatch`."""
    return rows.values("pk", relevance=relevance)


def has_rows(matches: Rows, count: int) -> Exists:
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
