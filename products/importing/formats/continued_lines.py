"""Product exports in which a line without a name continues the product above it: Vendure, Squarespace.

Vendure: https://docs.vendure.io/guides/developer-guide/importing-data/
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from products.importing.columns import find_unread, squash
from products.importing.csv_records import Record
from products.importing.formats.grouping import Columns, has_extra_cells
from products.importing.formats.lines import EXTRA_CELLS, build_row, is_variant_column
from products.importing.raw_rows import RawRow
from products.importing.skus import make_sku
from products.importing.tables import Table

OPTION = re.compile(r"option(?:groups|values|name\d|value\d)")
NAMES = ("name", "title")
MADE_UP = "a variant without a SKU got one from its product and options"


class ContinuedFormat:
    """The first line has the name and the names of the options, each line the values of one variant."""

    title = "a Vendure or Squarespace product export"

    def recognise(self, header: Sequence[str]) -> bool:
        """Return whether there are names and values of options, and no handle."""
        names = {squash(name) for name in header}
        return bool(names & set(NAMES)) and (names >= {"optiongroups", "optionvalues"} or names >= {"optionname1", "optionvalue1"})

    def find_unread(self, header: Sequence[str]) -> list[str]:
        """Return the columns that are not read."""
        return [name for name in find_unread(header) if not OPTION.fullmatch(squash(name))]

    def iter_rows(self, table: Table) -> Iterator[RawRow]:
        """Yield a row for each product."""
        columns, records = Columns(table.header), list[Record]()
        for record in table.iter_records():
            if records and columns.get(record, *NAMES):
                yield _build(table, columns, records)
                records = []
            records.append(record)
        if records:
            yield _build(table, columns, records)


def _build(table: Table, columns: Columns, records: list[Record]) -> RawRow:
    row, notes = build_row(table, records[0]), list[str]()
    values = {name: value for name, value in row.values.items() if not is_variant_column(name)}
    values["variants"] = [_build_variant(table, columns, records[0], record, notes) for record in records]
    problem = next((record.problem for record in records if record.problem), "")
    return RawRow(row.number, values, problem or (EXTRA_CELLS if has_extra_cells(table, records) else ""), tuple(notes))


def _build_variant(table: Table, columns: Columns, first: Record, record: Record, notes: list[str]) -> dict[str, Any]:
    names = columns.get(first, "optiongroups").split("|") + [columns.get(first, f"optionname{n}") for n in range(1, 7)]
    texts = columns.get(record, "optionvalues").split("|") + [columns.get(record, f"optionvalue{n}") for n in range(1, 7)]
    options = {name.strip(): text.strip() for name, text in zip(names, texts, strict=False) if name.strip() and text.strip()}
    values = {name: value for name, value in build_row(table, record).values.items() if is_variant_column(name)}
    sku = columns.get(record, "sku")
    if not sku:
        sku = make_sku(columns.get(first, "slug", "producturl", *NAMES), options.values())
        notes.append(MADE_UP)
    own = {name: value for name, value in values.items() if squash(name) not in ("sku", "slug", "productid", "variantid")}
    return {**own, "sku": sku, "name": " / ".join(options.values()), "options": options}
