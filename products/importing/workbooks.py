"""Read the sheets of an Excel workbook."""

import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from products.importing import columns
from products.importing.csv_records import Record
from products.importing.numbers import NumberCell
from products.importing.raw_rows import Unreadable
from products.importing.tables import NO_HEADER, Recogniser, Table, find_header

MAX_UNPACKED = 1024**3  # bytes; a workbook is a ZIP archive, which can unpack to far more than its size


def open_workbook(file: Path, is_header: Recogniser, mapping: Mapping[str, str], *, no_header: str = NO_HEADER) -> Table:
    """Return the first sheet with a line of column names. Raises Unreadable, OSError."""

    def accepts(names: Sequence[str]) -> bool:
        return is_header(columns.rename(names, mapping))

    for index in range(_count_sheets(file)):
        header = find_header(_iter_sheet(file, index), accepts)
        if header is not None:
            names = [name.strip() for name in header.cells]
            columns.check_mapping(file, names, mapping)
            return Table(columns.rename(names, mapping), header.number, lambda: _iter_sheet(file, index))  # noqa: B023
    raise Unreadable(f"{file} {no_header}")


def _open(file: Path) -> Any:
    import openpyxl  # costs every start of the shop 70 ms and few of its processes read a workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(file) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                raise Unreadable(f"{file} is too large; save it as CSV UTF-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that are not read
            return openpyxl.load_workbook(file, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, InvalidFileException) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"{file} is not a workbook that can be read; save it as .xlsx or CSV UTF-8") from None


def _count_sheets(file: Path) -> int:
    workbook = _open(file)
    try:
        return len(workbook.worksheets)
    finally:
        workbook.close()


def _iter_sheet(file: Path, index: int) -> Iterator[Record]:
    workbook = _open(file)
    try:
        sheet = workbook.worksheets[index]
        sheet.reset_dimensions()  # some programs write wrong ones
        for number, row in enumerate(sheet.iter_rows(), start=1):
            yield Record(number, [_to_text(cell.value, cell.number_format if cell.value is not None else "") for cell in row])
    finally:
        workbook.close()


def _to_text(value: Any, number_format: str) -> str:
    """Return a cell as a CSV export of the workbook has it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and value == int(value):
        return str(int(value)).zfill(len(number_format) if set(number_format) == {"0"} else 0)  # 00123 is shown by a format
    if isinstance(value, datetime | date):
        return value.isoformat()
    return NumberCell(value) if isinstance(value, float) else str(value)
