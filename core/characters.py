"""Rules about the characters of text that people type or paste, whatever the text names.

Comparing names is another matter: search, countries, options of variants and postal codes each have a rule of their own.
"""

import unicodedata

INVISIBLE = ("Cc", "Cf")  # Unicode's categories of control and format characters
MAX_DIGITS = 18  # every number of so many digits fits in a bigint


def is_visible(char: str) -> bool:
    """Return whether a character is neither whitespace nor a control or format character."""
    return not char.isspace() and unicodedata.category(char) not in INVISIBLE


def drop_invisible(text: str) -> str:
    """Return the text without control and format characters, such as marks for the direction of text; whitespace stays."""
    return "".join(char for char in text if char.isspace() or unicodedata.category(char) not in INVISIBLE)


def strip_invisible(text: str) -> str:
    """Return the text without the whitespace and format characters around it; those within it and control characters stay."""
    kept = [index for index, char in enumerate(text) if not char.isspace() and unicodedata.category(char) != "Cf"]
    return text[kept[0] : kept[-1] + 1] if kept else ""


def fold_digits(text: str) -> str:
    """Return the text with ASCII digits for the decimal digits of other scripts, such as Arabic-Indic and full-width ones."""
    return "".join(str(unicodedata.decimal(char, char)) for char in text)


def parse_whole_number(text: str, max_digits: int = MAX_DIGITS) -> int | None:
    """Return the number that the text is, or None if it is not 1 to `max_digits` ASCII digits.

    `str.isdigit` also accepts digits of other scripts and superscripts, and `int` takes time that grows with their square.
    """
    return int(text) if len(text) <= max_digits and text.isascii() and text.isdigit() else None
