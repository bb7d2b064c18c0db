"""Parse and validate one row of an import file. Error messages are written for the author of the file.

What a row does not name is absent from the parsed row, and the importer leaves it as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core import markets
from core.empty_values import is_empty
from products.exceptions import DuplicateOptions
from products.importing import numbers, sales
from products.importing.categories import parse_category
from products.importing.columns import MARKET_COLUMN, to_own_names
from products.importing.image_refs import ImageRef, parse_images
from products.importing.raw_rows import BadRow, RawRow, describe_value
from products.importing.skus import looks_like_date, parse_sku
from products.importing.texts import parse_description, parse_name, parse_options, parse_variant_name
from products.importing.weights import parse_weight
from products.models import MAX_STOCK, Category
from products.services.commands import NewProduct, ProductColumns, VariantChange, VariantColumns
from products.services.variants import refuse_duplicate_options

Amounts = dict[str, Decimal | None]  # by market; None takes the price away


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A valid row. Columns that the file does not name are absent from `columns` and from the variants' changes."""

    columns: ProductColumns
    category: tuple[str, ...] | None  # None leaves the category unchanged; an empty path takes the product out of it
    variants: tuple[VariantChange, ...]
    lists_variants: bool  # all variants of the product are listed; otherwise the row is about one SKU
    images: tuple[ImageRef, ...] | None  # None leaves the pictures unchanged
    variant_images: Mapping[str, str] = field(default_factory=dict)  # file of the picture that shows a variant, by SKU
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return the name, or the first SKU if the row has none."""
        return self.columns.get("name") or self.skus[0]

    @property
    def skus(self) -> list[str]:
        """Return the SKUs of the variants."""
        return [variant.columns["sku"] for variant in self.variants]

    def find_missing(self, new: Sequence[VariantChange], *, is_new: bool) -> str:
        """Return what the new variants need and the row lacks, such as "a name and a price"; empty if nothing."""
        default = markets.get_default_market()
        unpriced = [variant for variant in new if variant.amounts.get(default.code) is None]
        price = f"a price in {default.currency}" if any(variant.amounts for variant in unpriced) else "a price"
        lacks_name = is_new and "name" not in self.columns
        return " and ".join(part for part, is_missing in (("a name", lacks_name), (price, bool(unpriced))) if is_missing)

    def to_new_product(self, category: Category | None) -> NewProduct:
        """Return the row as a product to create."""
        return NewProduct(
            name=self.columns["name"],
            description=self.columns.get("description", ""),
            category=category,
            variants=[variant.to_new_variant() for variant in self.variants],
            low_stock_threshold=self.columns.get("low_stock_threshold", 5),
            is_active=self.columns.get("is_active", True),
        )


@dataclass
class RowParser:
    """Parses one row; collects what the report says about it."""

    decimal_mark: str
    market: str = ""  # code of the market of prices without a currency
    notes: list[str] = field(default_factory=list)
    variant_images: dict[str, str] = field(default_factory=dict)
    amounts: list[Decimal] = field(default_factory=list)

    def parse(self, raw: Any) -> ProductRow:
        """Return the valid row. Raises BadRow."""
        if not isinstance(raw, dict):
            raise BadRow("is not an object")
        row, flags = to_own_names(raw)
        raw_variants = row.get("variants")
        if raw_variants is not None and (not isinstance(raw_variants, list) or not raw_variants):
            raise BadRow("variants must be a list with at least one entry")
        columns = self._parse_columns(row, flags)
        if raw_variants:
            currency = row.get("currency")
            variants = tuple(self._parse_variant(entry, currency) for entry in raw_variants)
        else:
            variants = (self._build_variant(row, _parse_own_variant(row)),)
        if len({variant.columns["sku"] for variant in variants}) != len(variants):
            raise BadRow("two of its variants have the same SKU")
        _refuse_duplicate_options(variants)
        if self.amounts and not any(self.amounts):
            self.notes.append("all its prices are 0")
        return ProductRow(
            columns=columns,
            category=parse_category(row),
            variants=variants,
            lists_variants=bool(raw_variants),
            images=self._add_variant_images(parse_images(row)),
            variant_images=self.variant_images,
            notes=tuple(dict.fromkeys(self.notes)),
        )

    def _add_variant_images(self, images: tuple[ImageRef, ...] | None) -> tuple[ImageRef, ...] | None:
        """Return the pictures of the product with those of its variants, which many formats list apart."""
        if images is None:
            return None
        listed = {image.file for image in images}
        files = dict.fromkeys(file for file in self.variant_images.values() if file not in listed)
        return (*images, *(ImageRef(file, None) for file in files))

    def _parse_columns(self, row: dict[str, Any], flags: list[Any]) -> ProductColumns:
        columns: ProductColumns = {}
        if not is_empty(row.get("name")):
            columns["name"] = parse_name(row["name"])
        if "description" in row:
            columns["description"] = parse_description(row["description"])
        if not is_empty(row.get("low_stock_threshold")):
            columns["low_stock_threshold"] = self._parse_threshold(row["low_stock_threshold"])
        is_available, is_counted_elsewhere = sales.apply_availability(row)
        is_active = sales.parse_is_active((*flags, ("availability", is_available)))
        if is_active is not None:
            columns["is_active"] = is_active
        if is_counted_elsewhere:
            self.notes.append("it is in stock without a number; its stock stays as it is, 0 for a new product")
        return columns

    def _parse_threshold(self, value: Any) -> int:
        number, note = self._parse_quantity(value, "low_stock_threshold")
        if number is None or note:
            raise BadRow(f"low_stock_threshold must be a whole number from 0 to {MAX_STOCK}: {describe_value(value)}")
        return number

    def _parse_variant(self, raw: Any, currency: Any) -> VariantChange:
        """Return an entry of `variants`; the currency of its product is that of the variant."""
        if not isinstance(raw, dict):
            raise BadRow("a variant must be an object")
        row, flags = to_own_names(raw)
        row.setdefault("currency", currency)
        columns: VariantColumns = {}
        if "name" in row:
            columns["name"] = parse_variant_name(row["name"])
        if "options" in row:
            columns["options"] = parse_options(row["options"])
        is_available, is_counted_elsewhere = sales.apply_availability(row)
        is_active = sales.parse_is_active((*flags, ("availability", is_available)))
        columns["is_active"] = is_active is not False  # a variant that is listed is for sale
        if is_counted_elsewhere:
            self.notes.append("a variant is in stock without a number; its stock stays as it is, 0 for a new one")
        image = row.get("variant_image") or row.get("images")
        if isinstance(image, str) and image.strip():
            self.variant_images[_parse_row_sku(row)[0]] = image.strip()
        return self._build_variant(row, columns)

    def _build_variant(self, row: dict[str, Any], columns: VariantColumns) -> VariantChange:
        """Return the SKU, prices, stock and weight of a row or of an entry of `variants`."""
        sku, stand_in = _parse_row_sku(row)
        if stand_in:
            self.notes.append(f"the column {stand_in} was taken as the SKU")
        if looks_like_date(sku):
            self.notes.append("the SKU looks like a date that a spreadsheet program made of it")
        row, note = sales.apply_currency(sales.apply_sale(row), self.market)
        self.notes += [note] if note else []
        stock, note = self._parse_quantity(row["stock"], "stock") if not is_empty(row.get("stock")) else (None, "")
        self.notes += [note] if note else []
        weight, note = parse_weight(row, self.decimal_mark)
        self.notes += [note] if note else []
        amounts, compare_ats = self._parse_amounts(row)
        self.amounts += [amount for amount in amounts.values() if amount is not None]
        return VariantChange({**columns, **weight, "sku": sku}, amounts, compare_ats, stock)

    def _parse_quantity(self, value: Any, name: str) -> tuple[int | None, str]:
        try:
            return numbers.parse_quantity(value, self.decimal_mark)
        except ValueError as error:
            raise BadRow(f"{name} {error}: {describe_value(value)}") from None

    def _parse_amounts(self, row: dict[str, Any]) -> tuple[Amounts, Amounts]:
        """Return the prices and the compare-at prices that a row names, by market."""
        default = markets.get_default_market()
        amounts: Amounts = {}
        compare_ats: Amounts = {}
        if not is_empty(row.get("price")):  # the price of the default market cannot be taken away
            amounts[default.code] = self._parse_amount(row["price"], "price", default.currency)
        if "compare_at_price" in row:
            compare_ats[default.code] = self._parse_amount(row["compare_at_price"], "compare_at_price", default.currency)
        self._parse_objects(row, amounts, compare_ats)
        for name, value in row.items():
            column = MARKET_COLUMN.fullmatch(name)
            if column:
                market = _get_other_market(column[2])
                target, label = (amounts, "prices") if column[1] == "price" else (compare_ats, "compare_at_prices")
                target[market.code] = self._parse_amount(value, f"{label}.{market.code}", market.currency)
        return amounts, compare_ats

    def _parse_objects(self, row: dict[str, Any], amounts: Amounts, compare_ats: Amounts) -> None:
        """Add the objects `prices` and `compare_at_prices`, which list all markets other than the default."""
        others = [market for market in markets.get_markets().values() if not market.is_default]
        for name, target in (("prices", amounts), ("compare_at_prices", compare_ats)):
            if is_empty(row.get(name)):
                continue
            if not isinstance(row[name], dict):
                raise BadRow('prices must be an object like {"us": "9.99"}')
            target.update(dict.fromkeys(market.code for market in others))
            for code, value in row[name].items():
                market = _get_other_market(code)
                target[code] = self._parse_amount(value, f"{name}.{code}", market.currency)

    def _parse_amount(self, value: Any, name: str, currency: str) -> Decimal | None:
        """Return an amount; None if it is empty. Raises BadRow."""
        if is_empty(value):
            return None
        try:
            return numbers.parse_price(value, currency, self.decimal_mark)
        except ValueError as error:
            raise BadRow(f"{name} {error}: {describe_value(value)}") from None


def parse_row(raw: RawRow) -> ProductRow:
    """Parse and validate one row of the file. Raises BadRow."""
    if raw.problem:
        raise BadRow(raw.problem)
    return RowParser(raw.decimal_mark, raw.market, list(raw.notes)).parse(raw.values)


def find_skus(values: Any) -> list[str]:
    """Return the SKUs that a row names, even if it cannot be imported."""
    if not isinstance(values, dict):
        return []
    entries = values.get("variants")
    found = []
    for entry in (values, *(entries if isinstance(entries, list) else ())):
        try:
            found.append(_parse_row_sku(to_own_names(entry)[0])[0] if isinstance(entry, dict) else "")
        except BadRow:
            continue
    return list(filter(None, found))


def _refuse_duplicate_options(variants: Sequence[VariantChange]) -> None:
    """Raise BadRow if customers could not tell two variants apart."""
    try:
        refuse_duplicate_options(variant.columns.get("options", {}) for variant in variants)
    except DuplicateOptions as error:
        raise BadRow(error.message[0].lower() + error.message[1:]) from None


def _parse_own_variant(row: dict[str, Any]) -> VariantColumns:
    """Return the name and options of the only variant that a row has in columns of their own. Raises BadRow."""
    columns: VariantColumns = {}
    if "variant_name" in row:
        columns["name"] = parse_variant_name(row["variant_name"])
    options = {name.removeprefix("option_"): value for name, value in row.items() if name.startswith("option_")}
    if options:
        columns["options"] = parse_options(options)
    return columns


def _parse_row_sku(row: dict[str, Any]) -> tuple[str, str]:
    """Return the SKU of a row, and the name of the column that stands in for it, if one does. Raises BadRow."""
    if is_empty(row.get("sku")) and "stand_in" in row and not is_empty(row["stand_in"][1]):
        name, value = row["stand_in"]
        return parse_sku(value), name
    return parse_sku(row.get("sku")), ""


def _get_other_market(code: str) -> markets.Market:
    """Return a market other than the default. Raises BadRow."""
    market = markets.get_markets().get(code)
    if market is None or market.is_default:
        raise BadRow(f"prices names {code!r}, which is not another market of this shop")
    return market
