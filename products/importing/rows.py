"""One row of an import file, checked: what is wrong with it is said in words that its author understands."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core import markets
from products.amounts import amount_of, tidy
from products.importing.html_text import TAG, plain
from products.models import MAX_DEPTH, MAX_NAME, Category
from products.services.commands import NewProduct, NewVariant, Price

WHOLE = re.compile(r"\d{1,12}(\.0*)?", re.ASCII)
MAX_PATH = 2000  # characters of a category with all that it stands in
MAX_SKU = 64
MAX_STOCK = 1_000_000_000
ALSO = {  # what other shops call it
    "name": ("title", "product_name"),
    "description": ("body_html", "body"),
    "stock": ("quantity", "qty", "inventory"),
    "images": ("image", "image_url", "picture"),
    "category": ("product_type",),
}
MAY_BE_NULL = {"description", "options", "low_stock_threshold"}
SURPLUS = "\0more cells than names"  # a key that no file has: set where a line of a CSV file is broken
WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class BadRow(ValueError):
    """The row cannot be imported; the message says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: a file, named from the folder of pictures, or an address."""

    file: str
    alt: str

    @property
    def is_address(self) -> bool:
        """Whether it must be fetched."""
        return self.file.lower().startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A row that can be imported."""

    name: str
    description: str
    category: tuple[str, ...]
    variants: tuple[NewVariant, ...]
    images: tuple[Picture, ...] | None  # none: nothing is said of pictures
    low_stock_threshold: int
    is_active: bool

    @property
    def skus(self) -> list[str]:
        """The SKUs of its variants."""
        return [variant.sku for variant in self.variants]

    def as_new(self, category: Category | None) -> NewProduct:
        """Return what the services make a product of."""
        return NewProduct(
            name=self.name,
            description=self.description,
            category=category,
            variants=self.variants,
            low_stock_threshold=self.low_stock_threshold,
            is_active=self.is_active,
        )


def read_row(given: Any) -> ProductRow:
    """Check one row of the file. Raises BadRow."""
    if not isinstance(given, dict):
        raise BadRow("is not an object")
    if SURPLUS in given:
        raise BadRow("has more cells than there are column names")
    raw = _with_our_names(given)
    several = raw.get("variants")
    if several is not None and (not isinstance(several, list) or not several):
        raise BadRow("variants must be a list with at least one entry")
    name = _text(raw, "name", 200)
    variants = tuple(_variant(part) for part in several) if several else (_variant(raw, simple=True),)
    if len({variant.sku for variant in variants}) != len(variants):
        raise BadRow("the same SKU twice among its variants")
    return ProductRow(
        name=name,
        description=_text(raw, "description", 20_000, default=""),
        category=_category(raw),
        variants=variants,
        images=_images(raw, name),
        low_stock_threshold=_whole(raw, "low_stock_threshold", default=5),
        is_active=_flag(raw, "is_active", default=True),
    )


def _with_our_names(given: dict[str, Any]) -> dict[str, Any]:
    """Return the row with the columns that other shops name otherwise, without those that may be null and are."""
    found = {ours: given[theirs] for ours, others in ALSO.items() if ours not in given for theirs in others if theirs in given}
    return {name: value for name, value in {**given, **found}.items() if value is not None or name not in MAY_BE_NULL}


def _variant(raw: Any, *, simple: bool = False) -> NewVariant:
    if not isinstance(raw, dict):
        raise BadRow("a variant must be an object")
    raw = raw if simple else _with_our_names(raw)
    default = markets.default().currency
    return NewVariant(
        sku=_sku(raw),
        name="" if simple else _text(raw, "name", 200, default=""),
        options={} if simple else _options(raw),
        price=Price(_amount(raw.get("price"), "price", default), _compare_at(raw, default)),
        prices=_prices(raw),
        stock=_whole(raw, "stock", default=0),
    )


def _sku(raw: dict[str, Any]) -> str:
    given = raw.get("sku")
    sku = str(given).strip() if isinstance(given, str) or type(given) is int else ""
    if not 0 < len(sku) <= MAX_SKU or not sku.isprintable():
        raise BadRow(f"sku is missing or is not 1 to {MAX_SKU} printable characters")
    return sku


def _compare_at(raw: dict[str, Any], currency: str) -> Decimal | None:
    given = raw.get("compare_at_price")
    return None if given is None else _amount(given, "compare_at_price", currency)


def _prices(raw: dict[str, Any]) -> dict[str, Price]:
    given, before = raw.get("prices", {}), raw.get("compare_at_prices", {})
    if not isinstance(given, dict) or not isinstance(before, dict):
        raise BadRow('prices must be an object like {"us": "9.99"}')
    prices = {}
    for code, amount in given.items():
        market = markets.table().get(code)
        if market is None or market.is_default:
            raise BadRow(f"prices names {code!r}, which is not another market of this shop")
        compare_at = _amount(before[code], "compare_at_prices", market.currency) if code in before else None
        prices[code] = Price(_amount(amount, f"prices.{code}", market.currency), compare_at)
    return prices


def _amount(given: Any, name: str, currency: str) -> Decimal:
    if given is None or given == "":
        raise BadRow(f"{name} is missing")
    try:
        return amount_of(tidy(given, currency) if isinstance(given, str) else given, currency)
    except ValueError as wrong:
        said = str(wrong).replace("Must", "must", 1)
        raise BadRow(f"{name} {said}: {shown(given)}") from None


def shown(given: Any) -> str:
    """Return a value as a problem names it; what has something inside is only called what it is."""
    if isinstance(given, list | dict):
        return "a list" if isinstance(given, list) else "an object"
    return repr(str(given)[:30])


def _text(raw: dict[str, Any], name: str, longest: int, *, default: str | None = None) -> str:
    given = raw.get(name, default)
    given = plain(given).strip() if isinstance(given, str) else given
    if not isinstance(given, str) or (default is None and not given):
        raise BadRow(f"{name} is missing or is not text")
    if len(given) > longest or "\x00" in given:
        raise BadRow(f"{name} is longer than {longest} characters or holds a NUL")
    return given


def _whole(raw: dict[str, Any], name: str, *, default: int) -> int:
    given = raw.get(name, default)
    number = -1
    if type(given) is int:
        number = given
    elif isinstance(given, str) and WHOLE.fullmatch(given.strip()):
        number = int(given.partition(".")[0])
    elif isinstance(given, Decimal | float) and -1 < given <= MAX_STOCK and given == int(given):
        number = int(given)  # a spreadsheet's 12.0
    if not 0 <= number <= MAX_STOCK:
        raise BadRow(f"{name} must be a whole number from 0 to {MAX_STOCK}: {shown(given)}")
    return number


def _flag(raw: dict[str, Any], name: str, *, default: bool) -> bool:
    given = raw.get(name, default)
    given = WORDS.get(given.strip().lower()) if isinstance(given, str) else given
    if not isinstance(given, bool):
        raise BadRow(f"{name} must be true or false")
    return given


def _category(raw: dict[str, Any]) -> tuple[str, ...]:
    """Return the path of names; none where the row has no category."""
    if raw.get("category") in (None, ""):
        return ()
    given = raw["category"]
    if isinstance(given, str) and not TAG.search(given):  # a sign that belongs to a name comes as &gt;
        path = tuple(plain(part).strip() for part in given.split(">"))
    else:
        path = tuple(part.strip() for part in _text(raw, "category", MAX_PATH).split(">"))
    if not all(path) or any(len(part) > MAX_NAME or "\x00" in part for part in path):
        raise BadRow(f"category must look like Home > Lighting, each part at most {MAX_NAME} characters")
    if len(path) > MAX_DEPTH:
        raise BadRow(f"category stands in more than {MAX_DEPTH - 1} others")
    return path


def _options(raw: dict[str, Any]) -> dict[str, str]:
    given = raw.get("options", {})
    if not isinstance(given, dict) or not all(
        isinstance(value, str) and "\x00" not in name + value for name, value in given.items()
    ):
        raise BadRow('options must be an object of texts, like {"Size": "M"}')
    return tidy_options(given)


def tidy_options(options: dict[str, str]) -> dict[str, str]:
    """Return options as a file holds them: without white space at their ends, and without what is empty."""
    return {name.strip(): value.strip() for name, value in options.items() if name.strip() and value.strip()}


def _images(raw: dict[str, Any], name: str) -> tuple[Picture, ...] | None:
    given = raw.get("images")
    if given is None:
        return None
    if isinstance(given, str):
        given = [given] if given.strip() else []
    if not isinstance(given, list):
        raise BadRow("images must be a list")
    return tuple(_picture(entry, name) for entry in given)


def _picture(given: Any, name: str) -> Picture:
    if isinstance(given, str):
        return Picture(given.strip(), name)
    file = given.get("file", given.get("src", given.get("url"))) if isinstance(given, dict) else None
    if not isinstance(file, str):
        raise BadRow("an image must be a file name or an address, or an object with file and alt")
    return Picture(file.strip(), _text(given, "alt", 200, default=name))
