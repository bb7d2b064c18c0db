"""Reads the rows of an import file, one at a time, so that a large file needs no more memory than a small one."""

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
from products.importing.rows import ALSO, SURPLUS

BOM = codecs.BOM_UTF8
SAMPLE = 64 * 1024  # characters from which the separator of a CSV file is guessed
MAX_DIGITS = 4000  # in a row; Python reads 4,300
ENDLESS = re.compile(rb"[0-9]{%d}" % MAX_DIGITS)
MAX_CELL = 1_000_000  # characters
MARKET_COLUMN = re.compile(r"(price|compare_at_price)_([a-z]{2})")
LISTS = {"": "item", "products": "products.item"}  # where the list may stand, and how its entries are addressed
Numbered = tuple[int, Any]  # the row's number as its author counts, and the row


class Unreadable(ValueError):
    """The file cannot be read at all; the message says why."""


@dataclass(frozen=True, slots=True)
class Source:
    """An import file: a JSON list (or an object with one under `products`), or CSV with a line of names."""

    file: Path

    def count(self) -> int:
        """Read the file to its end without keeping anything, and return how many rows it has. Raises Unreadable."""
        return sum(1 for _ in self.rows())

    def rows(self) -> Iterator[Numbered]:
        """Yield the rows. Raises Unreadable."""
        try:
            if self.file.suffix.lower() in (".csv", ".tsv"):
                yield from _csv_rows(self.file)
            else:
                yield from _json_rows(self.file)
        except OSError as wrong:
            raise Unreadable(f"{self.file} cannot be opened: {wrong.strerror}") from None


def _json_rows(file: Path) -> Iterator[Numbered]:
    with file.open("rb") as stream:
        path = _path_of_the_list(file, stream)
        try:
            # Floats become Decimals of the digits that stand in the file.
            yield from enumerate(ijson.items(Sane(file, stream), path), start=1)
        except (ijson.JSONError, UnicodeDecodeError) as wrong:
            raise _not_json(file, wrong) from None


def _path_of_the_list(file: Path, stream: IO[bytes]) -> str:
    """Find out where in the document the list stands, and go back to its beginning."""
    begin = len(BOM) if stream.read(len(BOM)) == BOM else 0
    stream.seek(begin)
    path = None
    try:
        for prefix, event, _ in ijson.parse(Sane(file, stream)):
            if event == "start_array" and prefix in LISTS:
                path = LISTS[prefix]
            if path is not None or (not prefix and event not in ("start_map", "map_key")):
                break
    except (ijson.JSONError, UnicodeDecodeError) as wrong:
        raise _not_json(file, wrong) from None
    if path is None:
        raise Unreadable(f"{file} must hold a JSON list of products")
    stream.seek(begin)
    return path


def _not_json(file: Path, wrong: Exception) -> Unreadable:
    said = wrong.args[0] if wrong.args else ""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return Unreadable(f"{file} is not valid JSON: {' '.join(text.split())[:300]}")


class Sane:
    """A stream that refuses what the JSON reader cannot bear: numbers that go on for thousands of digits crash it."""

    def __init__(self, file: Path, stream: IO[bytes]) -> None:
        self._file, self._stream, self._end = file, stream, b""

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes. Raises Unreadable."""
        part = self._stream.read(size)
        if ENDLESS.search(self._end + part):
            raise Unreadable(f"{self._file} is not valid JSON: it holds a number of more than {MAX_DIGITS} digits")
        self._end = (self._end + part)[-MAX_DIGITS:]
        return part


def _csv_rows(file: Path) -> Iterator[Numbered]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            sample = stream.read(SAMPLE)
            stream.seek(0)
            head, _, _ = sample.partition("\n")
            separator = max(",;\t|", key=head.count)
            csv.field_size_limit(MAX_CELL)
            reader = csv.reader(stream, delimiter=separator, strict=True)
            names = [_column(name) for name in next(reader, [])]
            if "sku" not in names:
                raise Unreadable(f"{file} must begin with a line of column names, one of which is sku")
            _check_names(file, names)
            yield from _grouped(names, reader)
    except UnicodeDecodeError as wrong:
        raise Unreadable(f"{file} is not UTF-8 text: {wrong.reason} at byte {wrong.start}") from None
    except csv.Error as wrong:
        raise Unreadable(f"{file} is not valid CSV: {wrong}") from None


def _check_names(file: Path, names: list[str]) -> None:
    """Refuse a file that says one thing in two ways, of which each would need the other's place. Raises Unreadable."""
    parts = {f"{found[1]}s" for name in names if (found := MARKET_COLUMN.fullmatch(name))}
    parts |= {"options" for name in names if name.startswith("option_")}
    for whole in sorted(parts & set(names)):
        raise Unreadable(f"{file} has a column {whole} and columns of its parts; keep one of the two")


def _column(name: str) -> str:
    """Return a column's name as the rows have it; an option keeps its own letters."""
    name = name.strip()
    if name.lower().startswith(("option_", "option:")):
        return f"option_{name[7:].strip()}"
    return name.lower().replace(" ", "_").replace("-", "_")


def _grouped(names: list[str], reader: Iterator[list[str]]) -> Iterator[Numbered]:
    """Yield products: neighbouring lines with the same `group` are the variants of one."""
    open_group: tuple[int, str, list[dict[str, Any]]] | None = None
    for number, cells in enumerate(reader, start=2):  # as a spreadsheet counts
        if not any(cell.strip() for cell in cells):
            continue
        line = _line(names, cells)
        if any(cell.strip() for cell in cells[len(names) :]):
            line[SURPLUS] = True
        group = line.pop("group", "")
        if open_group is not None and (not group or group != open_group[1]):
            yield open_group[0], _product(open_group[2])
            open_group = None
        if not group:
            yield number, _product([line]) if {"options", "variant_name"} & set(line) else line
        elif open_group is None:
            open_group = (number, group, [line])
        else:
            open_group[2].append(line)
    if open_group is not None:
        yield open_group[0], _product(open_group[2])


def _line(names: list[str], cells: list[str]) -> dict[str, Any]:
    """Return a line as a row of the JSON form; an empty cell says nothing."""
    row: dict[str, Any] = {}
    for name, cell in zip(names, cells, strict=False):
        text = csv_export.read(cell.strip())
        if not text:
            continue
        of_market = MARKET_COLUMN.fullmatch(name)
        if of_market:
            row.setdefault(f"{of_market[1]}s", {})[of_market[2]] = text
        elif name.startswith("option_"):
            row.setdefault("options", {})[name.removeprefix("option_")] = text
        elif name in ("images", *ALSO["images"]):
            row["images"] = _pictures(text)
        else:
            row[name] = text
    return row


def _pictures(text: str) -> Any:
    """Return the pictures of a cell: names with `|` between them, or the JSON form."""
    if text.startswith("["):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    return [part.strip() for part in text.split("|") if part.strip()]


def _product(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Return several lines as one product with variants; what is the product's stands in the first."""
    own = ("sku", "variant_name", "options", "price", "compare_at_price", "prices", "compare_at_prices", "stock", *ALSO["stock"])
    several = [{name: value for name, value in line.items() if name in own} for line in lines]
    for one in several:
        one["name"] = one.pop("variant_name", "")
    surplus = {SURPLUS: True} if any(SURPLUS in line for line in lines) else {}
    return {**{name: value for name, value in lines[0].items() if name not in own}, **surplus, "variants": several}
