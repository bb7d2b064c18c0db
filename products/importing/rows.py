"""Parse and validate one row of an import file. Error messages are written for the author of the file."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core import markets
from products.amounts import parse_amount, strip_formatting
from products.importing.html_text import TAG, html_to_text
from products.models import MAX_CATEGORY_DEPTH, MAX_CATEGORY_NAME, MAX_DESCRIPTION, MAX_NAME, MAX_SKU, MAX_STOCK, Category
from products.services.commands import NewProduct, NewVariant, Price

WHOLE_NUMBER = re.compile(r"\d{1,12}(\.0*)?", re.ASCII)
MAX_PATH_LENGTH = 2000  # characters of a category path
COLUMN_ALIASES = {  # names used by other shops
    "name": ("title", "product_name"),
    "description": ("body_html", "body"),
    "stock": ("quantity", "qty", "inventory"),
    "images": ("image", "image_url", "picture"),
    "category": ("product_type",),
}
NULLABLE_COLUMNS = {"description", "options", "low_stock_threshold"}
EXTRA_CELLS = "\0more cells than names"  # marks a broken CSV line; no file can contain this key
BOOLEAN_WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class BadRow(ValueError):
    """The row cannot be imported; the message says why."""


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A reference to a picture: a file name relative to the picture folder, or a URL."""

    file: str
    alt: str

    @property
    def is_url(self) -> bool:
        """Return whether the picture must be downloaded."""
        return self.file.lower().startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A valid row."""

    name: str
    description: str
    category: tuple[str, ...]
    variants: tuple[NewVariant, ...]
    images: tuple[ImageRef, ...] | None  # None leaves the pictures unchanged
    low_stock_threshold: int
    is_active: bool

    @property
    def skus(self) -> list[str]:
        """Return the SKUs of the variants."""
        return [variant.sku for variant in self.variants]

    def to_new_product(self, category: Category | None) -> NewProduct:
        """Return the row as a product to create."""
        return NewProduct(
            name=self.name,
            description=self.description,
            category=category,
            variants=self.variants,
            low_stock_threshold=self.low_stock_threshold,
            is_active=self.is_active,
        )


def parse_row(raw: Any) -> ProductRow:
    """Parse and validate one row of the file. Raises BadRow."""
    if not isinstance(raw, dict):
        raise BadRow("is not an object")
    if EXTRA_CELLS in raw:
        raise BadRow("has more cells than there are column names")
    row = _apply_aliases(raw)
    raw_variants = row.get("variants")
    if raw_variants is not None and (not isinstance(raw_variants, list) or not raw_variants):
        raise BadRow("variants must be a list with at least one entry")
    name = _parse_text(row, "name", MAX_NAME)
    variants = tuple(_parse_variant(raw) for raw in raw_variants) if raw_variants else (_parse_variant(row, simple=True),)
    if len({variant.sku for variant in variants}) != len(variants):
        raise BadRow("two of its variants have the same SKU")
    return ProductRow(
        name=name,
        description=_parse_text(row, "description", MAX_DESCRIPTION, default=""),
        category=_parse_category(row),
        variants=variants,
        images=_parse_images(row, name),
        low_stock_threshold=_parse_whole_number(row, "low_stock_threshold", default=5),
        is_active=_parse_flag(row, "is_active", default=True),
    )


def _apply_aliases(raw: dict[str, Any]) -> dict[str, Any]:
    """Return the row with its columns renamed to ours, and without nullable columns that are null."""
    renamed = {name: raw[alias] for name, aliases in COLUMN_ALIASES.items() if name not in raw for alias in aliases if alias in raw}
    return {name: value for name, value in {**raw, **renamed}.items() if value is not None or name not in NULLABLE_COLUMNS}


def _parse_variant(raw: Any, *, simple: bool = False) -> NewVariant:
    """Return a variant; the variant of a simple product has neither a name nor options."""
    if not isinstance(raw, dict):
        raise BadRow("a variant must be an object")
    row = raw if simple else _apply_aliases(raw)
    currency = markets.get_default_market().currency
    return NewVariant(
        sku=_parse_sku(row),
        name="" if simple else _parse_text(row, "name", MAX_NAME, default=""),
        options={} if simple else _parse_options(row),
        price=Price(_parse_amount(row.get("price"), "price", currency), _parse_compare_at(row, currency)),
        prices=_parse_prices(row),
        stock=_parse_whole_number(row, "stock", default=0),
    )


def _parse_sku(row: dict[str, Any]) -> str:
    value = row.get("sku")
    sku = str(value).strip() if isinstance(value, str) or type(value) is int else ""
    if not 0 < len(sku) <= MAX_SKU or not sku.isprintable():
        raise BadRow(f"sku is missing or is not 1 to {MAX_SKU} printable characters")
    return sku


def _parse_compare_at(row: dict[str, Any], currency: str) -> Decimal | None:
    value = row.get("compare_at_price")
    return None if value is None else _parse_amount(value, "compare_at_price", currency)


def _parse_prices(row: dict[str, Any]) -> dict[str, Price]:
    amounts, compare_ats = row.get("prices", {}), row.get("compare_at_prices", {})
    if not isinstance(amounts, dict) or not isinstance(compare_ats, dict):
        raise BadRow('prices must be an object like {"us": "9.99"}')
    prices = {}
    for code, amount in amounts.items():
        market = markets.get_markets().get(code)
        if market is None or market.is_default:
            raise BadRow(f"prices names {code!r}, which is not another market of this shop")
        compare_at = _parse_amount(compare_ats[code], "compare_at_prices", market.currency) if code in compare_ats else None
        prices[code] = Price(_parse_amount(amount, f"prices.{code}", market.currency), compare_at)
    return prices


def _parse_amount(value: Any, name: str, currency: str) -> Decimal:
    if value is None or value == "":
        raise BadRow(f"{name} is missing")
    try:
        return parse_amount(strip_formatting(value, currency) if isinstance(value, str) else value, currency)
    except ValueError as error:
        reason = str(error).replace("Must", "must", 1)
        raise BadRow(f"{name} {reason}: {_describe_value(value)}") from None


def _describe_value(value: Any) -> str:
    """Return a value for an error message; lists and objects are not written out."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return repr(str(value)[:30])


def _parse_text(row: dict[str, Any], name: str, max_length: int, *, default: str | None = None) -> str:
    value = row.get(name, default)
    value = html_to_text(value).strip() if isinstance(value, str) else value
    if not isinstance(value, str) or (default is None and not value):
        raise BadRow(f"{name} is missing or is not text")
    if len(value) > max_length or "\x00" in value:
        raise BadRow(f"{name} is longer than {max_length} characters or contains a NUL")
    return value


def _parse_whole_number(row: dict[str, Any], name: str, *, default: int) -> int:
    value = row.get(name, default)
    number = -1
    if type(value) is int:
        number = value
    elif isinstance(value, str) and WHOLE_NUMBER.fullmatch(value.strip()):
        number = int(value.partition(".")[0])
    elif isinstance(value, Decimal | float) and -1 < value <= MAX_STOCK and value == int(value):
        number = int(value)  # 12.0 from a spreadsheet
    if not 0 <= number <= MAX_STOCK:
        raise BadRow(f"{name} must be a whole number from 0 to {MAX_STOCK}: {_describe_value(value)}")
    return number


def _parse_flag(row: dict[str, Any], name: str, *, default: bool) -> bool:
    value = row.get(name, default)
    value = BOOLEAN_WORDS.get(value.strip().lower()) if isinstance(value, str) else value
    if not isinstance(value, bool):
        raise BadRow(f"{name} must be true or false")
    return value


def _parse_category(row: dict[str, Any]) -> tuple[str, ...]:
    """Return the path of names; empty if the row has no category."""
    if row.get("category") in (None, ""):
        return ()
    value = row["category"]
    if isinstance(value, str) and not TAG.search(value):  # a > in a name is written as &gt;
        path = tuple(html_to_text(part).strip() for part in value.split(">"))
    else:
        path = tuple(part.strip() for part in _parse_text(row, "category", MAX_PATH_LENGTH).split(">"))
    if not all(path) or any(len(part) > MAX_CATEGORY_NAME or "\x00" in part for part in path):
        raise BadRow(f"category must look like Home > Lighting, each part at most {MAX_CATEGORY_NAME} characters")
    if len(path) > MAX_CATEGORY_DEPTH:
        raise BadRow(f"category is nested more than {MAX_CATEGORY_DEPTH} levels deep")
    return path


def _parse_options(row: dict[str, Any]) -> dict[str, str]:
    options = row.get("options", {})
    if not isinstance(options, dict) or not all(
        isinstance(value, str) and "\x00" not in name + value for name, value in options.items()
    ):
        raise BadRow('options must be an object with text values, like {"Size": "M"}')
    return strip_options(options)


def strip_options(options: dict[str, str]) -> dict[str, str]:
    """Return options with names and values stripped, and without empty ones, as import files hold them."""
    return {name.strip(): value.strip() for name, value in options.items() if name.strip() and value.strip()}


def _parse_images(row: dict[str, Any], name: str) -> tuple[ImageRef, ...] | None:
    value = row.get("images")
    if value is None:
        return None
    if isinstance(value, str):
        value = [value] if value.strip() else []
    if not isinstance(value, list):
        raise BadRow("images must be a list")
    return tuple(_parse_image(entry, name) for entry in value)


def _parse_image(value: Any, name: str) -> ImageRef:
    if isinstance(value, str):
        return ImageRef(value.strip(), name)
    file = value.get("file", value.get("src", value.get("url"))) if isinstance(value, dict) else None
    if not isinstance(file, str):
        raise BadRow("an image must be a file name, a URL, or an object with file and alt")
    return ImageRef(file.strip(), _parse_text(value, "alt", 200, default=name))
