"""Product exports that have a handle and numbered options in each line: Shopify (both headers), Medusa, Spree.

Shopify: https://help.shopify.com/en/manual/products/import-export/using-csv
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from products.importing.columns import MARKET_COLUMN, is_weight_column, resolve, squash
from products.importing.csv_records import Record
from products.importing.flags import NO, is_set, is_yes
from products.importing.formats.grouping import Columns, has_extra_cells, iter_groups
from products.importing.formats.lines import EXTRA_CELLS, NOT_SHIPPED
from products.importing.raw_rows import RawRow
from products.importing.skus import make_sku
from products.importing.tables import Table

HANDLE = ("handle", "urlhandle", "producthandle", "slug")
TITLE = ("title", "producttitle", "name")
BODY = ("body", "bodyhtml", "description", "productdescription")
CATEGORY = ("type", "customproducttype", "productcategory", "standardizedproducttype", "standardproducttype", "category1")
FLAGS = ("published", "publishedononlinestore", "status", "productstatus")
GIFT_CARD = ("giftcard", "isgiftcard")
SKU = ("variantsku", "sku")
PRICE = ("variantprice", "price")
COMPARE_AT = ("variantcompareatprice", "compareatprice")
QUANTITY = ("variantinventoryqty", "inventoryquantity", "variantinventoryquantity", "inventorycount")
TRACKER = ("variantinventorytracker", "inventorytracker", "variantmanageinventory")
SHIPPING = ("variantrequiresshipping", "requiresshipping")
POLICY = ("variantinventorypolicy", "continuesellingwhenoutofstock", "variantallowbackorder")
IMAGE = ("imagesrc", "productimageurl")
IMAGE_POSITION, IMAGE_ALT = ("imageposition",), ("imagealttext",)
VARIANT_IMAGE = ("variantimage", "variantimageurl")
CURRENCY = ("currency",)
NUMBERED_IMAGE = re.compile(r"(?:product)?image\d+(?:src|url)")
OPTION = re.compile(r"(?:variant)?option(\d)(name|value)")
READ = frozenset(
    (
        *(
            *HANDLE,
            *TITLE,
            *BODY,
            *CATEGORY,
            *FLAGS,
            *GIFT_CARD,
            *SKU,
            *PRICE,
            *COMPARE_AT,
            *QUANTITY,
            *TRACKER,
            *POLICY,
            *SHIPPING,
        ),
        *(*IMAGE, *IMAGE_POSITION, *IMAGE_ALT, *VARIANT_IMAGE, *CURRENCY),
    )
)
CONTINUE = "continue"
NOT_TRACKED = "the other shop does not count its stock; here it stays as it is, 0 for a new product"
SELLS_ON = "the other shop sells on when it is sold out; this shop does not"
GIFT_CARD_NOTE = "a gift card is switched off, because this shop does not issue codes"
MADE_UP = "a variant without a SKU got one from its handle and options"


class HandleFormat:
    """Lines with the same handle are one product: its variants, and further pictures."""

    title = "a Shopify product export"

    def recognise(self, header: Sequence[str]) -> bool:
        """Return whether there are a handle, a title, and option 1 or columns of variants."""
        names = {squash(name) for name in header}
        has_options = any(OPTION.fullmatch(name) for name in names)
        return bool(names & set(HANDLE)) and bool(names & set(TITLE)) and (has_options or "variantsku" in names)

    def find_unread(self, header: Sequence[str]) -> list[str]:
        """Return the columns that are not read."""
        return [
            name for name in header if name and squash(name) not in READ and not _is_pattern(name) and not is_weight_column(name)
        ]

    def iter_rows(self, table: Table) -> Iterator[RawRow]:
        """Yield a row for each handle."""
        columns = Columns(table.header)
        for records in iter_groups(table, lambda record: columns.get(record, *HANDLE)):
            yield HandleProduct(table, columns, records).build()


class MedusaFormat(HandleFormat):
    """Medusa names its columns by what they belong to."""

    title = "a Medusa product export"

    def recognise(self, header: Sequence[str]) -> bool:
        """Return whether there is a product's handle."""
        return super().recognise(header) and any(squash(name) == "producthandle" for name in header)


class SpreeFormat(HandleFormat):
    """Spree has a slug."""

    title = "a Spree product export"

    def recognise(self, header: Sequence[str]) -> bool:
        """Return whether there is a slug and no handle."""
        return super().recognise(header) and not {squash(name) for name in header} & {"handle", "urlhandle", "producthandle"}


def _is_pattern(name: str) -> bool:
    squashed, column = squash(name), resolve(name)
    is_price = column is not None and (column.name in ("price", "compare_at_price") or bool(MARKET_COLUMN.fullmatch(column.name)))
    return is_price or bool(OPTION.fullmatch(squashed) or NUMBERED_IMAGE.fullmatch(squashed))


class HandleProduct:
    """The lines of one product."""

    def __init__(self, table: Table, columns: Columns, records: list[Record]) -> None:
        self.table, self.columns, self.records = table, columns, records
        self.first = next((record for record in records if self.get(record, *TITLE)), records[0])
        self.notes: list[str] = []
        self.option_columns = sorted(
            (int(match[1]), name) for name in columns.index if (match := OPTION.fullmatch(name)) and match[2] == "value"
        )
        self.prices = [name for name in table.header if squash(name) not in READ and _is_pattern(name) and resolve(name)]

    def get(self, record: Record, *names: str) -> str:
        """Return a cell."""
        return self.columns.get(record, *names)

    def build(self) -> RawRow:
        """Return the product as a row."""
        variants = [record for record in self.records if self._is_variant(record)] or [self.first]
        values: dict[str, Any] = {
            "variants": [self._build_variant(record) for record in variants],
            "name": self.get(self.first, *TITLE),
        }
        if self.columns.has(*BODY):
            values["description"] = self.get(self.first, *BODY)
        if self.columns.has(*CATEGORY):
            values["category"] = self.get(self.first, *CATEGORY).replace("->", ">")
        values |= {name: self.get(self.first, name) for name in FLAGS if self.columns.has(name)}
        if is_set(self.get(self.first, *GIFT_CARD)):
            values["is_active"] = "no"
            self.notes.append(GIFT_CARD_NOTE)
        if self.columns.has(*IMAGE) or any(NUMBERED_IMAGE.fullmatch(name) for name in self.columns.index):
            values["images"] = self._build_images()
        problems = [record.problem for record in self.records if record.problem]
        problem = problems[0] if problems else EXTRA_CELLS if has_extra_cells(self.table, self.records) else ""
        return RawRow(self.records[0].number, values, problem, tuple(self.notes))

    def _is_variant(self, record: Record) -> bool:
        """Return whether a line is a variant; others only have a picture."""
        return any((*self._get_values(record), self.get(record, *SKU, *PRICE), *(self.get(record, squash(n)) for n in self.prices)))

    def _get_values(self, record: Record) -> list[str]:
        return [self.get(record, name) for _, name in self.option_columns]

    def _build_variant(self, record: Record) -> dict[str, Any]:
        options = self._build_options(record)
        variant: dict[str, Any] = {"sku": self.get(record, *SKU), "name": " / ".join(options.values()), "options": options}
        if not variant["sku"]:
            variant["sku"] = make_sku(self.get(record, *HANDLE), options.values())
            self.notes.append(MADE_UP)
        for name, source in (("price", PRICE), ("compare_at_price", COMPARE_AT), ("currency", CURRENCY)):
            if self.columns.has(*source):
                variant[name] = self.get(record, *source)
        variant |= {name: self.get(record, squash(name)) for name in self.prices}
        variant |= self.columns.get_weights(record)
        if self.columns.has(*QUANTITY):
            variant["stock"] = self._get_stock(record)
        policy = self.get(record, *POLICY)
        if policy.lower() == CONTINUE or is_yes(policy):
            self.notes.append(SELLS_ON)
        if self.get(record, *SHIPPING).lower() in NO and not is_set(self.get(self.first, *GIFT_CARD)):
            self.notes.append(NOT_SHIPPED)
        if self.get(record, *VARIANT_IMAGE):
            variant["image"] = self.get(record, *VARIANT_IMAGE)
        return variant

    def _build_options(self, record: Record) -> dict[str, str]:
        """Return the options of a variant; `Title: Default Title` is what Shopify writes for a product without any."""
        options = {}
        for number, value_column in self.option_columns:
            name_columns = (f"option{number}name", f"variantoption{number}name")
            name = self.get(self.first, *name_columns) or self.get(record, *name_columns) or f"Option {number}"
            value = self.get(record, value_column)
            if value and (name, value) != ("Title", "Default Title"):
                options[name] = value
        return options

    def _get_stock(self, record: Record) -> str:
        """Return the quantity; empty if the other shop does not count it."""
        if self.columns.has(*TRACKER) and not is_set(self.get(record, *TRACKER)):
            self.notes.append(NOT_TRACKED)
            return ""
        return self.get(record, *QUANTITY)

    def _build_images(self) -> list[dict[str, str | None]]:
        """Return the pictures in their order, each once."""
        found = []
        for number, record in enumerate(self.records):
            position = self.get(record, *IMAGE_POSITION)
            order = int(position) if position.isascii() and position.isdigit() and len(position) < 6 else number
            found.append((order, self.get(record, *IMAGE), self.get(record, *IMAGE_ALT) or None))
            found += [(order, self.get(record, name), None) for name in self.columns.index if NUMBERED_IMAGE.fullmatch(name)]
        alts: dict[str, str | None] = {}
        for _, source, alt in sorted(found, key=lambda image: image[0]):
            if source:
                alts[source] = alts.get(source) or alt
        return [{"file": source, "alt": alt} for source, alt in alts.items()]
