"""The shop's own CSV form, and tables of other shops that have one line for each product."""

from collections.abc import Iterator, Sequence
from typing import Any

from products.importing.columns import MARKET_COLUMN, find_unread, resolve, squash
from products.importing.csv_records import Record
from products.importing.formats.grouping import has_extra_cells
from products.importing.image_refs import split_cell
from products.importing.raw_rows import RawRow
from products.importing.tables import Table
from products.importing.weights import COLUMNS as WEIGHT_COLUMNS
from products.importing.weights import UNIT as WEIGHT_UNIT

EXTRA_CELLS = "has more cells than there are column names"
NOT_SHIPPED = "the other shop does not ship it; this shop has no digital goods and ships it like any other product"
VARIANT_COLUMNS = frozenset(
    (
        *("sku", "stand_in", "price", "compare_at_price", "prices", "compare_at_prices", "currency", "stock", "in_stock"),
        *("availability", "sale_price", "sale_starts", "sale_ends", "sale_period", "sale_is_on"),
        *("variant_image", *WEIGHT_COLUMNS, WEIGHT_UNIT),
    )
)


class LineFormat:
    """Adjacent lines with the same `group` are the variants of one product; the first has the columns of the product."""

    title = ""

    def recognise(self, header: Sequence[str]) -> bool:
        """Return whether one of the columns is a SKU or can stand in for it."""
        columns = [column.name for name in header if (column := resolve(name))]
        has_sku = "sku" in columns or "stand_in" in columns
        return has_sku and (len(columns) > 1 or any(squash(name) == "sku" for name in header))

    def find_unread(self, header: Sequence[str]) -> list[str]:
        """Return the columns whose names mean nothing here."""
        return find_unread(header)

    def iter_rows(self, table: Table) -> Iterator[RawRow]:
        """Yield the rows."""
        position = next((index for index, name in enumerate(table.header) if _is_group(name)), None)
        group, records = "", list[Record]()
        for record in table.iter_records():
            record_group = record.cells[position] if position is not None and position < len(record.cells) else ""
            if records and (not record_group or record_group != group):
                yield build_product(table, records)
                records = []
            if not record_group:
                yield build_row(table, record)
            else:
                group = record_group
                records.append(record)
        if records:
            yield build_product(table, records)


def _is_group(name: str) -> bool:
    column = resolve(name)
    return column is not None and column.name == "group"


def build_row(table: Table, record: Record) -> RawRow:
    """Return a line as a row about one SKU."""
    values = {name: _parse_cell(name, cell) for name, cell in zip(table.header, record.cells, strict=False) if name}
    problem = record.problem or (EXTRA_CELLS if has_extra_cells(table, [record]) else "")
    return RawRow(record.number, values, problem)


def build_product(table: Table, records: Sequence[Record]) -> RawRow:
    """Return lines as one product with variants; columns of the product come from the first line."""
    first = build_row(table, records[0])
    values = {name: value for name, value in first.values.items() if not is_variant_column(name)}
    values["variants"] = [build_variant(table, record) for record in records]
    problems = [record.problem for record in records if record.problem]
    problem = problems[0] if problems else EXTRA_CELLS if has_extra_cells(table, records) else ""
    return RawRow(first.number, values, problem)


def build_variant(table: Table, record: Record) -> dict[str, Any]:
    """Return a line as an entry of `variants`."""
    variant: dict[str, Any] = {"name": ""}
    options: dict[str, str] = {}
    for name, cell in zip(table.header, record.cells, strict=False):
        column = resolve(name)
        if column is None:
            continue
        if column.name == "variant_name":
            variant["name"] = cell
        elif column.name.startswith("option_"):
            options[column.name.removeprefix("option_")] = cell
        elif is_variant_column(name):
            variant[name] = cell
    return {**variant, **({"options": options} if options else {})}


def is_variant_column(name: str) -> bool:
    """Return whether a column belongs to a variant, not to its product."""
    column = resolve(name)
    if column is None:
        return False
    is_part = column.name in ("variant_name", "options") or column.name.startswith("option_")
    return is_part or column.name in VARIANT_COLUMNS or MARKET_COLUMN.fullmatch(column.name) is not None


def _parse_cell(name: str, cell: str) -> Any:
    column = resolve(name)
    if column is not None and column.name in ("images", "more_images"):
        return split_cell(cell) if cell else None
    return cell
