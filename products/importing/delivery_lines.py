"""Read the lines of a delivery, SKU and units, as people type, paste, scan and upload them."""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from products.importing import columns
from products.importing.csv_records import Record, RecordReader
from products.importing.encodings import detect_encoding
from products.importing.numbers import parse_quantity
from products.importing.raw_rows import BadRow, Unreadable
from products.importing.skus import parse_sku
from products.importing.tables import Table, open_csv
from products.importing.workbooks import open_workbook
from products.models import MAX_STOCK, Variant
from products.services import deliveries, stock

MAX_LINES = 5000
# What delivery notes call the units, besides the names of the stock in a catalog.
UNIT_NAMES = frozenset(("delivered", "pcs", "pieces", "count", "menge", "anzahl", "stück", "quantité", "cantidad", "aantal"))
WORKBOOKS = (".xlsx", ".xlsm")
UNKNOWN = "no product has this SKU"
TOO_MANY = f"there can be at most {stock.MAX_ON_HAND:,} units on hand"
NO_UNITS = f"units must be a whole number from 1 to {MAX_STOCK:,}"


class TooManyLines(Unreadable):
    """A delivery has more lines than one form takes."""


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A line of a delivery. One with a problem could not be read."""

    number: int  # as a text editor or a spreadsheet counts
    sku: str
    units: int = 0
    problem: str = ""
    text: str = ""  # as it was written, of one with a problem
    source: str = ""  # name of the file; empty: the text of the form

    @property
    def place(self) -> str:
        """Where the line stands, for people."""
        return f"{self.source}, line {self.number}" if self.source else f"line {self.number}"


@dataclass(slots=True)
class ExpectedLevel:
    """A variant of a delivery, and the units that came in."""

    variant: Variant
    units: int = 0
    places: list[str] = field(default_factory=list)  # several, if the SKU stands in several lines

    @property
    def new_level(self) -> int:
        """The units on hand after the delivery, unless they are sold meanwhile."""
        return self.variant.stock + self.units


@dataclass(frozen=True, slots=True)
class CheckedDelivery:
    """What a delivery does to the stock, and the lines that stand in its way."""

    levels: list[ExpectedLevel]
    problems: list[DeliveryLine]

    @property
    def units(self) -> dict[int, int]:
        """The units by variant."""
        return {level.variant.pk: level.units for level in self.levels}


def check_lines(lines: Sequence[DeliveryLine]) -> CheckedDelivery:
    """Find the variants of the lines, and add up the lines of one SKU."""
    variants = deliveries.find_variants({line.sku for line in lines if not line.problem})
    levels: dict[int, ExpectedLevel] = {}
    problems = []
    for line in lines:
        variant = variants.get(line.sku)
        if line.problem or variant is None:
            problems.append(line if line.problem else replace(line, problem=UNKNOWN, text=f"{line.sku}\t{line.units}"))
            continue
        level = levels.setdefault(variant.pk, ExpectedLevel(variant))
        level.units += line.units
        level.places.append(line.place)
    too_many = [level for level in levels.values() if level.new_level > stock.MAX_ON_HAND]
    problems += [DeliveryLine(0, level.variant.sku, problem=TOO_MANY) for level in too_many]
    return CheckedDelivery(list(levels.values()), problems)


def parse_text(text: str) -> list[DeliveryLine]:
    """Return the lines of a text with an SKU and a number in each; a line of column names is skipped. Raises TooManyLines."""
    text = text.removeprefix("\ufeff")
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = next((char for char in "\t;,|" if char in first), "")
    if not separator:
        return _parse(Record(number, line.rsplit(None, 1)) for number, line in enumerate(text.splitlines(), start=1))
    return _parse(RecordReader(text.splitlines(keepends=True), separator))


def read_file(content: bytes, name: str) -> list[DeliveryLine]:
    """Return the lines of a CSV file, with or without column names, or of an Excel workbook with them. Raises Unreadable."""
    return [replace(line, source=name) for line in _read_file(content, name)]


def _read_file(content: bytes, name: str) -> list[DeliveryLine]:
    suffix = PurePath(name).suffix.lower()
    with tempfile.TemporaryDirectory(prefix="shop-delivery-") as folder:
        path = Path(folder) / f"file{suffix}"
        path.write_bytes(content)
        try:
            if suffix in WORKBOOKS or content.startswith(b"PK\x03\x04"):
                return _parse_table(open_workbook(path, _is_header, {}))
            return _read_csv(path)
        except UnicodeError:
            raise Unreadable("the file is not text; save the sheet as CSV") from None
        except Unreadable as error:
            raise Unreadable(str(error).replace(str(path), PurePath(name).name or "the file")) from None


def _read_csv(path: Path) -> list[DeliveryLine]:
    try:
        return _parse_table(open_csv(path, _is_header, {}))
    except TooManyLines:
        raise
    except Unreadable:  # without column names
        return parse_text(path.read_text(encoding=detect_encoding(path)))


def _is_header(names: Iterable[str]) -> bool:
    names = list(names)
    return bool(_find_columns(names, "sku") and _find_columns(names, "units"))


def _find_columns(names: Sequence[str], wanted: str) -> list[tuple[int, int]]:
    """Return the positions of the columns whose names mean this, each after the rank of its name; the lowest counts."""
    found = []
    for position, name in enumerate(names):
        column = columns.resolve(name)
        if wanted == "units" and columns.squash(name) in UNIT_NAMES:
            found.append((0, position))
        elif column is not None and column.name == ("stock" if wanted == "units" else wanted):
            found.append((column.rank, position))
    return sorted(found)


def _parse_table(table: Table) -> list[DeliveryLine]:
    sku, units = (_find_columns(table.header, wanted)[0][1] for wanted in ("sku", "units"))
    width = max(sku, units) + 1
    padded = ((record, record.cells + [""] * (width - len(record.cells))) for record in table.iter_records())
    return _parse(Record(record.number, [cells[sku], cells[units]], record.problem) for record, cells in padded)


def _parse(records: Iterable[Record]) -> list[DeliveryLine]:
    lines = []
    for line in _iter_lines(records):
        lines.append(line)
        if len(lines) > MAX_LINES:
            raise TooManyLines(f"A delivery has at most {MAX_LINES:,} lines. Receive it in parts")
    return lines


def _iter_lines(records: Iterable[Record]) -> Iterator[DeliveryLine]:
    is_first = True
    for record in records:
        cells = [cell.strip() for cell in record.cells]
        if not any(cells):
            continue
        if not (is_first and _is_header(cells[:2])):
            yield _parse_line(record.number, cells, record.problem)
        is_first = False


def _parse_line(number: int, cells: list[str], problem: str) -> DeliveryLine:
    text = "\t".join(cells[:2])
    if problem:
        return DeliveryLine(number, cells[0], problem=problem, text=text)
    try:
        sku = parse_sku(cells[0])
    except BadRow as error:
        return DeliveryLine(number, cells[0], problem=str(error), text=text)
    units = _parse_units(cells[1] if len(cells) > 1 else "")
    return DeliveryLine(number, sku, units, "" if units else NO_UNITS, text)


def _parse_units(text: str) -> int:
    """Return the units; 0 if the text names no number of them."""
    try:
        units, note = parse_quantity(text)
    except ValueError:
        return 0
    return 0 if note or units is None else units


def format_lines(lines: Iterable[DeliveryLine]) -> str:
    """Return the lines as text that `parse_text` reads. Those of the text keep their numbers; those of a file follow."""
    written: list[str] = []
    for line in lines:
        if not line.source:
            written += [""] * (line.number - 1 - len(written))
        written.append(line.text if line.problem else f"{line.sku}\t{line.units}")
    return "\n".join(written)
