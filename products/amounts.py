"""Parsing prices and checking them against the decimal places of their currency."""

import re
from decimal import Decimal
from typing import Any

from core import money

MAX_LENGTH = 40  # characters
PLAIN_AMOUNT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def parse_amount(value: Any, currency: str) -> Decimal:
    """Return the price in a number or a text like "19.99". Raises ValueError with a message for the user.

    Nothing is rounded: a price with more decimal places than its currency is refused.
    """
    is_amount = isinstance(value, str | int | float | Decimal) and not isinstance(value, bool)
    text = str(value).strip() if is_amount else ""
    if len(text) > MAX_LENGTH or not PLAIN_AMOUNT.fullmatch(text):
        raise ValueError("Must be an amount like 19.99")
    return validate_amount(Decimal(text), currency)


def validate_amount(amount: Decimal, currency: str) -> Decimal:
    """Return the amount if it is a valid price in the currency. Raises ValueError."""
    if not 0 <= amount <= money.MAX_PRICE:
        raise ValueError(f"Must be from 0 to {money.MAX_PRICE}")
    try:
        money.to_minor(amount, currency)
    except ValueError:
        raise ValueError(f"{currency} has {money.exponent(currency)} decimal places") from None
    return amount
