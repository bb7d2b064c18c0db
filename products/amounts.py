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


CURRENCY_SIGNS = {
    "INR": ("₹", "Rs.", "Rs"),
    "USD": ("US$", "$"),
    "EUR": ("€",),
    "GBP": ("£",),
    "JPY": ("¥",),
    "CNY": ("¥",),
    "KRW": ("₩",),
}
GROUPED_AMOUNT = re.compile(r"-?[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}(?:\.\d+)?", re.ASCII)


def strip_formatting(text: str, currency: str) -> str:
    """Return an amount from a file without currency sign and digit grouping: "₹1,299.00" becomes "1299.00".

    Ambiguous text is left unchanged: signs of other currencies, and commas that could be decimal separators.
    """
    text = text.replace("\u00a0", " ").strip()
    for sign in (currency, *CURRENCY_SIGNS.get(currency, ())):
        text = text.removeprefix(sign).removesuffix(sign).strip()
    return text.replace(",", "") if GROUPED_AMOUNT.fullmatch(text) else text
