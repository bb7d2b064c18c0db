"""CSV that spreadsheet programs open without harm: a text that they would take for a formula is written with an apostrophe.

See OWASP, "CSV Injection". `read` takes the apostrophe off again, so that an export comes back as it was.
"""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")


def written(value: Any) -> Any:
    """Return a cell as it is written; only texts are guarded."""
    if isinstance(value, str) and (value.startswith(FORMULA) or _is_guarded(value)):
        return f"'{value}"
    return value


def read(text: str) -> str:
    """Return what a cell says."""
    return text[1:] if _is_guarded(text) else text


def _is_guarded(text: str) -> bool:
    return text.startswith("'") and text[1:].startswith((*FORMULA, "'"))


class Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        """Return the line."""
        return line


def lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """Return the CSV lines of rows, one at a time."""
    writer = csv.writer(Echo())
    for row in rows:
        yield writer.writerow([written(value) for value in row])
