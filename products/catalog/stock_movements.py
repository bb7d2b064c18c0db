"""Stock movements: the list of a product's, for users who may edit it, and a CSV export for bookkeeping."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Annotated, NamedTuple

from django.db.models import QuerySet
from django.utils import timezone

from core import csv_export
from core.actors import Actor
from core.compiled_queries import get_columns
from core.pagination import Cursor, Page, after, build_page, parse_page_size
from products.exceptions import NotYours, ProductNotFound
from products.models import Product, StockMovement

CSV_COLUMNS = {
    "id": "id",
    "at": "created_at",
    "sku": "variant__sku",
    "product": "variant__product__name",
    "delta": "delta",
    "reason": "reason",
    "note": "note",
    "reference": "reference",
    "user id": "user_id",
}


class MovementRow(NamedTuple):
    """A movement, as the API shows it."""

    id: int
    sku_id: Annotated[int, "variant_id"]
    sku: Annotated[str, "variant__sku"]
    delta: int
    reason: str
    note: str
    reference: str
    created_at: datetime


def get_page(actor: Actor, ref: str | int, query: Mapping[str, str]) -> Page:
    """Return a page of a product's movements, newest first. Raises ProductNotFound, NotYours, ValidationError for a parameter."""
    product = Product.objects.by_ref(ref).only("seller").first()
    if product is None:
        raise ProductNotFound
    if not product.is_editable_by(actor):
        raise NotYours
    size = parse_page_size(query)
    cursor = Cursor.from_query(query, "movements")
    movements = StockMovement.objects.filter(variant__product=product).values_list(*get_columns(MovementRow))
    movements = after(movements, ["-id"], [cursor.id] if cursor else None, backwards=cursor is not None and cursor.backwards)
    rows = [MovementRow._make(row) for row in movements[: size + 1]]
    page = build_page(rows, size, cursor, lambda row, backwards: Cursor("movements", "", row.id, backwards))
    return Page([row._asdict() for row in page.rows], page.next, page.previous, page.size)


def generate_csv(movements: QuerySet[StockMovement]) -> Iterator[bytes]:
    """Yield a CSV file of these movements, oldest first, with times in the shop's time zone.

    Rows are streamed, so any number fits in memory.
    """
    rows = movements.order_by("id").values_list(*CSV_COLUMNS.values()).iterator(chunk_size=2000)
    lines = ([timezone.localtime(value).isoformat() if isinstance(value, datetime) else value for value in row] for row in rows)
    return csv_export.generate_file(chain([list(CSV_COLUMNS)], lines))
