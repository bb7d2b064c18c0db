"""Rules that compute a new price from the current one, and round it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from core import money

Rounding = Literal["exact", "whole", "99", "95", "90"]
CompareAt = Literal["keep", "previous", "remove"]
ENDINGS: dict[Rounding, Decimal] = {"whole": Decimal(0), "99": Decimal("0.99"), "95": Decimal("0.95"), "90": Decimal("0.90")}
TOO_LOW = "the price would be 0 or less"
TOO_HIGH = f"the price would be more than {money.MAX_PRICE:,}"
COMPARE_AT_REMOVED = "the compare-at price is removed: it would not be above the price"


@dataclass(frozen=True, slots=True)
class Prices:
    """The price and the compare-at price of a variant in a market."""

    price: Decimal
    compare_at: Decimal | None


@dataclass(frozen=True, slots=True)
class PriceRule:
    """How to change prices: by a percentage or by an amount, either of which may be negative."""

    percent: Decimal | None = None
    amount: Decimal | None = None  # in the currency of the market
    rounding: Rounding = "exact"
    compare_at: CompareAt = "keep"

    def apply(self, old: Prices, currency: str) -> tuple[Prices, str]:
        """Return the new prices and what staff should know about them. Raises ValueError, whose message says why there are none."""
        price = self._compute(old.price, currency)
        if price <= 0:
            raise ValueError(TOO_LOW)
        if price > money.MAX_PRICE:
            raise ValueError(TOO_HIGH)
        compare_at = COMPARE_AT_CHOICES[self.compare_at](old, price)
        if compare_at is not None and compare_at <= price:
            return Prices(price, None), COMPARE_AT_REMOVED if compare_at == old.compare_at else ""
        return Prices(price, compare_at), ""

    def _compute(self, price: Decimal, currency: str) -> Decimal:
        changed = price + price * self.percent / 100 if self.percent is not None else price + (self.amount or 0)
        return round_price(changed, self.rounding, currency) if changed > 0 else changed


def _keep_or_previous(old: Prices, price: Decimal) -> Decimal | None:
    """Return the compare-at price after a reduction: the price before it, or the compare-at price that was above that."""
    if price >= old.price:
        return old.compare_at
    return old.compare_at if old.compare_at is not None and old.compare_at > old.price else old.price


COMPARE_AT_CHOICES: Mapping[CompareAt, Callable[[Prices, Decimal], Decimal | None]] = {
    "keep": lambda old, price: old.compare_at,
    "previous": _keep_or_previous,
    "remove": lambda old, price: None,
}


def round_price(amount: Decimal, rounding: Rounding, currency: str) -> Decimal:
    """Return the nearest price with this ending, of two the higher one; no positive amount becomes negative.

    In a currency without decimal digits, every ending means whole units.
    """
    digits = money.exponent(currency)
    if rounding == "exact" or digits == 0:
        return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    ending = ENDINGS[rounding]
    rounded = (amount - ending).quantize(Decimal(1), ROUND_HALF_UP) + ending
    return max(rounded, ending).quantize(Decimal(1).scaleb(-digits))
