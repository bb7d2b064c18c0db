"""Product search: full text search on PostgreSQL, LIKE on SQLite, and spelling correction on both."""

import difflib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.contrib.postgres.lookups import TrigramSimilar
from django.contrib.postgres.search import SearchQuery, SearchRank, TrigramSimilarity
from django.db import connection, models
from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Length

from core.compiled_queries import CompiledSelect, Param
from products.models import Listing, SearchDocument, SearchWord
from products.text_folding import CORRECTABLE_WORD, fold

MAX_QUERY_LENGTH = 200  # characters; the rest of a query is ignored
MAX_WORDS = 6
MAX_RANKED = 1_000  # matches in names, and as many in descriptions, that are ranked by relevance
MIN_SIMILARITY = 0.6  # of a correction on SQLite; PostgreSQL has pg_trgm.similarity_threshold (0.3)


def parse_words(query: str) -> tuple[str, ...]:
    """Return the words to search for, folded and without punctuation, so that no character has a meaning in a query language."""
    return tuple(dict.fromkeys(fold(query[:MAX_QUERY_LENGTH]).split()))[:MAX_WORDS]


def has_full_text_search() -> bool:
    """Return whether the database has full text search."""
    return connection.vendor == "postgresql"


def word_params(words: Sequence[str]) -> dict[str, str]:
    """Return the values for the params of `build_word_condition` and `build_relevance`."""
    return {f"word{number}": f"'{word}':*" if has_full_text_search() else word for number, word in enumerate(words)}


def _word_param(number: int) -> Param:
    return Param(f"word{number}", models.CharField())


def _search_query(count: int) -> Any:
    """Return the text search query that requires every word, matched by prefix or by its English stem."""
    query: Any = None
    for number in range(count):
        by_prefix = SearchQuery(_word_param(number), config="simple", search_type="raw")
        word = by_prefix | SearchQuery(_word_param(number), config="english", search_type="raw")
        query = word if query is None else query & word
    return query


def build_word_condition(count: int) -> Q:
    """Return the condition that a listing's product contains each of `count` words."""
    if has_full_text_search():
        return Q(product_id__in=SearchDocument.objects.filter(search=_search_query(count)).values("pk"))
    condition = Q()
    for number in range(count):
        condition &= Q(product__search_name__contains=_word_param(number)) | Q(product__search_text__contains=_word_param(number))
    return condition


def filter_rankable(rows: QuerySet[Any, Any], count: int) -> QuerySet[Any, Any]:
    """Restrict listings to those that contain each of `count` words, on PostgreSQL to as many as can be ranked quickly.

    Rank means little for a word that very many products contain. Matches in the name have their own limit, so they still come
    first.
    """
    if not has_full_text_search():
        return rows.filter(build_word_condition(count))
    query = _search_query(count)
    in_name = rows.filter(product_id__in=SearchDocument.objects.filter(search_title=query).values("pk"))
    anywhere = rows.filter(product_id__in=SearchDocument.objects.filter(search=query).values("pk"))
    rankable = in_name.values("pk")[:MAX_RANKED].union(anywhere.values("pk")[:MAX_RANKED])
    return Listing.objects.filter(pk__in=rankable)


def build_relevance(count: int) -> Any:
    """Return the expression for a listing's relevance, in which the name weighs more than the description."""
    if has_full_text_search():
        documents = SearchDocument.objects.filter(pk=OuterRef("product_id"))
        return Subquery(documents.values(rank=Cast(SearchRank(F("search"), _search_query(count)), models.FloatField())))
    score: Any = Value(0.0)
    for number in range(count):
        word = _word_param(number)
        score = score + Case(
            When(product__search_name__startswith=word, then=Value(3.0)),
            When(product__search_name__contains=word, then=Value(2.0)),
            default=Value(1.0),
        )
    return Cast(score, models.FloatField())


def correct_spelling(words: Sequence[str]) -> tuple[str, ...] | None:
    """Return the words, each replaced by the most similar word of a product name; None if nothing changes.

    One statement, whatever the number of words.
    """
    correctable = [word for word in words if CORRECTABLE_WORD.fullmatch(word)]
    if not correctable:
        return None
    corrections = _find_nearest_words(correctable)
    corrected = tuple(corrections.get(word, word) for word in words)
    return corrected if corrected != tuple(words) else None


def _find_nearest_words(words: Sequence[str]) -> dict[str, str]:
    if has_full_text_search():
        params = {f"word{number}": word for number, word in enumerate(words)}
        row = _trigram_query(len(words)).first(**params) or ()  # no row if no words are indexed
        return {word: match for word, match in zip(words, row, strict=False) if match}
    letters = {f"letter{number}": word[0] for number, word in enumerate(words)}
    candidates = [str(word) for (word,) in _candidates_query(len(words)).rows(**letters)]
    nearest = {}
    for word in words:
        comparable = _filter_comparable(word, candidates)
        if matches := difflib.get_close_matches(word, comparable, n=1, cutoff=MIN_SIMILARITY):
            nearest[word] = matches[0]
    return nearest


def _filter_comparable(word: str, candidates: Sequence[str]) -> list[str]:
    return [other for other in candidates if other[0] == word[0] and abs(len(other) - len(word)) <= 2]


@lru_cache(maxsize=MAX_WORDS)
def _trigram_query(count: int) -> CompiledSelect[tuple[str | None, ...]]:
    """Return the query for the most similar indexed word of each of `count` words, by trigrams; NULL if none is similar."""

    def build_nearest(number: int) -> Subquery:
        word = Cast(Param(f"word{number}", models.TextField()), models.TextField())
        return Subquery(
            SearchWord.objects.filter(TrigramSimilar(F("word"), word))
            .order_by(
                TrigramSimilarity("word", word).desc(),  # type: ignore[arg-type]  # accepts expressions too
                "word",
            )
            .values("word")[:1]
        )

    def build() -> QuerySet[Any, Any]:
        single_row = SearchWord.objects.order_by("pk")[:1]
        return single_row.values_list(*(build_nearest(number) for number in range(count)))

    return CompiledSelect(tuple, build)


@lru_cache(maxsize=MAX_WORDS)
def _candidates_query(count: int) -> CompiledSelect[tuple[str]]:
    """Return the query for the indexed words that start with one of `count` letters, shortest first."""
    letters = Q()
    for number in range(count):
        letters |= Q(word__startswith=Param(f"letter{number}", models.CharField()))
    return CompiledSelect(tuple, lambda: SearchWord.objects.filter(letters).order_by(Length("word"), "word").values_list("word"))
