"""Adding, ordering and removing the pictures of a product. A file is stored before the transaction that names it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from core.actors import Actor
from products.exceptions import ImageNotFound, TooManyPictures
from products.media import processing, storage
from products.models import Product, ProductImage
from products.services import products

MAX_PICTURES = 20  # of one product


@dataclass(frozen=True, slots=True)
class Stored:
    """A picture that is stored, but not shown anywhere yet."""

    name: str
    thumbnail: str
    width: int | None
    height: int | None

    def row(self, product: Product, **columns: object) -> ProductImage:
        """Return the row that shows it; its size is known, so no storage is asked for what it has just been given."""
        return ProductImage(
            product=product, image=self.name, thumbnail=self.thumbnail, width=self.width, height=self.height, **columns
        )


def store(ready: processing.Ready) -> Stored:
    """Store a picture and, where the host makes none itself, its copy for lists. Raises MediaDown, MediaRefused."""
    name = storage.save(ready.content, ready.kind)
    if ready.small is None or storage.makes_small():
        return Stored(name, "", ready.width, ready.height)
    try:
        return Stored(name, storage.save(ready.small, "webp"), ready.width, ready.height)
    except Exception:
        storage.delete(name)
        raise


def add(actor: Actor, ref: str | int, content: bytes, *, alt: str, position: int | None) -> Product:
    """Add a picture to a product, behind the others or at its position.

    Raises ProductNotFound, NotYours, TooManyPictures, BadPicture, MediaDown, MediaRefused.
    """
    with transaction.atomic():
        _room(products.locked(actor, ref))
    stored = store(processing.ready(content))
    try:
        with transaction.atomic():
            product = products.locked(actor, ref)
            others = _room(product)
            row = stored.row(product, alt=alt or product.name, position=len(others))
            row.save()
            _place(others, row, len(others) if position is None else position)
    except Exception:
        storage.delete(stored.name, stored.thumbnail)
        raise
    return product


def _room(product: Product) -> list[ProductImage]:
    """Return the product's pictures in order. Raises TooManyPictures."""
    held = list(product.images.all())
    if len(held) >= MAX_PICTURES:
        raise TooManyPictures(f"A product has at most {MAX_PICTURES} pictures")
    return held


@transaction.atomic
def change(actor: Actor, ref: str | int, image_id: int, *, alt: str | None, position: int | None) -> Product:
    """Describe a picture anew, or move it; position 0 is the primary. Raises ProductNotFound, NotYours, ImageNotFound."""
    product = products.locked(actor, ref)
    row, others = _one_of(product, image_id)
    if alt is not None:
        row.alt = alt
        row.save(update_fields=["alt", "updated_at"])
    if position is not None:
        _place(others, row, position)
    return product


@transaction.atomic
def remove(actor: Actor, ref: str | int, image_id: int) -> Product:
    """Take a picture off a product; the file stays, for orders of the past show it.

    Raises ProductNotFound, NotYours, ImageNotFound.
    """
    product = products.locked(actor, ref)
    row, others = _one_of(product, image_id)
    row.delete()
    _number(others)
    return product


def _one_of(product: Product, image_id: int) -> tuple[ProductImage, list[ProductImage]]:
    """Return the picture, and the product's others in order. Raises ImageNotFound."""
    held = list(product.images.all())
    row = next((picture for picture in held if picture.pk == image_id), None)
    if row is None:
        raise ImageNotFound
    return row, [picture for picture in held if picture.pk != image_id]


def _place(others: list[ProductImage], row: ProductImage, position: int) -> None:
    _number([*others[:position], row, *others[position:]])


def _number(held: list[ProductImage]) -> None:
    for position, picture in enumerate(held):
        picture.position = position
    ProductImage.objects.bulk_update(held, ["position"])


def save_filled(product: Product, row: ProductImage, stored: Stored | None, columns: Mapping[str, Any], *, is_gone: bool) -> None:
    """Write a picture as staff filled it in."""
    if is_gone:
        if row.pk is not None:
            row.delete()
        return
    row.product, row.alt, row.position = product, columns.get("alt") or product.name, columns.get("position") or 0
    if stored is not None:
        row.image, row.thumbnail, row.width, row.height = stored.name, stored.thumbnail, stored.width, stored.height
    row.save()
