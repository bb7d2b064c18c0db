"""Search terms: what the index holds for a product, and what a query looks up in it.

A term is a marker, which says where a word comes from, and the word. Both database engines compare nothing but whole terms
and beginnings of terms, so they find the same products.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple

from snowballstemmer import stemmer

from products.text_folding import JOINER, SEPARATOR, fold_compounds

SKU, SKU_START, NAME, NAME_STEM, NAME_ENDING, CATEGORY, TEXT = "spnmect"
FILTER, CATEGORY_FILTER, SELLER_FILTER = "f", "fc", "fs"  # no word has these markers; `FILTER` alone says that there are any
PREFIX = "*"  # at the end of a pattern that matches all terms with this beginning
TIERS = 7  # see `build_patterns`
MAX_TERM = 64  # characters of a word that count
MIN_PART = 3  # characters that are looked up within words and as the beginning of a SKU
MAX_COMPOUND = 4  # parts that are joined to one word
MAX_QUERY_LENGTH = 200  # characters; the rest of a query is ignored
MAX_WORDS = 6
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

    key: str  # of SKUs, name, categories and filters
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


class QueryWord(NamedTuple):
    """A word of a query, and what it forms together with its neighbours."""

    text: str
    compounds: tuple[str, ...] = ()


@lru_cache(maxsize=20_000)
def get_stem(word: str) -> str:
    """Return the stem of an English word."""
    # A stemmer keeps its state between steps, so threads cannot share one.
    return str(stemmer("english").stemWord(word)) if word.isascii() and word.isalpha() else word


def _hash(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()


def build_terms(
    name: str, *, skus: Iterable[str], categories: Iterable[str], description: str, filters: Iterable[str] = ()
) -> DocumentTerms:
    """Return the terms of a product.

    `categories` are the names of its category and of that category's ancestors, `filters` what `build_filter_terms` returns.
    """
    name_words = list(_split_document(name))
    category_words = [word for category in categories for word in _split_document(category)]
    key = [
        *(term for sku in skus for term in _iter_sku(sku)),
        *(NAME + word for word in name_words),
        *(NAME_STEM + get_stem(word) for word in name_words if get_stem(word) != word),
        *(NAME_ENDING + ending for ending in _iter_endings(name)),
        *_iter_word_and_stem(CATEGORY, category_words),
        *filters,
    ]
    text = _iter_word_and_stem(TEXT, _split_document(description))
    vocabulary = frozenset(word for word in (*name_words, *category_words) if CORRECTABLE_WORD.fullmatch(word))
    return DocumentTerms(" ".join(dict.fromkeys(key)), " ".join(dict.fromkeys(text)), vocabulary)


def build_filter_terms(category_id: int | None, seller_id: int | None) -> list[str]:
    """Return the terms by which the index restricts the matches of words to those of a category or a seller."""
    terms = {CATEGORY_FILTER: category_id, SELLER_FILTER: seller_id}
    return [FILTER, *(f"{marker}{pk}" for marker, pk in terms.items() if pk is not None)]


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


def parse_words(query: str) -> tuple[QueryWord, ...]:
    """Return the words to search for, folded and without punctuation, so that no character has a meaning in a query language."""
    query = query[:MAX_QUERY_LENGTH]
    chunks: dict[str, str] = {}  # by word, the first part of the query between spaces that contains it
    for chunk in query.split():
        for word in _split_query(chunk):
            chunks.setdefault(word, chunk)
    words = list(chunks)[:MAX_WORDS]
    parsed = []
    for at, word in enumerate(words):
        joined = ("".join(words[max(at - 1, 0) : at + 1]), "".join(words[at : at + 2]), compact(chunks[word]), compact(query))
        parsed.append(QueryWord(word, tuple(dict.fromkeys(compound[:MAX_TERM] for compound in joined if compound != word))))
    return tuple(parsed)


def _split_query(text: str) -> Iterator[str]:
    for run in (run for word in WORDS.findall(fold_compounds(text)) for run in SCRIPT_RUNS.finditer(word)):
        if run[1] and len(run[1]) > 1:
            yield from _iter_pairs(run[1])
        else:
            yield run[0][:MAX_TERM]


def build_patterns(word: QueryWord) -> list[list[str]]:
    """Return the patterns of terms that a word matches, best first.

    The tiers are: a SKU, the beginning of a SKU, a word of the name, the beginning or the stem of one, a part of one, a word of
    a category, and a word of the description, the last two also by beginning and stem.
    """
    texts, stem = (word.text, *word.compounds), get_stem(word.text)
    is_part = len(word.text) >= MIN_PART
    # SKUs often begin with the same letters, so these are looked up as one term and not as the beginning of each SKU.
    sku_prefixes = [text for text in texts if len(text) >= MIN_PART and not text.isalpha()]
    return [
        [SKU + text for text in texts],
        [*(SKU_START + text for text in texts), *(SKU + text + PREFIX for text in sku_prefixes)],
        [NAME + text for text in texts],
        [*(NAME + text + PREFIX for text in texts), NAME + stem, NAME_STEM + stem],
        [NAME_ENDING + word.text + PREFIX] if is_part and not word.text.isdigit() else [],
        [*(CATEGORY + text + PREFIX for text in texts), CATEGORY + stem],
        [*(TEXT + text + PREFIX for text in texts), TEXT + stem],
    ]


def simplify(patterns: Iterable[str]) -> list[str]:
    """Return the patterns without those that another one includes."""
    patterns = list(dict.fromkeys(patterns))
    prefixes = tuple(pattern[:-1] for pattern in patterns if pattern.endswith(PREFIX))
    return [
        pattern for pattern in patterns if not any(pattern.startswith(prefix) and pattern != prefix + PREFIX for prefix in prefixes)
    ]
