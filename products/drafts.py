"""Products that are to be made, as plain values."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from products.models import Category


@dataclass(frozen=True, slots=True)
class Price:
    """What a unit costs in one market."""

    amount: Decimal
    compare_at: Decimal | None = None


@dataclass(frozen=True, slots=True)
class NewVariant:
    """A variant to be made; `prices` holds the markets other than the default."""

    sku: str
    price: Price
    stock: int = 0
    name: str = ""
    options: dict[str, str] = field(default_factory=dict)
    prices: dict[str, Price] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to be made."""

    name: str
    variants: Sequence[NewVariant]
    description: str = ""
    category: Category | None = None
    seller_id: int | None = None
    low_stock_threshold: int = 5
    is_active: bool = True
