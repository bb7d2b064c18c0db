"""Lists that are not of products, in CSV files and workbooks: their columns go by several names, as each program calls them.

Names are compared without case, spaces and punctuation.
"""

import re
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any, TypeVar

from core.limits import MAX_FILE
from products.importing.columns import squash
from products.importing.raw_rows import Unreadable
from products.importing.tables import Recogniser, Table, open_csv
from products.importing.workbooks import open_workbook

WORKBOOKS = (".xlsx", ".xlsm")
FORMULA = re.compile(r'="(.*)"')  # ="00123": how carriers keep the zeros of a number in CSV
# Groups of names for each column. The first group that a file has counts; names of one group stand beside each other in a file.
Names = Mapping[str, tuple[tuple[str, ...], ...]]
Content = TypeVar("Content")


def unwrap(text: str) -> str:
    """Return the number in a cell without what keeps it a text: a formula in a carrier's CSV file, or an apostrophe."""
    formula = FORMULA.fullmatch(text)
    return formula[1] if formula else text.removeprefix("'")


def open_list(file: Path, is_header: Recogniser, *, no_header: str) -> Table:
    """Return the table in a CSV file or an Excel workbook. Raises Unreadable, OSError, UnicodeError."""
    if file.suffix.lower() in WORKBOOKS or zipfile.is_zipfile(file):
        return open_workbook(file, is_header, {}, no_header=no_header)
    return open_csv(file, is_header, {}, no_header=no_header)


def has_column(header: Sequence[str], groups: Sequence[Sequence[str]]) -> bool:
    """Return whether a line of column names has one of these names."""
    squashed = {squash(name) for name in header}
    return any(squashed.intersection(group) for group in groups)


def find_columns(header: Sequence[str], names: Names) -> dict[str, list[int]]:
    """Return the positions of each column that a file has. Raises Unreadable if it has the same name twice."""
    squashed = [squash(name) for name in header]
    found = {}
    for column, groups in names.items():
        group = next((group for group in groups if set(group) & set(squashed)), ())
        positions = [position for position, name in enumerate(squashed) if name in group]
        if len({squashed[position] for position in positions}) < len(positions):
            raise Unreadable(f"the file has the column {header[positions[0]]} twice; keep one of the two")
        if positions:
            found[column] = positions
    return found


def list_unread(header: Sequence[str], found: Mapping[str, Sequence[int]]) -> list[str]:
    """Return the names of the columns that are not read."""
    read = {position for positions in found.values() for position in positions}
    return [name for position, name in enumerate(header) if name and position not in read]


def read_upload(upload: Any, read: Callable[[Path], Content]) -> Content:
    """Return what `read` makes of an uploaded file. Raises Unreadable, whose message calls it *the file*."""
    if upload.size > MAX_FILE:
        raise Unreadable(f"the file is larger than {MAX_FILE // 1024**2} MB")
    with tempfile.TemporaryDirectory(prefix="shop-upload-") as folder:
        path = Path(folder) / f"file{PurePath(upload.name).suffix.lower()}"
        path.write_bytes(upload.read())
        try:
            return read(path)
        except Unreadable as error:
            raise Unreadable(str(error).replace(str(path), "the file")) from None
