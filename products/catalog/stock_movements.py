"""Stock movements: of a product, for those who may change it; and any of them as CSV, for the books."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet

from core import csv_export
from core.actors import Actor
from core.pagination import Cursor, Page, page_size_of, paged
from products.exceptions import NotYours, ProductNotFound
from products.models import Product, StockMovement
from products.slugs import product_ref

COLUMNS = ("id", "variant_id", "variant__sku", "delta", "reason", "note", "reference", "created_at")
HEAD = ("id", "at", "sku", "product", "delta", "reason", "note", "reference", "user id")
NAMES = ("id", "sku_id", "sku", "delta", "reason", "note", "reference", "created_at")


def page(actor: Actor, ref: str | int, query: Mapping[str, str]) -> Page:
    """Return a page, newest first. Raises ProductNotFound, NotYours, ValidationError for a parameter."""
    kind, value = product_ref(ref)
    product = Product.objects.filter(deleted_at=None, **{kind: value}).only("seller").first()
    if product is None:
        raise ProductNotFound
    if actor.kind == "customer" and not product.belongs_to(actor.user_id):
        raise NotYours
    size = page_size_of(query)
    cursor = Cursor.decode(query["cursor"], "movements") if query.get("cursor") else None
    rows = StockMovement.objects.filter(variant__product=product)
    backwards = cursor is not None and cursor.backwards
    if cursor is not None:
        rows = rows.filter(id__gt=cursor.id) if backwards else rows.filter(id__lt=cursor.id)
    found = rows.order_by("id" if backwards else "-id").values_list(*COLUMNS)[: size + 1]

    def cursor_of(row: tuple[Any, ...], backwards: bool) -> Cursor:
        return Cursor("movements", "", row[0], backwards)

    cut = paged(list(found), size, cursor, cursor_of)
    return Page([dict(zip(NAMES, row, strict=True)) for row in cut.rows], cut.next, cut.previous, cut.size)


def csv_lines(movements: QuerySet[StockMovement]) -> Iterator[str]:
    """Return movements as the lines of a CSV file, oldest first, however many there are."""
    yield from csv_export.lines([HEAD])
    rows = movements.order_by("id").values_list(
        *("id", "created_at", "variant__sku", "variant__product__name", "delta", "reason", "note", "reference", "user_id")
    )
    yield from csv_export.lines((row[0], row[1].isoformat(), *row[2:]) for row in rows.iterator(chunk_size=2000))
