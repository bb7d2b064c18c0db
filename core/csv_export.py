"""CSV for spreadsheet programs: UTF-8 with a byte order mark, and text that they would run as a formula gets an apostrophe.

Excel reads a file without the mark in the computer's own encoding. For formulas see OWASP, "CSV Injection".
`unescape_cell` removes the apostrophe, so that an export can be imported unchanged.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any

BOM = "\ufeff"
# Signs that begin a formula, also in the widths of East Asian keyboards, which some locales of Excel accept. Spreadsheets drop
# blank and invisible characters in front of them, and a tab or a line break may begin a new cell.
FORMULA = re.compile("[\\s\0\u200b-\u200d\u2060\ufeff]*[=+\\-@＝＋－＠﹦﹢﹣﹫\t\r\n]")

NUMERIC_TEXT = re.compile(r"'\d")  # '00044: with an apostrophe, spreadsheet programs keep the zeros of a number


def escape_cell(value: Any) -> Any:
    """Return the value to write to a cell; only strings are escaped."""
    if isinstance(value, str) and (FORMULA.match(value) or NUMERIC_TEXT.match(value) or _is_escaped(value)):
        return f"'{value}"
    return value


def unescape_cell(text: str) -> str:
    """Return the original text of a cell."""
    return text[1:] if _is_escaped(text) else text


def _is_escaped(text: str) -> bool:
    return text.startswith("'") and (text.startswith("''") or FORMULA.match(text, 1) is not None)


class Echo:
    """A file-like object that returns what is written to it (see Django's documentation, "Streaming large CSV files")."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def generate_file(rows: Iterable[Iterable[Any]]) -> Iterator[bytes]:
    """Yield a CSV file line by line, with the byte order mark."""
    writer, mark = csv.writer(Echo()), BOM
    for row in rows:
        yield f"{mark}{writer.writerow([escape_cell(value) for value in row])}".encode()
        mark = ""
