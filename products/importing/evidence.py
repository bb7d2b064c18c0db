"""What the cells of a whole file prove about how each of them is to be read."""

from collections.abc import Iterator
from typing import Any

from core import markets
from core.empty_values import is_empty
from products.importing.columns import Column, resolve
from products.importing.numbers import DecimalMarks
from products.importing.price_currencies import PriceCurrencies
from products.importing.weights import COLUMNS as WEIGHT_COLUMNS
from products.importing.weights import split_unit

PICTURES = ("images", "more_images", "variant_image")
PRICE_PREFIXES = ("price", "compare_at_price", "sale_price")
PRICE_OBJECTS = ("prices", "compare_at_prices")


class Evidence:
    """Collects the currencies and decimal marks of the numbers of a file, and whether it has pictures behind URLs."""

    def __init__(self, market: str) -> None:
        self.currencies = PriceCurrencies(market)
        self.has_urls = False
        self._price_marks, self._quantity_marks = DecimalMarks(), DecimalMarks()

    def get_decimal_mark(self) -> str:
        """Return the decimal mark that most prices prove, else the quantities and weights; empty if none proves anything."""
        return self._price_marks.decide() or self._quantity_marks.decide()

    def add(self, values: Any) -> None:
        """Take note of a row; a currency of the product is that of its variants."""
        currency = ""
        for entry in _iter_entries(values):
            cells = [(column, value) for key, value in entry.items() if (column := resolve(key)) is not None]
            own = next((value for column, value in cells if column.name == "currency" and not is_empty(value)), "")
            currency = str(own).strip().upper() or currency
            for column, value in cells:
                if column.name.startswith(PRICE_PREFIXES):
                    self._add_prices(column, value, currency)
                elif column.name == "stock" or column.name in WEIGHT_COLUMNS:
                    self._quantity_marks.add(split_unit(value)[0])
                elif not self.has_urls and column.name in PICTURES:
                    self.has_urls = _has_url(value)

    def _add_prices(self, column: Column, value: Any, currency: str) -> None:
        """Take note of a price, or of those in an object by market."""
        name = column.name
        if name in PRICE_OBJECTS:
            prices = {f"{name}_{code}": price for code, price in value.items()} if isinstance(value, dict) else {}
        else:
            prices = {name: value}
        for price_name, price in prices.items():
            self._price_marks.add(price)
            self.currencies.add(price_name, price, markets.get_default_market().currency if column.has_currency else currency)


def _iter_entries(values: Any) -> Iterator[dict[str, Any]]:
    """Yield a row and its variants, as far as they are objects."""
    if not isinstance(values, dict):
        return
    yield values
    variants = values.get("variants")
    if isinstance(variants, list):
        yield from (entry for entry in variants if isinstance(entry, dict))


def _has_url(value: Any) -> bool:
    """Return whether a cell or list of pictures has a URL."""
    if isinstance(value, list):
        return any(map(_has_url, value))
    if isinstance(value, dict):
        return any(map(_has_url, value.values()))
    return isinstance(value, str) and value.lower().startswith(("http://", "https://"))
