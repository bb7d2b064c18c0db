"""Carrying stored pictures over when a shop switches between local files and Cloudinary.

A local name has an extension and a Cloudinary public id has none, so it can be seen of each picture where it is: an interrupted
move goes on where it stopped.
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
class Moved:
    """What became of a picture: its former names, and the new one or what went wrong."""

    picture: ProductImage
    before: tuple[str, ...]
    now: str = ""
    problem: str = ""


def waiting() -> int:
    """Return how many pictures are not where the shop stores them now."""
    return _elsewhere().count()


def move(follow: Callable[[tuple[str, ...], str], object], from_url: str = "") -> Iterator[Moved]:
    """Store each picture where the shop stores them now; `from_url` is where Cloudinary delivers those that come from there.

    `follow` is told the former names and the new address in the transaction of the move, so that whoever keeps the address goes
    along. The former file stays, so that nothing is lost; what was moved is not moved again.
    """
    for picture in _elsewhere().order_by("pk").iterator(chunk_size=500):
        name = picture.image.name or ""
        before = tuple(filter(None, (picture.thumbnail, name)))
        try:
            content = _local(name) if settings.CLOUDINARY_ON else download.fetch(f"{from_url.rstrip('/')}/{name}")
            stored = images.store(processing.ready(content, trusted=True))
        except (OSError, download.Unfetchable, BadPicture, DomainError) as wrong:
            yield Moved(picture, before, problem=str(wrong))
            continue
        now = storage.small_path_of(stored.thumbnail or stored.name)
        with transaction.atomic():
            moved = ProductImage.objects.filter(pk=picture.pk, image=name).update(
                image=stored.name, thumbnail=stored.thumbnail, width=stored.width, height=stored.height
            )
            if moved:
                follow(before, now)
        if not moved:
            storage.delete(stored.name, stored.thumbnail)
        yield Moved(picture, before, now=now) if moved else Moved(picture, before, problem="was replaced or deleted meanwhile")


def _elsewhere() -> QuerySet[ProductImage]:
    has_extension = Q(image__contains=".")
    return ProductImage.objects.filter(has_extension if settings.CLOUDINARY_ON else ~has_extension)


def _local(name: str) -> bytes:
    with FileSystemStorage().open(name) as file:
        return bytes(file.read())
