"""Parsing the query string of a product list."""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from rest_framework.exceptions import ValidationError

from core.characters import parse_whole_number
from core.pagination import Cursor, invalid_cursor, parse_page_size
from products.catalog.filters import ORDERINGS, ListQuery
from products.search_terms import parse_words

AMOUNT_PATTERN = re.compile(r"\d{1,10}(\.\d{1,3})?", re.ASCII)
TRUE_VALUES, FALSE_VALUES = ("true", "1"), ("false", "0")


def parse_list_query(query: Mapping[str, str]) -> ListQuery:
    """Parse the query string of a product list. Raises ValidationError, keyed by the parameter."""
    search = query.get("search", "").replace("\x00", " ").strip()
    ordering = query.get("ordering") or ("relevance" if search else "newest")
    if ordering not in ORDERINGS:
        raise ValidationError({"ordering": [f"Must be one of {', '.join(ORDERINGS)}"]})
    if ordering == "relevance" and not search:
        ordering = "newest"  # without words there is no relevance to rank by
    cursor = Cursor.from_query(query, ordering)
    return ListQuery(
        is_search=bool(search),
        words=parse_words(search),
        category=query.get("category", "").replace("\x00", "").strip(),
        min_price=_parse_amount(query, "min_price"),
        max_price=_parse_amount(query, "max_price"),
        seller=_parse_id(query, "seller"),
        in_stock=_parse_bool(query, "in_stock"),
        ordering=ordering,
        cursor=cursor,
        position=_parse_position(cursor) if cursor else None,
        page_size=parse_page_size(query),
        wants_count=bool(_parse_bool(query, "count")),
    )


def _parse_bool(query: Mapping[str, str], name: str) -> bool | None:
    text = query.get(name, "").strip().lower()
    if text and text not in TRUE_VALUES + FALSE_VALUES:
        raise ValidationError({name: ["Must be true or false"]})
    return text in TRUE_VALUES if text else None


def _parse_id(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    number = parse_whole_number(text)
    if number is None:
        raise ValidationError({name: ["Must be the id of a user"]})
    return number


def _parse_amount(query: Mapping[str, str], name: str) -> Decimal | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    if not AMOUNT_PATTERN.fullmatch(text):
        raise ValidationError({name: ["Must be an amount like 19.99"]})
    return Decimal(text)


def _parse_position(cursor: Cursor) -> datetime | Decimal | float | str:
    """Return the cursor's sort value, converted to the type of its column."""
    column = ORDERINGS[cursor.ordering].column
    if column == "created_at":
        return cursor.as_datetime()
    if column == "price":
        if not AMOUNT_PATTERN.fullmatch(cursor.value):
            raise invalid_cursor()
        return Decimal(cursor.value)
    if column == "relevance":
        try:
            return float(cursor.value)
        except ValueError:
            raise invalid_cursor() from None
    if "\x00" in cursor.value:
        raise invalid_cursor()
    return cursor.value
