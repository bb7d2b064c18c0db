"""Reads a carrier's file of payments into rows of text. What an amount is worth depends on the currency, which is decided later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from orders.models import MAX_TRACKING_NUMBER
from orders.remittances import columns
from products.importing import lists
from products.importing.csv_records import Record
from products.importing.numbers import DecimalMarks, find_currencies
from products.importing.raw_rows import Unreadable
from products.importing.report import replace_unprintable

NO_HEADER = "must begin with a line of column names, including an amount (amount_paid) and a tracking_number or order_number"
TOTALS = frozenset(("", "total", "totals", "grandtotal", "subtotal", "sum"))


@dataclass(frozen=True, slots=True)
class Row:
    """A row, as text. An amount keeps its type: the number of a workbook has a decimal point, whatever mark the texts have."""

    number: int  # as a text editor or a spreadsheet counts
    tracking_number: str
    order_number: str
    paid: str
    charges: str = ""
    currency: str = ""
    problem: str = ""

    @property
    def may_be_total(self) -> bool:
        """Whether it may be the sum below the rows: it names no parcel."""
        names = ("".join(filter(str.isalpha, name)).lower() for name in (self.tracking_number, self.order_number))
        return not any(char.isdigit() for char in self.tracking_number + self.order_number) and TOTALS.issuperset(names)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file, and what it says about all of them."""

    rows: Sequence[Row]
    decimal_mark: str  # that its amounts prove; empty if none does
    currencies: frozenset[str]  # that it names
    amount_column: str
    has_charges: bool
    unread: Sequence[str] = ()  # columns


def read_file(file: Path) -> Sheet:
    """Return the rows of a CSV file or an Excel workbook. Raises Unreadable, OSError."""
    try:
        table = lists.open_list(file, columns.is_header, no_header=NO_HEADER)
        positions = lists.find_columns(table.header, columns.NAMES)
        rows = [_build_row(record, positions) for record in table.iter_records()]
    except UnicodeError:
        raise Unreadable(f"{file} is not text; save the sheet as CSV UTF-8") from None
    if not rows:
        raise Unreadable("the file has no rows")
    marks = DecimalMarks()
    for row in rows:
        marks.add(row.paid)
        marks.add(row.charges)
    return Sheet(
        rows=rows,
        decimal_mark=marks.decide(),
        currencies=frozenset().union(*map(_list_currencies, rows)),
        amount_column=table.header[positions["paid"][0]],
        has_charges="charges" in positions,
        unread=lists.list_unread(table.header, positions),
    )


def _build_row(record: Record, positions: Mapping[str, Sequence[int]]) -> Row:
    cells = {name: record.cells[first] for name, (first, *_) in positions.items() if first < len(record.cells)}
    names = {name: clean_name(cells.get(name, "")) for name in ("tracking_number", "order_number")}
    return Row(
        number=record.number,
        **names,
        paid=_clean_amount(cells.get("paid", "")),
        charges=_clean_amount(cells.get("charges", "")),
        currency=cells.get("currency", "").strip().upper(),
        problem=record.problem,
    )


def _clean_amount(text: str) -> str:
    """Return an amount without the apostrophe by which spreadsheets keep a number as text."""
    return text.removeprefix("'") if text.startswith("'") else text


def clean_name(text: str) -> str:
    """Return the number of a parcel or an order as it is shown, without what spreadsheets put around it."""
    text = " ".join(replace_unprintable(text).split())
    return lists.unwrap(text)[:MAX_TRACKING_NUMBER]


def _list_currencies(row: Row) -> frozenset[str]:
    """Return the currency that a row names; a sign that several currencies have names none."""
    if row.currency:
        return frozenset((row.currency,))
    signs = find_currencies(row.paid)
    return signs if len(signs) == 1 else frozenset()
