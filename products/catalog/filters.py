"""The filters and orderings of a product list."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models

from core.money import MoneyField
from core.pagination import Cursor
from products.search_terms import QueryWord


@dataclass(frozen=True, slots=True)
class Ordering:
    """A column to sort by; ties are broken by the product's id in the same direction."""

    column: str
    descending: bool
    field: "models.Field[Any, Any]"


ORDERINGS = {
    "newest": Ordering("created_at", True, models.DateTimeField()),
    "oldest": Ordering("created_at", False, models.DateTimeField()),
    "price": Ordering("price", False, MoneyField()),
    "-price": Ordering("price", True, MoneyField()),
    "name": Ordering("sort_name", False, models.CharField()),
    "relevance": Ordering("relevance", True, models.FloatField()),
}


@dataclass(frozen=True, slots=True)
class ListQuery:
    """The validated parameters of a product list."""

    is_search: bool
    words: tuple[QueryWord, ...]
    category: str
    min_price: Decimal | None
    max_price: Decimal | None
    seller: int | None
    in_stock: bool | None
    ordering: str
    cursor: Cursor | None
    position: datetime | Decimal | float | str | None
    page_size: int
    wants_count: bool
