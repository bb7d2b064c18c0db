"""Totals, computed here and nowhere else."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

ZERO = Decimal(0)


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


def totals(lines: Iterable[tuple[Decimal, int]]) -> Totals:
    """Add up lines of (unit price, quantity), exactly."""
    return Totals(sum((price * quantity for price, quantity in lines), ZERO), ZERO, ZERO, ZERO)
