"""Money: currency exponents, and amounts as text and in minor units. Never a float."""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from babel.numbers import get_currency_symbol
from django.db import models

from core.currencies import exponent as exponent
from core.currencies import get_step as get_step

MAX_PRICE = Decimal("9999999.999")


def format_amount(amount: Decimal, currency: str) -> str:
    """Return the amount with exactly the currency's digits, such as "599.99"; `amount` has no more digits than that."""
    return f"{amount:.{exponent(currency)}f}"


def format_price(amount: Decimal, currency: str) -> str:
    """Return the amount as people read it, in English: "₹4,998.00", "KWD 1.500". The API returns `format_amount` instead.

    The symbols are those of the Unicode CLDR for the locale "en", as in the browser's `Intl.NumberFormat`.
    """
    sign = "-" if amount < 0 else ""
    return f"{sign}{_get_symbol(currency)}{abs(amount):,.{exponent(currency)}f}"


@lru_cache
def _get_symbol(currency: str) -> str:
    """Return the symbol; a symbol of letters is set apart by a no-break space."""
    symbol = get_currency_symbol(currency, locale="en")
    return f"{symbol}\N{NO-BREAK SPACE}" if symbol[-1].isalpha() else symbol


def to_minor(amount: Decimal, currency: str) -> int:
    """Return the amount in minor units (cents). Raises ValueError instead of rounding."""
    minor = amount.scaleb(exponent(currency))
    integer = int(minor)
    if integer != minor:
        raise ValueError(f"{amount} has more digits than {currency} has")
    return integer


def round_to_minor(amount: Decimal, currency: str) -> int:
    """Return the amount in minor units, rounded half up if it has more digits than the currency."""
    return int(amount.scaleb(exponent(currency)).quantize(Decimal(1), ROUND_HALF_UP))


def to_major(amount_minor: int, currency: str) -> Decimal:
    """Return minor units as an amount."""
    return Decimal(amount_minor).scaleb(-exponent(currency))


def format_minor(amount_minor: int, currency: str) -> str:
    """Return minor units as text, such as "599.99"."""
    return format_amount(to_major(amount_minor, currency), currency)


class MoneyField(models.DecimalField[Any, Any]):
    """An amount in major units, with room for currencies with three decimal digits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(max_digits=14, decimal_places=3)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Omit the fixed digits from migrations."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, args, kwargs
