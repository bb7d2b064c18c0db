"""Tables: CSV files and the sheets of workbooks, with the line of column names found."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core import csv_export
from products.importing import columns
from products.importing.csv_records import Record, RecordReader
from products.importing.encodings import can_decode, describe_encoding, detect_encoding
from products.importing.raw_rows import Unreadable

SEPARATORS = ",;\t|"
MAX_LINES_BEFORE_HEADER = 10
NO_HEADER = "must begin with a line of column names, including sku; a column with another name can be renamed, such as Artikel=sku"
GUESSED = "the text was read as {}, which is a guess; if letters are wrong, choose its encoding (--encoding)"
Recogniser = Callable[[Sequence[str]], bool]


@dataclass
class Table:
    """A table in a file. Its lines can be read again and again."""

    header: list[str]
    header_number: int
    read: Callable[[], Iterator[Record]]
    notes: list[str] = field(default_factory=list)
    encoding: str = ""  # of a text file

    def add_note(self, text: str) -> None:
        """Note something about the whole file, once."""
        if text not in self.notes:
            self.notes.append(text)

    def iter_records(self) -> Iterator[Record]:
        """Yield the records behind the header that are not blank, with their cells stripped."""
        width = len(self.header)
        sku_positions = [position for position, name in enumerate(self.header) if _is_sku(name)]
        for record in self.read():
            if record.number <= self.header_number:
                continue
            cells = [csv_export.unescape_cell(cell.strip()) for cell in record.cells]
            for position in sku_positions:
                if position < len(cells) and csv_export.NUMERIC_TEXT.match(record.cells[position].strip()):
                    cells[position] = cells[position][1:]
            if any(cells):
                while len(cells) > width and not cells[-1]:
                    cells.pop()
                yield Record(record.number, cells, record.problem)


def _is_sku(name: str) -> bool:
    """Return whether a column has SKUs: of the line itself, or of the product that it belongs to."""
    column = columns.resolve(name)
    return columns.squash(name) == "parent" or (column is not None and column.name in ("sku", "stand_in"))


def find_header(records: Iterator[Record], is_header: Recogniser) -> Record | None:
    """Return the record with the column names; titles and blank lines may come before it."""
    for _, record in zip(range(MAX_LINES_BEFORE_HEADER), records, strict=False):
        if not record.problem and is_header([cell.strip() for cell in record.cells]):
            return record
    return None


def open_csv(
    file: Path, is_header: Recogniser, mapping: Mapping[str, str], *, encoding: str = "", no_header: str = NO_HEADER
) -> Table:
    """Return the table in a CSV file; without an encoding, it is detected. Raises Unreadable, OSError."""
    notes = []
    if encoding and not can_decode(file, encoding):
        raise Unreadable(f"{file} is not text in {describe_encoding(encoding)}")
    if not encoding:
        encoding = detect_encoding(file)
        notes = [] if encoding.startswith("utf") else [GUESSED.format(describe_encoding(encoding))]
    declared = _read_declared_separator(file, encoding)

    def accepts(names: Sequence[str]) -> bool:
        return is_header(columns.rename(names, mapping))

    found = []
    for separator in [declared] if declared else SEPARATORS:
        record = find_header(_iter_csv(file, encoding, separator, 0), accepts)
        if record is not None:
            found.append((len(list(filter(str.strip, record.cells))), separator, record))
    if not found:
        raise Unreadable(f"{file} {no_header}")
    _, separator, header = max(found, key=lambda entry: entry[0])
    names = [name.strip() for name in header.cells]
    columns.check_mapping(file, names, mapping)
    names = columns.rename(names, mapping)
    width = len(names)
    return Table(names, header.number, lambda: _iter_csv(file, encoding, separator, width), notes, encoding)


def _iter_csv(file: Path, encoding: str, separator: str, width: int) -> Iterator[Record]:
    """Yield the records of a CSV file; the width is the number of its columns."""
    with file.open(encoding=encoding, newline="") as stream:
        reader = RecordReader(stream, separator)
        reader.width = width
        for record in reader:
            if record.number == 1 and record.cells:
                record.cells[0] = record.cells[0].removeprefix("\ufeff")
            yield record


def _read_declared_separator(file: Path, encoding: str) -> str:
    """Return the separator in the line `sep=;` that Excel writes and reads; empty if there is none."""
    with file.open(encoding=encoding) as stream:
        first = stream.readline(20).removeprefix("\ufeff").strip().strip('"')
    return first[4] if first.lower().startswith("sep=") and len(first) == 5 else ""
