"""Product exports of Magento and Adobe Commerce.

https://experienceleague.adobe.com/docs/commerce-admin/systems/data-transfer/data-attributes-product.html
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from products.importing.columns import find_unread, squash
from products.importing.csv_records import Record
from products.importing.formats.grouping import Columns, iter_groups
from products.importing.formats.lines import NOT_SHIPPED, build_row, is_variant_column
from products.importing.raw_rows import RawRow
from products.importing.tables import Table

READ = frozenset(("storeviewcode", "configurablevariations"))
OTHER_STORE_VIEWS = "lines of other store views (translations) were not read"
DIGITAL = ("virtual", "downloadable")
NOT_SOLD = {kind: f"a {kind} product is not sold itself; its parts are" for kind in ("grouped", "bundle")}


class MagentoFormat:
    """A configurable product lists its variants, which are lines of their own, in `configurable_variations`."""

    title = "a Magento product export"

    def recognise(self, header: Sequence[str]) -> bool:
        """Return whether there are a SKU and what only Magento has beside it."""
        names = {squash(name) for name in header}
        return names >= {"sku", "producttype"} and bool(names & {"attributesetcode", "productwebsites", "configurablevariations"})

    def find_unread(self, header: Sequence[str]) -> list[str]:
        """Return the columns that are not read."""
        return [name for name in find_unread(header) if squash(name) not in READ]

    def iter_rows(self, table: Table) -> Iterator[RawRow]:
        """Yield a row for each product that is sold by itself."""
        columns = Columns(table.header)
        options: dict[str, tuple[str, dict[str, str]]] = {}  # parent's SKU and options, by the SKU of a variant
        for record in table.iter_records():
            for sku, values in _parse_variations(columns.get(record, "configurablevariations")):
                options[sku] = columns.get(record, "sku"), values
        parents = {parent for parent, _ in options.values()}

        def get_key(record: Record) -> str:
            sku = columns.get(record, "sku")
            return options[sku][0] if sku in options else sku if sku in parents else ""

        for records in iter_groups(table, get_key):
            lines = [record for record in records if not columns.get(record, "storeviewcode")]
            if len(lines) < len(records):
                table.add_note(OTHER_STORE_VIEWS)
            if lines:
                yield _build(table, columns, lines, options)


def _parse_variations(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the SKU and options of each variant in `sku=LIN-S,size=S|sku=LIN-M,size=M`."""
    for part in filter(None, text.split("|")):
        pairs = dict(pair.split("=", 1) for pair in part.split(",") if "=" in pair)
        sku = pairs.pop("sku", "").strip()
        if sku:
            yield sku, {name.strip().replace("_", " ").capitalize(): value.strip() for name, value in pairs.items()}


def _build(table: Table, columns: Columns, lines: list[Record], options: dict[str, tuple[str, dict[str, str]]]) -> RawRow:
    product = next((line for line in lines if columns.get(line, "sku") not in options), lines[0])
    row = build_row(table, product)
    kind = columns.get(product, "producttype").lower()
    if kind in NOT_SOLD:
        return RawRow(row.number, row.values, row.problem or NOT_SOLD[kind])
    if kind in DIGITAL:
        row = replace(row, notes=(*row.notes, NOT_SHIPPED))
    if len(lines) == 1 and kind != "configurable":
        return row
    values = {name: value for name, value in row.values.items() if not is_variant_column(name)}
    variants = [_build_variant(table, columns, line, options) for line in lines if line is not product]
    problem = row.problem or ("" if variants else "it has no variants in the file")
    return RawRow(row.number, {**values, "variants": variants} if variants else row.values, problem)


def _build_variant(table: Table, columns: Columns, line: Record, options: dict[str, tuple[str, dict[str, str]]]) -> dict[str, Any]:
    values = options[columns.get(line, "sku")][1]
    variant = {name: value for name, value in build_row(table, line).values.items() if is_variant_column(name)}
    online = {"product_online": columns.get(line, "productonline")} if columns.has("productonline") else {}
    return {**variant, "name": " / ".join(values.values()), "options": values, **online}
