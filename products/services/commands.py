"""Plain values that describe products and variants to create or change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypedDict, TypeVar, cast

from core import markets
from products.exceptions import PriceNeeded
from products.models import Category


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a unit in one market."""

    amount: Decimal
    compare_at: Decimal | None = None


@dataclass(frozen=True, slots=True)
class NewVariant:
    """A variant to create. `prices` holds the markets other than the default; an empty SKU is generated."""

    sku: str
    price: Price
    stock: int = 0
    name: str = ""
    options: dict[str, str] = field(default_factory=dict)
    image_id: int | None = None
    prices: dict[str, Price] = field(default_factory=dict)
    weight_grams: int | None = None
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class NewProduct:
    """A product to create."""

    name: str
    variants: Sequence[NewVariant]
    description: str = ""
    category: Category | None = None
    category_ref: str | None = None  # slug, id, path or name; replaces `category`
    may_create_category: bool = True  # if the reference is unknown; sellers never do
    seller_id: int | None = None
    low_stock_threshold: int = 5
    is_active: bool = True
    slug: str = ""  # empty: derived from the name


class VariantColumns(TypedDict, total=False):
    """The columns of a variant that a change may set, besides its prices and stock."""

    sku: str
    name: str
    options: dict[str, str]
    image_id: int | None
    weight_grams: int | None
    position: int
    is_active: bool
    deleted_at: datetime | None


class ProductColumns(TypedDict, total=False):
    """The columns of a product that a change may set, besides its slug."""

    name: str
    description: str
    category_id: int | None
    low_stock_threshold: int
    is_active: bool


Columns = TypeVar("Columns", VariantColumns, ProductColumns)


def select_columns(columns_type: type[Columns], fields: Mapping[str, Any]) -> Columns:
    """Return those of the validated fields that are columns."""
    return cast(Columns, {name: fields[name] for name in columns_type.__annotations__ if name in fields})


@dataclass(frozen=True, slots=True)
class VariantChange:
    """Changes to a variant; what is not named stays. Amounts are by market; None takes the variant off sale there."""

    columns: VariantColumns = field(default_factory=VariantColumns)
    amounts: Mapping[str, Decimal | None] = field(default_factory=dict)
    compare_ats: Mapping[str, Decimal | None] = field(default_factory=dict)
    available: int | None = None  # units that can be bought
    id: int | None = None  # identifies the variant in `ProductChange.variants`

    def __post_init__(self) -> None:
        """Take a compare-at price of 0 as none, which is what other shops and spreadsheets mean by it."""
        object.__setattr__(self, "compare_ats", {market: amount or None for market, amount in self.compare_ats.items()})

    def __bool__(self) -> bool:
        """Return whether there is anything to change."""
        return bool(self.columns or self.amounts or self.compare_ats or self.available is not None)

    def to_new_variant(self) -> NewVariant:
        """Return these values as a variant to create. Raises PriceNeeded."""
        prices = {
            market: Price(amount, self.compare_ats.get(market)) for market, amount in self.amounts.items() if amount is not None
        }
        price = prices.pop(markets.get_default_market().code, None)
        if price is None:
            raise PriceNeeded("This field is required.", field="price")
        return NewVariant(
            sku=self.columns.get("sku", ""),
            name=self.columns.get("name", ""),
            options=self.columns.get("options", {}),
            image_id=self.columns.get("image_id"),
            price=price,
            prices=prices,
            stock=self.available or 0,
            weight_grams=self.columns.get("weight_grams"),
            is_active=self.columns.get("is_active", True),
        )


@dataclass(frozen=True, slots=True)
class ProductChange:
    """Changes to a product; what is not named stays."""

    columns: ProductColumns = field(default_factory=ProductColumns)
    category_ref: str | None = None  # slug, id, path or name; empty: no category
    may_create_category: bool = True  # if the reference is unknown; sellers never do
    slug: str | None = None  # empty: derived from the name
    simple_variant: VariantChange = field(default_factory=VariantChange)  # the only variant of a simple product
    variants: Sequence[VariantChange] | None = None  # the complete list
