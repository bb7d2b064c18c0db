"""What an integrity check reports, and the sums that the checks compare."""

from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Subquery, Sum, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Round

from core.money import MoneyField


@dataclass(frozen=True, slots=True)
class Problem:
    """A mismatch. `is_derived` tells whether `fix_derived_values` can repair it."""

    subject: str
    message: str
    is_derived: bool = False

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}"


def sum_units(rows: Any, key: str, value: str | Combinable) -> Coalesce:
    """Return the sum of an integer over the rows of each key, 0 without rows."""
    sums = rows.order_by().values(key).annotate(n=Sum(value)).values("n")
    return Coalesce(Subquery(sums, output_field=BigIntegerField()), Value(0), output_field=BigIntegerField())


def sum_amounts(rows: Any, key: str, amount: str) -> Coalesce:
    """Return the sum of an amount over the rows of each key, 0 without rows."""
    sums = rows.order_by().values(key).annotate(n=round_amount(Sum(amount))).values("n")
    return Coalesce(Subquery(sums, output_field=MoneyField()), Value(0), output_field=MoneyField())


def round_amount(amount: Combinable) -> Round:
    """Round an amount to the precision of the column, because SQLite computes with floating-point numbers."""
    return Round(amount, precision=3)
