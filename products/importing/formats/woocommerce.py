"""Product exports of WooCommerce.

https://github.com/woocommerce/woocommerce/wiki/Product-CSV-Import-Schema
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from products.importing.columns import is_weight_column, squash
from products.importing.csv_records import Record
from products.importing.flags import is_set
from products.importing.formats.grouping import Columns, has_extra_cells, iter_groups
from products.importing.formats.lines import EXTRA_CELLS, NOT_SHIPPED
from products.importing.image_refs import split_cell
from products.importing.raw_rows import RawRow
from products.importing.skus import make_sku
from products.importing.tables import Table

SAME_NAMES = {  # our name: WooCommerce's column
    "price": "regularprice",
    "sale_price": "saleprice",
    "sale_starts": "datesalepricestarts",
    "sale_ends": "datesalepriceends",
    "in_stock": "instock",
}
ATTRIBUTE = re.compile(r"attribute(\d+)(name|value|values)")
READ = frozenset(
    (
        *("id", "type", "sku", "name", "published", "visibilityincatalog", "shortdescription", "description", "stock"),
        *("lowstockamount", "categories", "images", "parent", "backordersallowed", *SAME_NAMES.values()),
    )
)
LINE_BREAK, COMMA = re.compile(r"\\r?\\n|\\n"), "\\,"  # how WooCommerce writes them within a cell
PRODUCT, VARIATION = "product", "variation"
NOT_SOLD = {
    "grouped": "a grouped product is not sold itself; its parts are",
    "external": "an external product is sold in another shop",
}
DIGITAL = ("virtual", "downloadable")
MADE_UP = "a variation without a SKU got one from its product and options"
SHARED_STOCK = "a variation shares the stock of its product, which this shop does not do; its stock stays as it is, 0 for a new one"
SELLS_ON = "the other shop takes backorders; this shop does not"


class WooCommerceFormat:
    """Lines of the type `variation` belong to the product that `Parent` names by SKU or as `id:11`."""

    title = "a WooCommerce product export"

    def recognise(self, header: Sequence[str]) -> bool:
        """Return whether there are types and what only WooCommerce has beside them."""
        names = {squash(name) for name in header}
        return names >= {"type", "name", "regularprice"} and bool(names & {"parent", "visibilityincatalog", "attribute1name"})

    def find_unread(self, header: Sequence[str]) -> list[str]:
        """Return the columns that are not read."""
        return [name for name in header if name and squash(name) not in READ and not _is_pattern(name)]

    def iter_rows(self, table: Table) -> Iterator[RawRow]:
        """Yield a row for each product."""
        columns = Columns(table.header)
        parents: dict[str, str] = {}
        for record in table.iter_records():
            if _is(record, columns, "variable"):
                key = f"id:{columns.get(record, 'id') or columns.get(record, 'sku')}"
                parents |= {f"id:{columns.get(record, 'id')}": key, columns.get(record, "sku"): key}
        parents.pop("id:", None)
        parents.pop("", None)

        def get_key(record: Record) -> str:
            if _is(record, columns, VARIATION):
                parent = columns.get(record, "parent")
                return parents.get(parent, f"unknown {parent}")
            return parents.get(f"id:{columns.get(record, 'id')}") or parents.get(columns.get(record, "sku"), "")

        for records in iter_groups(table, get_key):
            yield _build(table, columns, records)


def _is_pattern(name: str) -> bool:
    return ATTRIBUTE.fullmatch(squash(name)) is not None or is_weight_column(name)


def _is(record: Record, columns: Columns, kind: str) -> bool:
    """Return whether a line is of a type; a cell may hold several, such as `simple, virtual`."""
    return kind in (part.strip() for part in columns.get(record, "type").lower().split(","))


def _build(table: Table, columns: Columns, records: Sequence[Record]) -> RawRow:
    product = next((record for record in records if not _is(record, columns, VARIATION)), None)
    first = product or records[0]
    problem = next((record.problem for record in records if record.problem), "")
    problem = problem or (EXTRA_CELLS if has_extra_cells(table, records) else "")
    problem = problem or next((reason for kind, reason in NOT_SOLD.items() if _is(first, columns, kind)), "")
    variations = [record for record in records if record is not product]
    notes: list[str] = []
    if product is None:
        values: dict[str, Any] = {"sku": columns.get(first, "sku"), "name": columns.get(first, "name")}
        problem = problem or f"its product {columns.get(first, 'parent')[:60]!r} is not in the file"
    elif _is(product, columns, "variable"):
        problem = problem or ("" if variations else "it has no variations in the file")
        values = _build_product(columns, product)
        values["variants"] = [_build_variation(columns, product, record, notes) for record in variations]
    else:
        values = {**_build_product(columns, product), **_build_offer(columns, product, notes)}
        values |= {"sku": columns.get(product, "sku"), "ID": columns.get(product, "id")}
    if not values.get("variants"):
        values.pop("variants", None)
        values.setdefault("sku", columns.get(first, "sku"))
    return RawRow(first.number, values, problem, tuple(notes))


def _build_product(columns: Columns, record: Record) -> dict[str, Any]:
    values: dict[str, Any] = {"name": _unescape(columns.get(record, "name"))}
    if columns.has("description", "shortdescription"):
        values["description"] = _unescape(columns.get(record, "description", "shortdescription"))
    for ours, theirs in (("categories", "categories"), ("low_stock_threshold", "lowstockamount")):
        if columns.has(theirs):
            values[ours] = columns.get(record, theirs)
    for name in ("published", "visibilityincatalog"):
        if columns.has(name):
            values[name] = columns.get(record, name)
    if columns.has("images"):
        cell = columns.get(record, "images")
        values["images"] = split_cell(cell) if cell else None
    return values


def _build_offer(columns: Columns, record: Record, notes: list[str]) -> dict[str, Any]:
    """Return prices, stock and weight."""
    offer: dict[str, Any] = {ours: columns.get(record, theirs) for ours, theirs in SAME_NAMES.items() if columns.has(theirs)}
    offer |= columns.get_weights(record)
    if columns.has("stock"):
        offer["stock"] = columns.get(record, "stock")
    if offer.get("in_stock", "").lower() == "backorder":
        del offer["in_stock"]
    if offer.get("stock", "").lower() == "parent":
        offer = {name: value for name, value in offer.items() if name not in ("stock", "in_stock")}
        notes.append(SHARED_STOCK)
    if is_set(columns.get(record, "backordersallowed")):
        notes.append(SELLS_ON)
    if any(_is(record, columns, kind) for kind in DIGITAL):
        notes.append(NOT_SHIPPED)
    return offer


def _build_variation(columns: Columns, product: Record, record: Record, notes: list[str]) -> dict[str, Any]:
    options = {}
    for name_column in (name for name in columns.index if (match := ATTRIBUTE.fullmatch(name)) and match[2] == "name"):
        number = name_column.removeprefix("attribute").removesuffix("name")
        name = columns.get(record, name_column) or columns.get(product, name_column)
        value = _unescape(columns.get(record, f"attribute{number}value", f"attribute{number}values"))
        if name and value:
            options[name] = value
    sku = columns.get(record, "sku")
    if not sku or sku == columns.get(product, "sku"):
        sku = make_sku(
            columns.get(product, "sku") or f"id-{columns.get(product, 'id')}", options.values() or [columns.get(record, "id")]
        )
        notes.append(MADE_UP)
    variant = {"sku": sku, "name": " / ".join(options.values()), "options": options, **_build_offer(columns, record, notes)}
    variant |= {name: weight or columns.get_weights(product).get(name, "") for name, weight in columns.get_weights(record).items()}
    if columns.has("published"):
        variant["published"] = columns.get(record, "published")
    pictures = split_cell(columns.get(record, "images")) if columns.get(record, "images") else []
    return {**variant, **({"image": pictures[0]} if pictures and isinstance(pictures, list) else {})}


def _unescape(text: str) -> str:
    return LINE_BREAK.sub("\n", text).replace(COMMA, ",")
