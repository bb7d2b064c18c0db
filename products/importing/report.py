"""The report of an import: what its author should know about rows of the file."""

from collections.abc import Iterable, Iterator
from itertools import chain

from core import csv_export

CSV_COLUMNS = ("row", "sku", "name", "kind", "text")


def generate_csv(lines: Iterable[tuple[int | str, str, str, str, str]]) -> Iterator[bytes]:
    """Yield the lines as a CSV file."""
    return csv_export.generate_file(chain([CSV_COLUMNS], lines))


def replace_unprintable(text: str) -> str:
    """Return the text with unprintable characters, such as terminal control codes, replaced by spaces."""
    return "".join(char if char.isprintable() else " " for char in text)
