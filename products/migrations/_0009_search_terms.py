"""The search terms of a product as the release of migration 0009 built them.

A copy of what that migration needs of `products.search_terms` and `products.text_folding`, so that it does the same however these
change after it. A release that changes them indexes the products again.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple

from anyascii import anyascii
from snowballstemmer import stemmer

JOINER, SEPARATOR = "-", ","  # what `fold_compounds` writes for punctuation within a compound, and for other punctuation
JOINING = "'`&\u02b9\u02bb\u02bc\u02bd\u2018\u2019\u201b\u2032\u2212\u05f3\u05f4"  # besides dashes and underscores
# Signs whose compatibility decomposition would become part of the word before them.
SIGNS = str.maketrans({"\u00b4": JOINER, **dict.fromkeys("©®℗℠™", " ")})
DOT_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[.\u00b7](?=[^\W\d_])")
# Accents of European letters, vowel points of Hebrew and Arabic, and the Arabic letter that only stretches a word.
ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc]"
)


class _Folding(dict[int, str | None]):
    """A table for `str.translate`, filled in as characters occur."""

    def __missing__(self, code: int) -> str | None:
        self[code] = folded = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str | None:
    """Return what a character becomes, by its general category in Unicode."""
    category = unicodedata.category(character)
    if character in JOINING or category in ("Pd", "Pc"):
        return JOINER
    if category[0] in "LM":
        # Latin letters with a stroke, ligatures and such have no decomposition.
        is_latin = not character.isascii() and unicodedata.name(character, "").startswith("LATIN ")
        return re.sub("[^a-z]", "", anyascii(character).lower()) if is_latin else character
    if category[0] == "N":
        return str(unicodedata.decimal(character, character))
    if category == "Cf":
        return None  # such as a soft hyphen or a zero-width joiner
    return SEPARATOR if category[0] in "PS" else " "


FOLDING = _Folding()


def fold_compounds(text: str) -> str:
    """Return the text folded like `fold`, but with JOINER where punctuation joins words and SEPARATOR for other punctuation."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.translate(SIGNS)).casefold())
    joined = DOT_BETWEEN_LETTERS.sub(JOINER, ACCENTS.sub("", decomposed))
    return unicodedata.normalize("NFC", joined.translate(FOLDING))


def fold(text: str) -> str:
    """Return the text in lower case, without accents and strokes of letters, with punctuation and whitespace as single spaces."""
    return " ".join(fold_compounds(text).replace(JOINER, " ").replace(SEPARATOR, " ").split())


SKU, SKU_START, NAME, NAME_STEM, NAME_ENDING, CATEGORY, TEXT = "spnmect"
MAX_TERM = 64  # characters of a word that count
MIN_PART = 3  # characters that are looked up within words
MAX_COMPOUND = 4  # parts that are joined to one word
CORRECTABLE_WORD = re.compile(r"[^\W\d_]{4,40}")  # letters only, and long enough to correct
# Thai, Lao, Burmese, Khmer, Chinese and Japanese are written without spaces, so each pair of characters counts as a word.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
SCRIPT_RUNS = re.compile(f"([{UNSPACED}]+)|[^{UNSPACED}]+")
LEADING_LETTERS = re.compile(r"\D+")
LETTERS_OR_DIGITS = re.compile(r"\d+|\D+")
WORDS = re.compile(rf"[^\s{re.escape(SEPARATOR + JOINER)}]+")


class DocumentTerms(NamedTuple):
    """The terms of a product, separated by spaces, and the words of its name that can serve as spelling corrections."""

    key: str  # of SKUs, name and categories
    text: str  # of the description
    vocabulary: frozenset[str]

    @property
    def digest(self) -> str:
        """Return the `vocabulary_digest` and a hash of the terms, which tells whether a document has changed."""
        return self.vocabulary_digest + _hash(f"{self.key} {self.text}")

    @property
    def vocabulary_digest(self) -> str:
        """Return a hash of the vocabulary, with which the `digest` begins."""
        return _hash(" ".join(sorted(self.vocabulary)))


@lru_cache(maxsize=20_000)
def get_stem(word: str) -> str:
    """Return the stem of an English word."""
    # A stemmer keeps its state between steps, so threads cannot share one.
    return str(stemmer("english").stemWord(word)) if word.isascii() and word.isalpha() else word


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


def build_terms(name: str, *, skus: Iterable[str], categories: Iterable[str], description: str) -> DocumentTerms:
    """Return the terms of a product; `categories` are the names of its category and of that category's ancestors."""
    name_words = list(_split_document(name))
    category_words = [word for category in categories for word in _split_document(category)]
    key = [
        *(term for sku in skus for term in _iter_sku(sku)),
        *(NAME + word for word in name_words),
        *(NAME_STEM + get_stem(word) for word in name_words if get_stem(word) != word),
        *(NAME_ENDING + ending for ending in _iter_endings(name)),
        *_iter_word_and_stem(CATEGORY, category_words),
    ]
    text = _iter_word_and_stem(TEXT, _split_document(description))
    vocabulary = frozenset(word for word in (*name_words, *category_words) if CORRECTABLE_WORD.fullmatch(word))
    return DocumentTerms(" ".join(dict.fromkeys(key)), " ".join(dict.fromkeys(text)), vocabulary)


def _iter_sku(sku: str) -> Iterator[str]:
    """Yield the SKU without punctuation, and the letters that it begins with: "AB-CD-7" gives "ab" and "abcd"."""
    if whole := compact(sku):
        yield SKU + whole
    start = ""
    for word in WORDS.findall(fold_compounds(sku)):
        letters = LEADING_LETTERS.match(word)
        if not letters:
            return
        start += letters[0]
        yield SKU_START + start[:MAX_TERM]
        if letters[0] != word:
            return


def _iter_word_and_stem(marker: str, words: Iterable[str]) -> Iterator[str]:
    for word in words:
        yield marker + word
        yield marker + get_stem(word)


def _iter_endings(text: str) -> Iterator[str]:
    """Yield the endings of the words, whose beginnings are what stands within the words."""
    runs = (run[0] for word in WORDS.findall(fold_compounds(text)) for run in SCRIPT_RUNS.finditer(word) if not run[1])
    for part in (part for run in runs for part in LETTERS_OR_DIGITS.findall(run) if not part[0].isdigit()):
        yield from (part[start : start + MAX_TERM] for start in range(1, len(part) - MIN_PART + 1))


def _split_document(text: str) -> Iterator[str]:
    """Yield the words of a text, their parts and compounds: "T-Shirt" also gives "tshirt", "iPhone15" what "iPhone 15" gives."""
    folded = fold_compounds(text)
    parts: list[str] = []  # of the current compound
    end = 0
    for match in WORDS.finditer(folded):
        gap, end = folded[end : match.start()], match.end()
        if not parts or not _is_compound(gap, parts[-1], match[0]):
            yield from _iter_compounds(parts)
            parts = []
        for run in SCRIPT_RUNS.finditer(match[0]):
            if run[1]:
                yield from _iter_pairs(run[1])
                yield run[1][-1]
            else:
                yield run[0][:MAX_TERM]
                parts += LETTERS_OR_DIGITS.findall(run[0])
    yield from _iter_compounds(parts)


def _is_compound(gap: str, before: str, after: str) -> bool:
    """Return whether words are parts of one compound: joined by punctuation, or a letter and a digit meet at a space."""
    return set(gap) == {JOINER} or (gap.isspace() and before[-1].isdigit() != after[0].isdigit())


def _iter_compounds(parts: Sequence[str]) -> Iterator[str]:
    """Yield each part, and each sequence of up to MAX_COMPOUND parts as one word."""
    for start in range(len(parts)):
        for end in range(start + 1, min(start + MAX_COMPOUND, len(parts)) + 1):
            yield "".join(parts[start:end])[:MAX_TERM]


def _iter_pairs(run: str) -> Iterator[str]:
    return (first + second for first, second in pairwise(run))


def compact(text: str) -> str:
    """Return the folded text without spaces, as SKUs are compared."""
    return "".join(WORDS.findall(fold_compounds(text)))[:MAX_TERM]
