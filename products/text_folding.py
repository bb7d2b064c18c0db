"""Text as search and sorting see it: without case, accents and punctuation."""

import re
import string
import unicodedata

ACCENTS = re.compile("[\u0300-\u036f]")
PUNCTUATION = str.maketrans(dict.fromkeys(string.punctuation + "\x00", " "))
TYPICAL = re.compile(r"[^\W\d_]{4,40}")  # a word that can be mistyped: letters alone, and enough of them


def fold(text: str) -> str:
    """Return the text in small letters, without European accents, its ASCII punctuation turned into single spaces."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(unicodedata.normalize("NFC", ACCENTS.sub("", decomposed)).translate(PUNCTUATION).split())


def typical(folded: str) -> set[str]:
    """Return the words of a folded text that are worth knowing when somebody mistypes one."""
    return set(TYPICAL.findall(folded))
