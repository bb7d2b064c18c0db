"""Cursor pages: a page begins behind the last row seen, so the ten-thousandth costs what the first does."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import orjson
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

PAGE_SIZE = 24
MAX_PAGE_SIZE = 100
COUNTED = 10_000  # rows that are counted exactly; more are "10000+"
Row = TypeVar("Row")
PAGE_PARAMETERS = [
    OpenApiParameter("cursor", OpenApiTypes.STR, description="from `pagination`"),
    OpenApiParameter("page_size", OpenApiTypes.INT, description="1 to 100, default 24"),
]


def not_ours() -> ValidationError:
    """Return the refusal of a cursor that the shop did not give out."""
    return ValidationError({"cursor": ["This is not a cursor of the shop"]})


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: behind the row with this sort value and id, or before it when paging backwards."""

    ordering: str
    value: str
    id: int
    backwards: bool = False

    def encode(self) -> str:
        """Return the cursor as the opaque text of a URL."""
        packed = orjson.dumps([self.ordering, self.value, self.id, int(self.backwards)])
        return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()

    def moment(self) -> datetime:
        """Return the sort value as a time. Raises ValidationError for `cursor`."""
        try:
            at = datetime.fromisoformat(self.value)
        except ValueError:
            raise not_ours() from None
        if at.tzinfo is None or not 1970 <= at.year < 9999:
            raise not_ours()
        return at

    @classmethod
    def decode(cls, text: str, ordering: str) -> "Cursor":
        """Read a cursor that this shop gave out for this ordering. Raises ValidationError for `cursor`."""
        try:
            given = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
            made_for, value, row_id, backwards = given
        except (binascii.Error, ValueError, TypeError):
            raise not_ours() from None
        if (type(made_for), type(value), type(row_id), backwards in (0, 1)) != (
            str,
            str,
            int,
            True,
        ) or not 0 < row_id < 2**63:
            raise not_ours()
        if made_for != ordering:
            raise ValidationError({"cursor": ["This cursor belongs to another ordering"]})
        return cls(made_for, value, row_id, bool(backwards))


@dataclass(frozen=True, slots=True)
class Page:
    """The rows to show, and the cursors of the neighbours."""

    rows: list[Any]
    next: str | None
    previous: str | None
    size: int
    count: int | None = None  # of all rows, where it was asked for; none is counted beyond COUNTED

    def links(self, request: Request) -> dict[str, Any]:
        """Return `pagination` as it stands beside the data: the neighbours as absolute addresses."""
        links = {"next": _link(request, self.next), "previous": _link(request, self.previous), "page_size": self.size}
        return links if self.count is None else {**links, "count": self.count if self.count <= COUNTED else f"{COUNTED}+"}


def _link(request: Request, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    query = request._request.GET.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def page_size_of(query: Mapping[str, str]) -> int:
    """Return the wanted number of rows, 1 to 100. Raises ValidationError for `page_size`."""
    given = query.get("page_size", "")
    if not given:
        return PAGE_SIZE
    if not (given.isascii() and given.isdigit() and len(given) <= 3 and 1 <= int(given) <= MAX_PAGE_SIZE):
        raise ValidationError({"page_size": [f"Must be a whole number from 1 to {MAX_PAGE_SIZE}"]})
    return int(given)


def paged(found: Sequence[Row], size: int, cursor: Cursor | None, make: Callable[[Row, bool], Cursor]) -> Page:
    """Cut a page out of `size + 1` rows, which a backwards cursor has found in reverse; `make` gives a row's own cursor."""
    more = len(found) > size
    rows = list(found[:size])
    backwards = cursor is not None and cursor.backwards
    if backwards:
        rows.reverse()
    has_next, has_previous = (True, more) if backwards else (more, cursor is not None)
    return Page(
        rows,
        make(rows[-1], False).encode() if rows and has_next else None,
        make(rows[0], True).encode() if rows and has_previous else None,
        size,
    )
