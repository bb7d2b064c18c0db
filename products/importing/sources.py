"""Read the rows of an import file one at a time, so that memory use does not grow with the file."""

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import ijson
import orjson

from core import csv_export
from products.importing.rows import COLUMN_ALIASES, EXTRA_CELLS

BOM = codecs.BOM_UTF8
SAMPLE_SIZE = 64 * 1024  # characters used to detect the separator of a CSV file
MAX_DIGITS = 4000  # consecutive; Python's limit is 4,300
OVERLONG_NUMBER = re.compile(rb"[0-9]{%d}" % MAX_DIGITS)
MAX_CELL_LENGTH = 1_000_000  # characters
MARKET_COLUMN = re.compile(r"(price|compare_at_price)_([a-z]{2})")
LIST_PATHS = {"": "item", "products": "products.item"}  # path of the list: ijson path of its entries
NumberedRow = tuple[int, Any]  # row number as a spreadsheet or JSON list counts it, and the row


class Unreadable(ValueError):
    """The file cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """An import file: a JSON list, a JSON object with a list under `products`, or CSV with a header line."""

    file: Path

    def count_rows(self) -> int:
        """Read the whole file and return the number of rows. Raises Unreadable."""
        return sum(1 for _ in self.iter_rows())

    def iter_rows(self) -> Iterator[NumberedRow]:
        """Yield the rows. Raises Unreadable."""
        try:
            if self.file.suffix.lower() in (".csv", ".tsv"):
                yield from _iter_csv_rows(self.file)
            else:
                yield from _iter_json_rows(self.file)
        except OSError as error:
            raise Unreadable(f"{self.file} cannot be opened: {error.strerror}") from None


def _iter_json_rows(file: Path) -> Iterator[NumberedRow]:
    with file.open("rb") as stream:
        path = _find_list_path(file, stream)
        try:
            # Floats become Decimals with the digits as written in the file.
            yield from enumerate(ijson.items(GuardedStream(file, stream), path), start=1)
        except (ijson.JSONError, UnicodeDecodeError) as error:
            raise _invalid_json(file, error) from None


def _find_list_path(file: Path, stream: IO[bytes]) -> str:
    """Return the ijson path of the entries, and rewind the stream. Raises Unreadable."""
    start = len(BOM) if stream.read(len(BOM)) == BOM else 0
    stream.seek(start)
    try:
        events = ijson.parse(GuardedStream(file, stream))
        path = next((LIST_PATHS[prefix] for prefix, event, _ in events if event == "start_array" and prefix in LIST_PATHS), None)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        raise _invalid_json(file, error) from None
    if path is None:
        raise Unreadable(f"{file} must contain a JSON list of products")
    stream.seek(start)
    return path


def _invalid_json(file: Path, error: Exception) -> Unreadable:
    message = error.args[0] if error.args else ""
    text = message.decode(errors="replace") if isinstance(message, bytes) else str(message)
    return Unreadable(f"{file} is not valid JSON: {' '.join(text.split())[:300]}")


class GuardedStream:
    """A stream that rejects numbers with thousands of digits, which crash the JSON parser."""

    def __init__(self, file: Path, stream: IO[bytes]) -> None:
        self._file, self._stream, self._tail = file, stream, b""

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes. Raises Unreadable."""
        chunk = self._stream.read(size)
        if OVERLONG_NUMBER.search(self._tail + chunk):
            raise Unreadable(f"{self._file} is not valid JSON: it contains a number with more than {MAX_DIGITS} digits")
        self._tail = (self._tail + chunk)[-MAX_DIGITS:]
        return chunk


def _iter_csv_rows(file: Path) -> Iterator[NumberedRow]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            sample = stream.read(SAMPLE_SIZE)
            stream.seek(0)
            header, _, _ = sample.partition("\n")
            separator = max(",;\t|", key=header.count)
            csv.field_size_limit(MAX_CELL_LENGTH)
            reader = csv.reader(stream, delimiter=separator, strict=True)
            names = [_normalize_column_name(name) for name in next(reader, [])]
            if "sku" not in names:
                raise Unreadable(f"{file} must begin with a line of column names, including sku")
            _check_column_names(file, names)
            yield from _group_variants(names, reader)
    except UnicodeDecodeError as error:
        raise Unreadable(f"{file} is not UTF-8 text: {error.reason} at byte {error.start}") from None
    except csv.Error as error:
        raise Unreadable(f"{file} is not valid CSV: {error}") from None


def _check_column_names(file: Path, names: list[str]) -> None:
    """Reject a file with both a column such as `prices` and separate columns for its parts. Raises Unreadable."""
    split_columns = {f"{match[1]}s" for name in names if (match := MARKET_COLUMN.fullmatch(name))}
    split_columns |= {"options" for name in names if name.startswith("option_")}
    for column in sorted(split_columns & set(names)):
        raise Unreadable(f"{file} has a column {column} and separate columns for its parts; keep one of the two")


def _normalize_column_name(name: str) -> str:
    """Return the row key of a column; names of options keep their case."""
    name = name.strip()
    if name.lower().startswith(("option_", "option:")):
        return f"option_{name[7:].strip()}"
    return name.lower().replace(" ", "_").replace("-", "_")


def _group_variants(names: list[str], reader: Iterator[list[str]]) -> Iterator[NumberedRow]:
    """Yield products; consecutive lines with the same `group` are variants of one product."""
    group_number, group, group_lines = 0, "", list[dict[str, Any]]()
    for number, cells in enumerate(reader, start=2):  # as a spreadsheet counts
        if not any(cell.strip() for cell in cells):
            continue
        line = _parse_line(names, cells)
        if any(cell.strip() for cell in cells[len(names) :]):
            line[EXTRA_CELLS] = True
        line_group = line.pop("group", "")
        if group_lines and (not line_group or line_group != group):
            yield group_number, _merge_lines(group_lines)
            group_lines = []
        if not line_group:
            yield number, _merge_lines([line]) if {"options", "variant_name"} & set(line) else line
        elif not group_lines:
            group_number, group, group_lines = number, line_group, [line]
        else:
            group_lines.append(line)
    if group_lines:
        yield group_number, _merge_lines(group_lines)


def _parse_line(names: list[str], cells: list[str]) -> dict[str, Any]:
    """Return a line as a row of the JSON form; empty cells are ignored."""
    row: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=False):
        text = csv_export.unescape_cell(cell.strip())
        if not text:
            continue
        market_column = MARKET_COLUMN.fullmatch(name)
        if market_column:
            row.setdefault(f"{market_column[1]}s", {})[market_column[2]] = text
        elif name.startswith("option_"):
            row.setdefault("options", {})[name.removeprefix("option_")] = text
        elif name in ("images", *COLUMN_ALIASES["images"]):
            row["images"] = _parse_images(text)
        else:
            row[name] = text
    return row


def _parse_images(text: str) -> Any:
    """Return the pictures in a cell, which holds names separated by `|` or the JSON form."""
    if text.startswith("["):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    return [part.strip() for part in text.split("|") if part.strip()]


def _merge_lines(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Return lines as one product with variants; columns of the product come from the first line."""
    prices = ("price", "compare_at_price", "prices", "compare_at_prices")
    variant_columns = ("sku", "variant_name", "options", *prices, "stock", *COLUMN_ALIASES["stock"])
    variants = [{name: value for name, value in line.items() if name in variant_columns} for line in lines]
    for variant in variants:
        variant["name"] = variant.pop("variant_name", "")
    extra = {EXTRA_CELLS: True} if any(EXTRA_CELLS in line for line in lines) else {}
    return {**{name: value for name, value in lines[0].items() if name not in variant_columns}, **extra, "variants": variants}
