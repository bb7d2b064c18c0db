"""Money: how many digits a currency has, and amounts as text and as minor units. Never a float."""

from decimal import Decimal
from typing import Any

from django.db import models

from core.currencies import exponent as exponent

MAX_PRICE = Decimal("9999999.999")


def text(amount: Decimal, currency: str) -> str:
    """Return the amount with exactly the currency's digits, such as "599.99"; `amount` has no more digits than that."""
    return f"{amount:.{exponent(currency)}f}"


def to_minor(amount: Decimal, currency: str) -> int:
    """Return the amount in minor units (cents). Raises ValueError where a fraction is left: nothing is ever rounded away."""
    minor = amount.scaleb(exponent(currency))
    whole = int(minor)
    if whole != minor:
        raise ValueError(f"{amount} has more digits than {currency} has")
    return whole


class MoneyField(models.DecimalField[Any, Any]):
    """An amount in major units, with room for a currency of three digits."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(max_digits=14, decimal_places=3)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Leave the fixed digits out of migrations."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, args, kwargs
