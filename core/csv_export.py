"""CSV that is safe to open in spreadsheet programs: text that they would run as a formula is prefixed with an apostrophe.

See OWASP, "CSV Injection". `unescape_cell` removes the apostrophe, so that an export can be imported unchanged.
"""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")


def escape_cell(value: Any) -> Any:
    """Return the value to write to a cell; only strings are escaped."""
    if isinstance(value, str) and (value.startswith(FORMULA_PREFIXES) or _is_escaped(value)):
        return f"'{value}"
    return value


def unescape_cell(text: str) -> str:
    """Return the original text of a cell."""
    return text[1:] if _is_escaped(text) else text


def _is_escaped(text: str) -> bool:
    return text.startswith("'") and text[1:].startswith((*FORMULA_PREFIXES, "'"))


class Echo:
    """A file-like object that returns what is written to it (see Django's documentation, "Streaming large CSV files")."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def generate_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Yield the rows as CSV lines."""
    writer = csv.writer(Echo())
    for row in rows:
        yield writer.writerow([escape_cell(value) for value in row])
