"""Prices as people write them, held to the digits of a currency."""

import re
from decimal import Decimal
from typing import Any

from core import money

MAX_LENGTH = 40  # characters
PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


def amount_of(given: Any, currency: str) -> Decimal:
    """Return a price from a number or text like "19.99". Raises ValueError, whose words say what is wrong with it.

    Nothing is rounded: a price with more digits than its currency has is refused.
    """
    is_amount = isinstance(given, str | int | float | Decimal) and not isinstance(given, bool)
    text = str(given).strip() if is_amount else ""
    if len(text) > MAX_LENGTH or not PLAIN.fullmatch(text):
        raise ValueError("Must be an amount like 19.99")
    return fitting(Decimal(text), currency)


def fitting(amount: Decimal, currency: str) -> Decimal:
    """Return the amount, if it is a price in this currency. Raises ValueError."""
    if not 0 <= amount <= money.MAX_PRICE:
        raise ValueError(f"Must be from 0 to {money.MAX_PRICE}")
    try:
        money.to_minor(amount, currency)
    except ValueError:
        raise ValueError(f"{currency} has {money.exponent(currency)} digits behind the point") from None
    return amount


SIGNS = {"INR": ("₹", "Rs.", "Rs"), "USD": ("US$", "$"), "EUR": ("€",), "GBP": ("£",), "JPY": ("¥",), "CNY": ("¥",), "KRW": ("₩",)}
GROUPED = re.compile(r"-?[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}(?:\.\d+)?", re.ASCII)


def tidy(text: str, currency: str) -> str:
    """Return an amount from a file without what surrounds and groups its digits: "₹1,299.00" is 1299.00.

    Only what can mean one thing is taken: no sign of another currency goes, and no comma that could be a decimal one.
    """
    text = text.replace("\u00a0", " ").strip()
    for sign in (currency, *SIGNS.get(currency, ())):
        text = text.removeprefix(sign).removesuffix(sign).strip()
    return text.replace(",", "") if GROUPED.fullmatch(text) else text
