"""Moving stored images when a shop switches between local files, a bucket and Cloudinary.

File names have an extension, Cloudinary's public ids have none, and the listing of the current storage shows which files it has.
So an interrupted migration resumes where it stopped.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import transaction

from core.exceptions import DomainError
from products.exceptions import BadPicture
from products.media import download, images, processing, storage
from products.models import ProductImage

BATCH_SIZE = 500


@dataclass(frozen=True, slots=True)
class MigrationResult:
    """The outcome for one image: its old names, and either its new thumbnail URL or an error."""

    image: ProductImage
    old_names: tuple[str, ...]
    new_url: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class PendingImages:
    """The primary keys of the images that are not in the current storage, and whether they have to be downloaded."""

    pks: list[int]
    need_url: bool


def find_pending() -> PendingImages:
    """Return the images that are not in the current storage. Raises MediaDown, MediaRefused."""
    names_by_pk = dict(ProductImage.objects.order_by("pk").values_list("pk", "image"))
    if settings.CLOUDINARY_ON:
        return PendingImages([pk for pk, name in names_by_pk.items() if _is_file(name)], need_url=False)
    stored = {name for name, _ in storage.iter_files()}
    missing = {pk: name for pk, name in names_by_pk.items() if name not in stored}
    return PendingImages(list(missing), need_url=not settings.MEDIA_S3 or not all(map(_is_file, missing.values())))


def migrate_images(
    pending: PendingImages, on_moved: Callable[[tuple[str, ...], str], object], from_url: str = ""
) -> Iterator[MigrationResult]:
    """Copy each image to the current storage, from the base URL `from_url`, or from MEDIA_ROOT if it is empty.

    `on_moved` is called with the old names and the new thumbnail URL in the transaction that updates the image, so that copies of
    the URL can be updated too. The old file is kept. An image that was moved is not moved again.
    """
    for start in range(0, len(pending.pks), BATCH_SIZE):
        for image in ProductImage.objects.filter(pk__in=pending.pks[start : start + BATCH_SIZE]).order_by("pk"):
            yield _migrate(image, on_moved, from_url)


def _migrate(image: ProductImage, on_moved: Callable[[tuple[str, ...], str], object], from_url: str) -> MigrationResult:
    name = image.image.name or ""
    old_names = tuple(filter(None, (image.thumbnail, name)))
    try:
        content = download.fetch_image(f"{from_url.rstrip('/')}/{name}") if from_url else _read_local(name)
        stored = images.store_image(processing.prepare_image(content, trusted=True))
    except (OSError, download.Unfetchable, BadPicture, DomainError) as error:
        return MigrationResult(image, old_names, error=str(error))
    new_url = storage.get_thumbnail_url(stored.thumbnail or stored.name)
    with transaction.atomic():
        is_moved = ProductImage.objects.filter(pk=image.pk, image=name).update(
            image=stored.name, thumbnail=stored.thumbnail, width=stored.width, height=stored.height
        )
        if is_moved:
            on_moved(old_names, new_url)
    if is_moved:
        return MigrationResult(image, old_names, new_url=new_url)
    storage.delete(stored.name, stored.thumbnail)
    return MigrationResult(image, old_names, error="was replaced or deleted meanwhile")


def _is_file(name: str) -> bool:
    return "." in name


def _read_local(name: str) -> bytes:
    with FileSystemStorage().open(name) as file:
        return bytes(file.read())
