"""What a client may ask a product list for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models
from rest_framework.exceptions import ValidationError

from core.money import MoneyField
from core.pagination import Cursor, not_ours, page_size_of
from products.catalog.search import words_of

AMOUNT = re.compile(r"\d{1,10}(\.\d{1,3})?", re.ASCII)
YES, NO = ("true", "1"), ("false", "0")


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
    "name": Ordering("sort_name", False, models.CharField()),
    "relevance": Ordering("relevance", True, models.FloatField()),
}


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A checked query string."""

    is_search: bool
    words: tuple[str, ...]
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


def list_query(query: Mapping[str, str]) -> ListQuery:
    """Read the query string of a product list. Raises ValidationError, which names the parameter."""
    searched = query.get("search", "").replace("\x00", " ").strip()
    ordering = query.get("ordering") or ("relevance" if searched else "newest")
    if ordering not in ORDERINGS:
        raise ValidationError({"ordering": [f"Must be one of {', '.join(ORDERINGS)}"]})
    if ordering == "relevance" and not searched:
        ordering = "newest"  # without words everything is as relevant
    cursor = Cursor.decode(query["cursor"], ordering) if query.get("cursor") else None
    return ListQuery(
        is_search=bool(searched),
        words=words_of(searched),
        category=query.get("category", "").replace("\x00", "").strip(),
        min_price=_amount(query, "min_price"),
        max_price=_amount(query, "max_price"),
        seller=_id(query, "seller"),
        in_stock=_flag(query, "in_stock"),
        ordering=ordering,
        cursor=cursor,
        position=_position(cursor) if cursor else None,
        page_size=page_size_of(query),
        wants_count=bool(_flag(query, "count")),
    )


def _flag(query: Mapping[str, str], name: str) -> bool | None:
    given = query.get(name, "").strip().lower()
    if given and given not in YES + NO:
        raise ValidationError({name: ["Must be true or false"]})
    return given in YES if given else None


def _id(query: Mapping[str, str], name: str) -> int | None:
    given = query.get(name, "").strip()
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise ValidationError({name: ["Must be the id of a user"]})
    return int(given)


def _amount(query: Mapping[str, str], name: str) -> Decimal | None:
    given = query.get(name, "").strip()
    if not given:
        return None
    if not AMOUNT.fullmatch(given):
        raise ValidationError({name: ["Must be an amount like 19.99"]})
    return Decimal(given)


def _position(cursor: Cursor) -> datetime | Decimal | float | str:
    """Return the sort value in the cursor as its column's type."""
    column = ORDERINGS[cursor.ordering].column
    if column == "created_at":
        return cursor.moment()
    if column == "price":
        if not AMOUNT.fullmatch(cursor.value):
            raise not_ours()
        return Decimal(cursor.value)
    if column == "relevance":
        try:
            return float(cursor.value)
        except ValueError:
            raise not_ours() from None
    if "\x00" in cursor.value:
        raise not_ours()
    return cursor.value
