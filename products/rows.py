"""One row of an import file, checked: what is wrong with it is said in words that its author understands."""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from products.drafts import NewProduct, NewVariant, Price
from products.models import Category
from store.core import markets, money

SKU = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}", re.ASCII)
MAX_STOCK = 1_000_000_000


class BadRow(ValueError):
    """The row cannot be imported; the message says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture file, named from the folder of the import file."""

    file: str
    alt: str


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A row that can be imported."""

    name: str
    description: str
    category: tuple[str, ...]
    variants: tuple[NewVariant, ...]
    images: tuple[Picture, ...]
    low_stock_threshold: int
    is_active: bool

    @property
    def skus(self) -> list[str]:
        """The SKUs of its variants."""
        return [variant.sku for variant in self.variants]

    def as_new(self, category: Category) -> NewProduct:
        """Return what the services make a product of."""
        return NewProduct(
            name=self.name,
            description=self.description,
            category=category,
            variants=self.variants,
            low_stock_threshold=self.low_stock_threshold,
            is_active=self.is_active,
        )


def read_row(raw: Any) -> ProductRow:
    """Check one row of the file. Raises BadRow."""
    if not isinstance(raw, dict):
        raise BadRow("is not an object")
    several = raw.get("variants")
    if several is not None and (not isinstance(several, list) or not several):
        raise BadRow("variants must be a list with at least one entry")
    name = _text(raw, "name", 200)
    variants = tuple(_variant(part) for part in several) if several else (_variant(raw, simple=True),)
    if len({variant.sku for variant in variants}) != len(variants):
        raise BadRow("the same SKU twice among its variants")
    active = raw.get("is_active", True)
    if not isinstance(active, bool):
        raise BadRow("is_active must be true or false")
    return ProductRow(
        name=name,
        description=_text(raw, "description", 20_000, default=""),
        category=_category(raw),
        variants=variants,
        images=tuple(_picture(entry, name) for entry in _list(raw, "images")),
        low_stock_threshold=_whole(raw, "low_stock_threshold", default=5),
        is_active=active,
    )


def _variant(raw: Any, *, simple: bool = False) -> NewVariant:
    if not isinstance(raw, dict):
        raise BadRow("a variant must be an object")
    sku = raw.get("sku")
    if not isinstance(sku, str) or not SKU.fullmatch(sku):
        raise BadRow("sku is missing or is not 1 to 64 letters, digits, dots, dashes, slashes")
    default = markets.default()
    return NewVariant(
        sku=sku,
        name="" if simple else _text(raw, "name", 200, default=""),
        options={} if simple else _options(raw),
        price=Price(_amount(raw.get("price"), "price", default.currency), _compare_at(raw, default.currency)),
        prices=_prices(raw),
        stock=_whole(raw, "stock", default=0),
    )


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
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise BadRow(f"{name} is missing or is not an amount")
    try:
        amount = Decimal(str(given))
    except InvalidOperation:
        raise BadRow(f"{name} is not an amount like 19.99: {str(given)[:30]!r}") from None
    if not amount.is_finite() or not 0 <= amount <= money.MAX_PRICE:
        raise BadRow(f"{name} must be from 0 to {money.MAX_PRICE}")
    try:
        money.to_minor(amount, currency)
    except ValueError:
        raise BadRow(f"{name} has more digits than {currency} has: {given}") from None
    return amount


def _text(raw: dict[str, Any], name: str, longest: int, *, default: str | None = None) -> str:
    given = raw.get(name, default)
    if not isinstance(given, str) or (default is None and not given.strip()):
        raise BadRow(f"{name} is missing or is not text")
    if len(given) > longest or "\x00" in given:
        raise BadRow(f"{name} is longer than {longest} characters or holds a NUL")
    return given.strip()


def _whole(raw: dict[str, Any], name: str, *, default: int) -> int:
    given = raw.get(name, default)
    if type(given) is not int or not 0 <= given <= MAX_STOCK:
        raise BadRow(f"{name} must be a whole number from 0 to {MAX_STOCK}")
    return given


def _category(raw: dict[str, Any]) -> tuple[str, ...]:
    path = tuple(part.strip() for part in _text(raw, "category", 500).split(">"))
    if not all(path) or any(len(part) > 120 for part in path):
        raise BadRow("category must look like Home > Lighting, each part at most 120 characters")
    return path


def _options(raw: dict[str, Any]) -> dict[str, str]:
    given = raw.get("options", {})
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise BadRow('options must be an object of texts, like {"Size": "M"}')
    return given


def _list(raw: dict[str, Any], name: str) -> list[Any]:
    given = raw.get(name, [])
    if not isinstance(given, list):
        raise BadRow(f"{name} must be a list")
    return given


def _picture(given: Any, name: str) -> Picture:
    if isinstance(given, str):
        return Picture(given, name)
    if not isinstance(given, dict) or not isinstance(given.get("file"), str):
        raise BadRow("an image must be a file name, or an object with file and alt")
    return Picture(given["file"], _text(given, "alt", 200, default=name))
