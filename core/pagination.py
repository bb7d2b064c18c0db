"""Cursor pagination: a page starts after the last row seen, so that deep pages cost as little as the first."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar
from urllib.parse import urlencode

import orjson
from django.db.models import Q, QuerySet
from django.utils.encoding import escape_uri_path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from core.absolute_urls import get_site_url
from core.characters import parse_whole_number
from core.limits import MAX_LINKED_PARAMETERS, MAX_LINKED_VALUE

PAGE_SIZE = 24
MAX_PAGE_SIZE = 100
COUNT_LIMIT = 10_000  # rows counted exactly unless a list has a lower limit; larger counts are "10000+"
Row = TypeVar("Row")
Rows = TypeVar("Rows", bound=QuerySet[Any, Any])
NEWEST = ("-created_at", "-id")
PAGE_PARAMETERS = [
    OpenApiParameter("cursor", OpenApiTypes.STR, description="from `pagination`"),
    OpenApiParameter("page_size", OpenApiTypes.INT, description="1 to 100, default 24"),
]


def invalid_cursor() -> ValidationError:
    """Return the error for a malformed cursor."""
    return ValidationError({"cursor": ["This cursor is not valid"]})


@dataclass(frozen=True, slots=True)
class Cursor:
    """The start of a page: after the row with this sort value and id, or before it when paging backwards."""

    ordering: str
    value: str
    id: int
    backwards: bool = False

    def encode(self) -> str:
        """Return the cursor as opaque text for a URL."""
        packed = orjson.dumps([self.ordering, self.value, self.id, int(self.backwards)])
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    def as_datetime(self) -> datetime:
        """Return the sort value as a datetime. Raises ValidationError for `cursor`."""
        try:
            value = datetime.fromisoformat(self.value)
        except ValueError:
            raise invalid_cursor() from None
        if value.tzinfo is None or not 1970 <= value.year < 9999:
            raise invalid_cursor()
        return value

    @classmethod
    def from_query(cls, query: Mapping[str, str], ordering: str) -> "Cursor | None":
        """Return the cursor of this ordering in a query string, if any. Raises ValidationError for `cursor`."""
        return cls.decode(query["cursor"], ordering) if query.get("cursor") else None

    @classmethod
    def decode(cls, text: str, ordering: str) -> "Cursor":
        """Decode a cursor of this ordering. Raises ValidationError for `cursor`."""
        try:
            values = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
            cursor_ordering, value, row_id, backwards = values
        except (binascii.Error, ValueError, TypeError):
            raise invalid_cursor() from None
        if (type(cursor_ordering), type(value), type(row_id), backwards in (0, 1)) != (
            str,
            str,
            int,
            True,
        ) or not 0 < row_id < 2**63:
            raise invalid_cursor()
        if cursor_ordering != ordering:
            raise ValidationError({"cursor": ["This cursor belongs to another ordering"]})
        return cls(cursor_ordering, value, row_id, bool(backwards))


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of a page, and the cursors of its neighbours."""

    rows: list[Any]
    next: str | None
    previous: str | None
    size: int
    count: int | None = None  # total, if requested; counting stops after the limit
    count_limit: int = COUNT_LIMIT

    def links(self, request: Request) -> dict[str, Any]:
        """Return the `pagination` object of a response, with absolute URLs of the neighbouring pages."""
        links = {"next": _build_link(request, self.next), "previous": _build_link(request, self.previous), "page_size": self.size}
        if self.count is None:
            return links
        return {**links, "count": self.count if self.count <= self.count_limit else f"{self.count_limit}+"}


def _build_link(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    raw = request._request
    query = {
        name[:MAX_LINKED_VALUE]: [value[:MAX_LINKED_VALUE] for value in values[-MAX_LINKED_PARAMETERS:]]
        for name, values in islice(raw.GET.lists(), MAX_LINKED_PARAMETERS)
    }
    query["cursor"] = [cursor]
    return f"{get_site_url(raw)}{escape_uri_path(raw.path)}?{urlencode(query, doseq=True)}"


def parse_page_size(query: Mapping[str, str]) -> int:
    """Return the requested page size, 1 to 100. Raises ValidationError for `page_size`."""
    text = query.get("page_size", "")
    if not text:
        return PAGE_SIZE
    size = parse_whole_number(text, max_digits=3)
    if size is None or not 1 <= size <= MAX_PAGE_SIZE:
        raise ValidationError({"page_size": [f"Must be a whole number from 1 to {MAX_PAGE_SIZE}"]})
    return size


def after(rows: Rows, ordering: Sequence[str], position: Sequence[Any] | None, *, backwards: bool = False) -> Rows:
    """Sort the rows and start after those whose columns of `ordering` have the values of `position`, or params for them.

    Backwards, the rows before the position come in reverse order. The last column must be unique.
    """
    if backwards:
        ordering = [column.removeprefix("-") if column.startswith("-") else f"-{column}" for column in ordering]
    if position is not None:
        rows = rows.filter(_build_after_condition(list(zip(ordering, position, strict=True))))
    return rows.order_by(*ordering)


def _build_after_condition(position: Sequence[tuple[str, Any]]) -> Q:
    """Return the condition in a form that PostgreSQL reads as one range of an index of the columns."""
    (column, value), *others = position
    name, comparison = column.removeprefix("-"), "lt" if column.startswith("-") else "gt"
    is_after = Q((f"{name}__{comparison}", value))
    if not others:
        return is_after
    return Q((f"{name}__{comparison}e", value)) & (is_after | _build_after_condition(others))


def newest_after(rows: Rows, cursor: Cursor | None) -> Rows:
    """Sort the rows by creation, newest first, and start after the cursor, whose ordering is "newest"."""
    if cursor is None:
        return after(rows, NEWEST, None)
    return after(rows, NEWEST, (cursor.as_datetime(), cursor.id), backwards=cursor.backwards)


def make_newest_cursor(row: Any, backwards: bool) -> Cursor:
    """Return the cursor of a row that `newest_after` has sorted."""
    return Cursor("newest", row.created_at.isoformat(), row.id, backwards)


def build_page(rows: Sequence[Row], size: int, cursor: Cursor | None, make_cursor: Callable[[Row, bool], Cursor]) -> Page:
    """Build a page from `size + 1` rows, in reverse order for a backwards cursor; `make_cursor` returns the cursor of a row."""
    has_more = len(rows) > size
    page_rows = list(rows[:size])
    backwards = cursor is not None and cursor.backwards
    if backwards:
        page_rows.reverse()
    has_next, has_previous = (True, has_more) if backwards else (has_more, cursor is not None)
    return Page(
        page_rows,
        make_cursor(page_rows[-1], False).encode() if page_rows and has_next else None,
        make_cursor(page_rows[0], True).encode() if page_rows and has_previous else None,
        size,
    )
