"""Folding text for search and sorting: without case, accents and punctuation."""

import re
import unicodedata

from anyascii import anyascii

from core.characters import fold_digits

JOINER, SEPARATOR = "-", ","  # what `fold_compounds` writes for punctuation within a compound, and for other punctuation
JOINING = "'`&\u02b9\u02bb\u02bc\u02bd\u2018\u2019\u201b\u2032\u2212\u05f3\u05f4"  # besides dashes and underscores
# Signs whose compatibility decomposition would become part of the word before them.
SIGNS = str.maketrans({"\u00b4": JOINER, **dict.fromkeys("©®℗℠™", " ")})
# Dots, slashes and other signs within a word, as in "Dr.Martens" and "AC/DC"; between digits they mean something else.
SIGN_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[.\u00b7\u2022/\\|+*\u00d7:@](?=[^\W\d_])")
# Between words: "AC / DC", "Black & Decker".
SPACED_SIGN = re.compile(r"(?<=[^\W\d_]) [/&+\u00d7] (?=[^\W\d_])")
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
        return fold_digits(character)
    if category == "Cf":
        return None  # such as a soft hyphen or a zero-width joiner
    return SEPARATOR if category[0] in "PS" else " "  # a control character separates words, where elsewhere it is dropped


FOLDING = _Folding()


def fold_compounds(text: str) -> str:
    """Return the text folded like `fold`, but with JOINER where punctuation joins words and SEPARATOR for other punctuation."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.translate(SIGNS)).casefold())
    joined = SPACED_SIGN.sub(JOINER, SIGN_BETWEEN_LETTERS.sub(JOINER, ACCENTS.sub("", decomposed)))
    return unicodedata.normalize("NFC", joined.translate(FOLDING))


def fold(text: str) -> str:
    """Return the text in lower case, without accents and strokes of letters, with punctuation and whitespace as single spaces."""
    return " ".join(fold_compounds(text).replace(JOINER, " ").replace(SEPARATOR, " ").split())
