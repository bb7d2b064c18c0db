"""Correcting misspelled searches by the words of product and category names."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Length, Substr
from rapidfuzz.distance import OSA

from core.compiled_queries import CompiledSelect, Param
from products.models import SearchWord
from products.search_terms import CORRECTABLE_WORD, MAX_WORDS, QueryWord

SHORT_WORD = 5  # characters, up to which one typo is corrected; in longer words two


def correct_spelling(words: Sequence[QueryWord]) -> str | None:
    """Return the words, each replaced by the most similar known word; None if nothing changes.

    A typo is a missing, an additional or another letter, or two letters swapped (optimal string alignment). One statement,
    whatever the number of words.
    """
    texts = [word.text for word in words]
    correctable = [text for text in texts if CORRECTABLE_WORD.fullmatch(text)]
    if not correctable:
        return None
    candidates = [word for (word,) in _candidates_query(len(correctable)).rows(**_candidate_params(correctable))]
    nearest = {text: _find_nearest(text, candidates) for text in correctable}
    corrected = [nearest.get(text) or text for text in texts]
    return " ".join(corrected) if corrected != texts else None


def _find_nearest(text: str, candidates: Iterable[str]) -> str | None:
    limit = _max_typos(text)
    distances = ((OSA.distance(text, word, score_cutoff=limit), abs(len(word) - len(text)), word) for word in candidates)
    distance, _, word = min(distances, default=(limit + 1, 0, None))
    return word if distance <= limit else None


def _max_typos(text: str) -> int:
    return 1 if len(text) <= SHORT_WORD else 2


def _candidate_params(texts: Sequence[str]) -> dict[str, str | int]:
    """Return the params of `_candidates_query`: how a word can begin that was typed with a typo in its first letters."""
    params: dict[str, str | int] = {}
    for number, text in enumerate(texts):
        params |= {
            f"first{number}": text[0],
            f"swapped{number}": text[1] + text[0],
            f"without_first{number}": text[1:3],
            f"typed{number}": text[:2],
            f"shortest{number}": len(text) - _max_typos(text),
            f"longest{number}": len(text) + _max_typos(text),
        }
    return params


@lru_cache(maxsize=MAX_WORDS)
def _candidates_query(count: int) -> CompiledSelect[tuple[str]]:
    """Return the query for the words that may be meant by one of `count` words."""

    def build() -> QuerySet[Any, Any]:
        similar = Q()
        for number in range(count):
            first, swapped, without_first, typed = (
                Param(f"{name}{number}", models.CharField()) for name in ("first", "swapped", "without_first", "typed")
            )
            begins = Q(word__startswith=first) | Q(word__startswith=swapped) | Q(word__startswith=without_first)
            lengths = [Param(f"{name}{number}", models.IntegerField()) for name in ("shortest", "longest")]
            # One letter is missing at the beginning, or is another one.
            similar |= (begins | Q(second_letters=typed) | Q(second_letters=without_first)) & Q(length__range=lengths)
        words = SearchWord.objects.annotate(length=Length("word"), second_letters=Substr("word", 2, 2))
        return words.filter(similar).values_list("word")

    return CompiledSelect(tuple, build, custom_plan=True)
