"""Finding products by words: PostgreSQL's full text, plain LIKE on SQLite; and guessing what a mistyped word should have been."""

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
from products.text_folding import TYPICAL, fold

MAX_LENGTH = 200  # characters of a query that are read
MAX_WORDS = 6
MAX_RANKED = 1_000  # matches in names, and as many in texts, that are compared for relevance
NEAR = 0.6  # how alike a guess is at least, on SQLite; PostgreSQL has a threshold of its own (pg_trgm.similarity_threshold, 0.3)


def words_of(query: str) -> tuple[str, ...]:
    """Return the words that are searched for: folded, without punctuation, so that none of it means anything to a database."""
    return tuple(dict.fromkeys(fold(query[:MAX_LENGTH]).split()))[:MAX_WORDS]


def on_postgresql() -> bool:
    """Say whether the database has full text search."""
    return connection.vendor == "postgresql"


def slots(words: Sequence[str]) -> dict[str, str]:
    """Return the values of the slots of `matching` and `relevance`."""
    return {f"word{number}": f"'{word}':*" if on_postgresql() else word for number, word in enumerate(words)}


def _word(number: int) -> Param:
    return Param(f"word{number}", models.CharField())


def _query(count: int) -> Any:
    """Return the text search query: every word, as it begins or by its English stem."""
    query: Any = None
    for number in range(count):
        forms = [SearchQuery(_word(number), config=config, search_type="raw") for config in ("simple", "english")]
        one = forms[0] | forms[1]
        query = one if query is None else query & one
    return query


def matching(count: int) -> Q:
    """Return the condition that a listing's product holds this many words."""
    if on_postgresql():
        return Q(product_id__in=SearchDocument.objects.filter(search=_query(count)).values("pk"))
    condition = Q()
    for number in range(count):
        condition &= Q(product__search_name__contains=_word(number)) | Q(product__search_text__contains=_word(number))
    return condition


def comparable(rows: QuerySet[Any, Any], count: int) -> QuerySet[Any, Any]:
    """Return those of the listings that hold this many words, and on PostgreSQL no more than can be ranked in little time.

    A word that very many products have says little about any of them; those that are named by it come first all the same.
    """
    if not on_postgresql():
        return rows.filter(matching(count))
    query = _query(count)
    titles = rows.filter(product_id__in=SearchDocument.objects.filter(search_title=query).values("pk"))
    texts = rows.filter(product_id__in=SearchDocument.objects.filter(search=query).values("pk"))
    some = titles.values("pk")[:MAX_RANKED].union(texts.values("pk")[:MAX_RANKED])
    return Listing.objects.filter(pk__in=some)


def relevance(count: int) -> Any:
    """Return how well a listing's product fits: the name counts more than the text."""
    if on_postgresql():
        documents = SearchDocument.objects.filter(pk=OuterRef("product_id"))
        return Subquery(documents.values(rank=Cast(SearchRank(F("search"), _query(count)), models.FloatField())))
    score: Any = Value(0.0)
    for number in range(count):
        word = _word(number)
        score = score + Case(
            When(product__search_name__startswith=word, then=Value(3.0)),
            When(product__search_name__contains=word, then=Value(2.0)),
            default=Value(1.0),
        )
    return Cast(score, models.FloatField())


def guessed(words: Sequence[str]) -> tuple[str, ...] | None:
    """Return the words, each the nearest to it that stands in a product's name; None where that is no better guess.

    One statement, whatever the number of words.
    """
    doubtful = [word for word in words if TYPICAL.fullmatch(word)]
    if not doubtful:
        return None
    near = _nearest(doubtful)
    better = tuple(near.get(word, word) for word in words)
    return better if better != tuple(words) else None


def _nearest(doubtful: Sequence[str]) -> dict[str, str]:
    given = {f"guess{number}": word for number, word in enumerate(doubtful)}
    if on_postgresql():
        row = _trigrams(len(doubtful)).first(**given) or ()  # none where no product was ever named
        return {word: near for word, near in zip(doubtful, row, strict=False) if near}
    shapes = {f"first{number}": word[0] for number, word in enumerate(doubtful)}
    known = [str(word) for (word,) in _candidates(len(doubtful)).rows(**shapes)]
    close = {word: difflib.get_close_matches(word, _as_long(word, known), n=1, cutoff=NEAR) for word in doubtful}
    return {word: found[0] for word, found in close.items() if found}


def _as_long(word: str, known: Sequence[str]) -> list[str]:
    return [other for other in known if other[0] == word[0] and abs(len(other) - len(word)) <= 2]


@lru_cache(maxsize=MAX_WORDS)
def _trigrams(count: int) -> CompiledSelect[tuple[str | None, ...]]:
    """Return the statement that finds the nearest word for each of so many, by trigrams; no word where nothing is near."""

    def nearest(number: int) -> Subquery:
        given = Cast(Param(f"guess{number}", models.TextField()), models.TextField())
        near = SearchWord.objects.filter(TrigramSimilar(F("word"), given))
        return Subquery(
            near.order_by(
                TrigramSimilarity("word", given).desc(),  # type: ignore[arg-type]  # takes expressions too
                "word",
            ).values("word")[:1]
        )

    def build() -> QuerySet[Any, Any]:
        one = SearchWord.objects.order_by("pk")[:1]
        return one.values_list(*(nearest(number) for number in range(count)))

    return CompiledSelect(tuple, build)


@lru_cache(maxsize=MAX_WORDS)
def _candidates(count: int) -> CompiledSelect[tuple[str]]:
    """Return the statement of the known words with one of so many first letters, shortest first."""
    letters = Q()
    for number in range(count):
        letters |= Q(word__startswith=Param(f"first{number}", models.CharField()))
    return CompiledSelect(tuple, lambda: SearchWord.objects.filter(letters).order_by(Length("word"), "word").values_list("word"))
