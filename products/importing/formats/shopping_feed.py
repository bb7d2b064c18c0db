"""Product feeds for Google and Meta as TSV or CSV: one line for each variant.

https://support.google.com/merchants/answer/7052112
"""

from collections.abc import Iterator, Sequence

from products.importing.columns import find_unread, squash
from products.importing.csv_records import Record
from products.importing.formats.grouping import Columns, iter_groups
from products.importing.formats.lines import build_row, is_variant_column
from products.importing.raw_rows import RawRow
from products.importing.tables import Table

OPTIONS = ("color", "size", "material", "pattern", "gender", "agegroup")


class ShoppingFeedFormat:
    """Lines with the same `item_group_id` are the variants of one product; `id` is the SKU."""

    title = "a shopping feed"

    def recognise(self, header: Sequence[str]) -> bool:
        """Return whether there are an id, a title and a price, and what feeds have beside them."""
        names = {squash(name) for name in header}
        return names >= {"id", "title", "price"} and bool(names & {"itemgroupid", "imagelink"}) and "sku" not in names

    def find_unread(self, header: Sequence[str]) -> list[str]:
        """Return the columns that are not read."""
        read = OPTIONS if any(squash(name) == "itemgroupid" for name in header) else ()
        return [name for name in find_unread(header) if squash(name) not in read]

    def iter_rows(self, table: Table) -> Iterator[RawRow]:
        """Yield a row for each group, and for each line without one."""
        columns = Columns(table.header)
        for records in iter_groups(table, lambda record: columns.get(record, "itemgroupid")):
            row = _build_line(table, columns, records[0])
            if columns.get(records[0], "itemgroupid"):
                values = {name: value for name, value in row.values.items() if not is_variant_column(name)}
                values["variants"] = [_build_variant(table, columns, record) for record in records]
                row = RawRow(row.number, values, row.problem)
            yield row


def _build_line(table: Table, columns: Columns, record: Record) -> RawRow:
    row = build_row(table, record)
    values = {name: value for name, value in row.values.items() if squash(name) != "id"}
    return RawRow(row.number, {**values, "sku": columns.get(record, "id")}, row.problem)


def _build_variant(table: Table, columns: Columns, record: Record) -> dict[str, object]:
    names = {squash(name): name for name in table.header}
    options = {
        names[name].removeprefix("g:").replace("_", " ").capitalize(): columns.get(record, name)
        for name in OPTIONS
        if columns.get(record, name)
    }
    values = {name: value for name, value in _build_line(table, columns, record).values.items() if is_variant_column(name)}
    image = columns.get(record, "imagelink")
    return {**values, "name": " / ".join(options.values()), "options": options, **({"image": image} if image else {})}
