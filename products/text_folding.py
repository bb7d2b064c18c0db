"""Folding text for search and sorting: without case, accents and punctuation."""

import re
import string
import unicodedata

ACCENTS = re.compile("[\u0300-\u036f]")
PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + "\x00", " "))
CORRECTABLE_WORD = re.compile(r"[^\W\d_]{4,40}")  # letters only, and long enough to correct


def fold(text: str) -> str:
    """Return the text case-folded and without European accents, with ASCII punctuation and whitespace as single spaces."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(unicodedata.normalize("NFC", ACCENTS.sub("", decomposed)).translate(PUNCTUATION).split())


def find_correctable_words(folded: str) -> set[str]:
    """Return the words of a folded text that can serve as spelling corrections."""
    return set(CORRECTABLE_WORD.findall(folded))
