"""Products and variants that are to be made or changed, as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core import markets
from products.exceptions import PriceNeeded
from products.models import Category


@dataclass(frozen=True, slots=True)
class Price:
    """What a unit costs in one market."""

    amount: Decimal
    compare_at: Decimal | None = None


@dataclass(frozen=True, slots=True)
class NewVariant:
    """A variant to be made; `prices` holds the markets other than the default. Without a SKU it is given one."""

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
    shelf: str | None = None  # the slug, id, path or name of the category instead
    seller_id: int | None = None
    low_stock_threshold: int = 5
    is_active: bool = True
    slug: str = ""  # empty: made from the name


@dataclass(frozen=True, slots=True)
class VariantChange:
    """What a variant shall become; whatever is not named stays. Amounts are by market; none takes it off sale there."""

    columns: Mapping[str, Any] = field(default_factory=dict)  # sku, name, options, position, is_active, deleted_at
    amounts: Mapping[str, Decimal | None] = field(default_factory=dict)
    compare_ats: Mapping[str, Decimal | None] = field(default_factory=dict)
    available: int | None = None  # units that can be bought
    id: int | None = None  # which one, in a list of them

    def __bool__(self) -> bool:
        """Whether it asks for anything."""
        return bool(self.columns or self.amounts or self.compare_ats or self.available is not None)

    def as_new(self) -> NewVariant:
        """Return the variant to be made of it. Raises PriceNeeded."""
        prices = {
            market: Price(amount, self.compare_ats.get(market)) for market, amount in self.amounts.items() if amount is not None
        }
        price = prices.pop(markets.default().code, None)
        if price is None:
            raise PriceNeeded("This field is required.", field="price")
        return NewVariant(
            sku=self.columns.get("sku", ""),
            name=self.columns.get("name", ""),
            options=self.columns.get("options", {}),
            price=price,
            prices=prices,
            stock=self.available or 0,
        )


@dataclass(frozen=True, slots=True)
class ProductChange:
    """What a product shall become; whatever is not named stays."""

    columns: Mapping[str, Any] = field(default_factory=dict)  # name, description, category, low_stock_threshold, is_active
    slug: str | None = None  # empty: made anew from the name
    simple: VariantChange = field(default_factory=VariantChange)  # the variant of a simple product
    variants: Sequence[VariantChange] | None = None  # all of them
