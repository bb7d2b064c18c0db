"""The totals of an order, computed here only: at checkout, in the order, and for the card charge."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings

from core.markets import Market

ZERO = Decimal(0)
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Totals:
    """What an order costs, in major units of its currency."""

    subtotal: Decimal
    discount: Decimal
    shipping: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        """Return the amount to pay; prices include tax."""
        return self.subtotal - self.discount + self.shipping


def compute_totals(lines: Iterable[tuple[Decimal, int]], market: Market) -> Totals:
    """Add up lines of (unit price, quantity) exactly. Shipping costs a flat rate and is free above a configured subtotal.

    The tax included in the total is rounded half up to the currency's digits. It is reported, never added.
    """
    subtotal = sum((price * quantity for price, quantity in lines), ZERO)
    flat, free_from = get_shipping_rate(market)
    shipping = ZERO if free_from is not None and subtotal >= free_from else flat
    return Totals(subtotal, ZERO, shipping, compute_included_tax(subtotal + shipping, market))


def get_shipping_rate(market: Market) -> tuple[Decimal, Decimal | None]:
    """Return the flat shipping rate of this market and the subtotal from which shipping is free (None: never)."""
    rates: tuple[Decimal, Decimal | None] = settings.SHIPPING.get(market.code, (ZERO, None))
    return rates


def compute_included_tax(gross: Decimal, market: Market) -> Decimal:
    """Return the tax included in a gross amount: gross x rate / (100 + rate)."""
    rate = settings.TAX_RATES.get(market.code, ZERO)
    return (gross * rate / (HUNDRED + rate)).quantize(Decimal(1).scaleb(-market.exponent), ROUND_HALF_UP)
