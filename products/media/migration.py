"""Moving stored images when a shop switches between local files and Cloudinary.

A local file name has an extension and a Cloudinary public id has none, so the name tells where an image is stored, and an
interrupted migration resumes where it stopped.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import transaction
from django.db.models import Q, QuerySet

from core.exceptions import DomainError
from products.exceptions import BadPicture
from products.media import download, images, processing, storage
from products.models import ProductImage


@dataclass(frozen=True, slots=True)
class MigrationResult:
    """The outcome for one image: its old names, and either its new thumbnail URL or an error."""

    image: ProductImage
    old_names: tuple[str, ...]
    new_url: str = ""
    error: str = ""


def count_pending() -> int:
    """Return how many images are not in the current storage."""
    return _pending_images().count()


def migrate_images(on_moved: Callable[[tuple[str, ...], str], object], from_url: str = "") -> Iterator[MigrationResult]:
    """Copy each image to the current storage; `from_url` is the base URL to download Cloudinary's images from.

    `on_moved` is called with the old names and the new thumbnail URL in the transaction that updates the image, so that copies of
    the URL can be updated too. The old file is kept. An image that was moved is not moved again.
    """
    for image in _pending_images().order_by("pk").iterator(chunk_size=500):
        name = image.image.name or ""
        old_names = tuple(filter(None, (image.thumbnail, name)))
        try:
            content = _read_local(name) if settings.CLOUDINARY_ON else download.fetch_image(f"{from_url.rstrip('/')}/{name}")
            stored = images.store_image(processing.prepare_image(content, trusted=True))
        except (OSError, download.Unfetchable, BadPicture, DomainError) as error:
            yield MigrationResult(image, old_names, error=str(error))
            continue
        new_url = storage.get_thumbnail_url(stored.thumbnail or stored.name)
        with transaction.atomic():
            is_moved = ProductImage.objects.filter(pk=image.pk, image=name).update(
                image=stored.name, thumbnail=stored.thumbnail, width=stored.width, height=stored.height
            )
            if is_moved:
                on_moved(old_names, new_url)
        if is_moved:
            yield MigrationResult(image, old_names, new_url=new_url)
        else:
            storage.delete(stored.name, stored.thumbnail)
            yield MigrationResult(image, old_names, error="was replaced or deleted meanwhile")


def _pending_images() -> QuerySet[ProductImage]:
    has_extension = Q(image__contains=".")
    return ProductImage.objects.filter(has_extension if settings.CLOUDINARY_ON else ~has_extension)


def _read_local(name: str) -> bytes:
    with FileSystemStorage().open(name) as file:
        return bytes(file.read())
