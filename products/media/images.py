"""Adding, ordering and removing the images of a product. A file is stored before the transaction that refers to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from products.exceptions import ImageNotFound, TooManyPictures
from products.media import processing, storage
from products.models import Product, ProductImage
from products.services import listings, products

MAX_IMAGES = 20  # per product
TOO_MANY = f"A product has at most {MAX_IMAGES} pictures"


@dataclass(frozen=True, slots=True)
class StoredImage:
    """An image that is in storage, but not yet attached to a product."""

    name: str
    thumbnail: str
    width: int | None
    height: int | None

    def build_row(self, product: Product, **columns: object) -> ProductImage:
        """Return an unsaved ProductImage; passing the size keeps Django from reading the file back from storage."""
        return ProductImage(
            product=product, image=self.name, thumbnail=self.thumbnail, width=self.width, height=self.height, **columns
        )


def store_image(prepared: processing.PreparedImage) -> StoredImage:
    """Store an image and, unless the storage resizes on delivery, its thumbnail. Raises MediaDown, MediaRefused."""
    name = storage.save(prepared.content, prepared.extension)
    if prepared.thumbnail is None or storage.can_resize():
        return StoredImage(name, "", prepared.width, prepared.height)
    try:
        return StoredImage(name, storage.save(prepared.thumbnail, "webp"), prepared.width, prepared.height)
    except Exception:
        storage.delete(name)
        raise


def add_image(actor: Actor, ref: str | int, content: bytes, *, alt: str, position: int | None) -> Product:
    """Add an image to a product, at the position or after the others.

    Raises ProductNotFound, NotYours, TooManyPictures, BadPicture, MediaDown, MediaRefused.
    """
    with transaction.atomic():
        _get_images_below_limit(products.lock_product(actor, ref))
    stored = store_image(processing.prepare_image(content))
    try:
        with transaction.atomic():
            product = products.lock_product(actor, ref)
            others = _get_images_below_limit(product)
            row = stored.build_row(product, alt=alt or product.name, position=len(others))
            row.save()
            _insert_at(others, row, len(others) if position is None else position)
    except Exception:
        storage.delete(stored.name, stored.thumbnail)
        raise
    return product


def _get_images_below_limit(product: Product) -> list[ProductImage]:
    """Return the product's images in order. Raises TooManyPictures if there is no room for another."""
    images = list(product.images.all())
    if len(images) >= MAX_IMAGES:
        raise TooManyPictures(TOO_MANY)
    return images


@transaction.atomic
def update_image(actor: Actor, ref: str | int, image_id: int, *, alt: str | None, position: int | None) -> Product:
    """Change an image's description or position; position 0 is the primary. Raises ProductNotFound, NotYours, ImageNotFound."""
    product = products.lock_product(actor, ref)
    row, others = _get_image_and_others(product, image_id)
    if alt is not None:
        row.alt = alt
        row.save(update_fields=["alt", "updated_at"])
    if position is not None:
        _insert_at(others, row, position)
    return product


@transaction.atomic
def remove_image(actor: Actor, ref: str | int, image_id: int) -> Product:
    """Remove an image from a product; the file is kept, since past orders show it.

    Raises ProductNotFound, NotYours, ImageNotFound.
    """
    product = products.lock_product(actor, ref)
    row, others = _get_image_and_others(product, image_id)
    delete_rows(product.pk, [row.pk])
    _renumber(others)
    return product


@transaction.atomic
def delete_rows(product_id: int, image_ids: Sequence[int]) -> None:
    """Delete images of a product. Variants that refer to one lose it, so they are locked first, after the product."""
    Product.objects.filter(pk=product_id).update(updated_at=timezone.now())  # locks it, and is the date of the change
    listings.lock_product_variants([product_id])
    ProductImage.objects.filter(pk__in=image_ids).delete()


def _get_image_and_others(product: Product, image_id: int) -> tuple[ProductImage, list[ProductImage]]:
    """Return the image, and the product's other images in order. Raises ImageNotFound."""
    images = list(product.images.all())
    row = next((image for image in images if image.pk == image_id), None)
    if row is None:
        raise ImageNotFound
    return row, [image for image in images if image.pk != image_id]


def _insert_at(others: list[ProductImage], row: ProductImage, position: int) -> None:
    _renumber([*others[:position], row, *others[position:]])


def _renumber(images: list[ProductImage]) -> None:
    now = timezone.now()
    for position, image in enumerate(images):
        image.position, image.updated_at = position, now
    ProductImage.objects.bulk_update(images, ["position", "updated_at"])


def save_from_admin(
    product: Product, image_id: int | None, stored: StoredImage | None, columns: Mapping[str, Any], *, is_deleted: bool
) -> None:
    """Save the changed columns of an image that staff edited in the admin, or delete it. Raises ImageNotFound.

    The caller holds the product's lock.
    """
    if is_deleted:
        if image_id is not None:
            delete_rows(product.pk, [image_id])
        return
    row = ProductImage(product=product) if image_id is None else product.images.filter(pk=image_id).first()
    if row is None:
        raise ImageNotFound
    if "alt" in columns or not row.alt:
        row.alt = columns.get("alt") or product.name
    row.position = columns.get("position", row.position) or 0
    if stored is not None:
        row.image, row.thumbnail, row.width, row.height = stored.name, stored.thumbnail, stored.width, stored.height
    row.save()


@transaction.atomic
def append_images(product: Product, stored: Sequence[StoredImage]) -> None:
    """Add stored images after the product's others; the caller holds the product's lock. Raises TooManyPictures."""
    if not stored:
        return
    others = list(product.images.values_list("position", flat=True))
    if len(others) + len(stored) > MAX_IMAGES:
        raise TooManyPictures(TOO_MANY)
    start = max(others, default=-1) + 1
    rows = [image.build_row(product, alt=product.name, position=position) for position, image in enumerate(stored, start)]
    ProductImage.objects.bulk_create(rows)
