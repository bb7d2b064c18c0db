"""What a client may ask a product list for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from rest_framework.exceptions import ValidationError

from store.core.money import MoneyField
from store.core.pagination import Cursor, not_ours, page_size_of

AMOUNT = re.compile(r"\d{1,10}(\.\d{1,3})?", re.ASCII)
MAX_SEARCH = 200  # characters
MAX_WORDS = 6


@dataclass(frozen=True, slots=True)
class Ordering:
    """A column to sort by; ties are parted by the product's id in the same direction."""

    column: str
    descending: bool
    field: "models.Field[Any, Any]"


ORDERINGS = {
    "newest": Ordering("created_at", True, models.DateTimeField()),
    "oldest": Ordering("created_at", False, models.DateTimeField()),
    "price": Ordering("price", False, MoneyField()),
    "-price": Ordering("price", True, MoneyField()),
    "name": Ordering("product__name", False, models.CharField()),
}


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A checked query string."""

    words: tuple[str, ...]
    category: str
    min_price: Decimal | None
    max_price: Decimal | None
    ordering: str
    cursor: Cursor | None
    position: datetime | Decimal | str | None
    page_size: int


def list_query(query: Mapping[str, str]) -> ListQuery:
    """Read the query string of a product list. Raises ValidationError, which names the parameter."""
    ordering = query.get("ordering") or "newest"
    if ordering not in ORDERINGS:
        raise ValidationError({"ordering": [f"Must be one of {', '.join(ORDERINGS)}"]})
    cursor = Cursor.decode(query["cursor"], ordering) if query.get("cursor") else None
    words = query.get("search", "").replace("\x00", " ")[:MAX_SEARCH].split()
    return ListQuery(
        words=tuple(words[:MAX_WORDS]),
        category=query.get("category", "").replace("\x00", "").strip(),
        min_price=_amount(query, "min_price"),
        max_price=_amount(query, "max_price"),
        ordering=ordering,
        cursor=cursor,
        position=_position(cursor) if cursor else None,
        page_size=page_size_of(query),
    )


def _amount(query: Mapping[str, str], name: str) -> Decimal | None:
    given = query.get(name, "").strip()
    if not given:
        return None
    if not AMOUNT.fullmatch(given):
        raise ValidationError({name: ["Must be an amount like 19.99"]})
    return Decimal(given)


def _position(cursor: Cursor) -> datetime | Decimal | str:
    """Return the sort value in the cursor as its column's type."""
    column = ORDERINGS[cursor.ordering].column
    if column == "created_at":
        return cursor.moment()
    if (column == "price" and not AMOUNT.fullmatch(cursor.value)) or "\x00" in cursor.value:
        raise not_ours()
    return Decimal(cursor.value) if column == "price" else cursor.value
