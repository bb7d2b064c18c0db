"""Where pictures are stored, and where they are to be had: local files, or Cloudinary where its keys are set."""

import uuid
from functools import lru_cache

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from core.absolute_urls import absolute
from products.exceptions import MediaDown

SMALL = 480  # pixels of the longer side of a picture in a list


@lru_cache(maxsize=20_000)
def path_of(name: str) -> str:
    """Return the address of a stored picture, a path or a whole URL; made without asking the network."""
    return default_storage.url(name)


@lru_cache(maxsize=20_000)
def small_path_of(name: str) -> str:
    """Return the address of a stored picture for lists; Cloudinary makes that size itself, of the whole picture."""
    path = path_of(name)
    return (
        path.replace("/image/upload/", f"/image/upload/c_limit,h_{SMALL},w_{SMALL},f_auto/", 1) if settings.CLOUDINARY_ON else path
    )


def url_of(site: str, name: str | None) -> str | None:
    """Return the absolute address of a stored picture, or None."""
    return absolute(site, path_of(name)) if name else None


def small_url_of(site: str, name: str | None) -> str | None:
    """Return the absolute address of a stored picture for lists, or None."""
    return absolute(site, small_path_of(name)) if name else None


def save(content: bytes, kind: str) -> str:
    """Store a picture under a random name and return the name. Raises MediaDown, MediaRefused."""
    try:
        return default_storage.save(f"products/{uuid.uuid4().hex}.{kind}", ContentFile(content))
    except OSError as wrong:
        raise MediaDown from wrong


def delete(*names: str) -> None:
    """Remove what was stored a moment ago and is not wanted after all; what cannot be removed stays."""
    for name in filter(None, names):
        try:
            default_storage.delete(name)
        except (OSError, MediaDown):
            continue


def makes_small() -> bool:
    """Say whether the host makes pictures of any size itself."""
    return bool(settings.CLOUDINARY_ON)


def stored_from(url: str) -> tuple[str, int | None, int | None] | None:
    """Have the host fetch a picture, where it can; returns the name, width and height. Raises MediaDown, MediaRefused."""
    fetch = getattr(default_storage, "save_url", None)
    return fetch(url) if fetch is not None else None
