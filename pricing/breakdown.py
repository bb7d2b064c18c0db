"""Totals, computed here and nowhere else: of a cart that is about to be ordered, of an order, of what the card is charged."""

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
        """What is to be paid; tax is within the prices."""
        return self.subtotal - self.discount + self.shipping


def totals(lines: Iterable[tuple[Decimal, int]], market: Market) -> Totals:
    """Add up lines of (unit price, quantity), exactly; sending costs a flat rate, free from a subtotal.

    The tax that lies within the total is rounded half up to the currency's digits. It is shown and never added.
    """
    subtotal = sum((price * quantity for price, quantity in lines), ZERO)
    flat, free_from = shipping(market)
    sending = ZERO if free_from is not None and subtotal >= free_from else flat
    return Totals(subtotal, ZERO, sending, included_tax(subtotal + sending, market))


def shipping(market: Market) -> tuple[Decimal, Decimal | None]:
    """Return what sending costs in this market, and from which subtotal it is free (None: never)."""
    rates: tuple[Decimal, Decimal | None] = settings.SHIPPING.get(market.code, (ZERO, None))
    return rates


def included_tax(gross: Decimal, market: Market) -> Decimal:
    """Return the tax within a gross amount: gross x rate / (100 + rate)."""
    rate = settings.TAX_RATES.get(market.code, ZERO)
    return (gross * rate / (HUNDRED + rate)).quantize(Decimal(1).scaleb(-market.exponent), ROUND_HALF_UP)
