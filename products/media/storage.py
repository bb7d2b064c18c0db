"""Storing images and building their URLs: local files, a bucket if MEDIA_S3_BUCKET is set, or Cloudinary if its keys are set."""

import logging
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import lru_cache

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from core.absolute_urls import build_absolute_url
from products.exceptions import MediaDown, MediaRefused

logger = logging.getLogger("shop.media")
FOLDER = "products"
THUMBNAIL_SIZE = 480  # pixels, longer side


@lru_cache(maxsize=20_000)
def get_url(name: str) -> str:
    """Return the URL of a stored image, a path or an absolute URL, without any network request."""
    return default_storage.url(name)


@lru_cache(maxsize=20_000)
def get_thumbnail_url(name: str) -> str:
    """Return the URL of a stored thumbnail; on Cloudinary, which resizes on delivery, pass the name of the full image."""
    url = get_url(name)
    if not settings.CLOUDINARY_ON:
        return url
    return url.replace("/image/upload/", f"/image/upload/c_limit,h_{THUMBNAIL_SIZE},w_{THUMBNAIL_SIZE},f_auto/", 1)


def build_image_url(site: str, name: str | None) -> str | None:
    """Return the absolute URL of a stored image, or None if there is none."""
    return build_absolute_url(site, get_url(name)) if name else None


def build_thumbnail_url(site: str, name: str | None) -> str | None:
    """Return the absolute URL of a stored thumbnail, or None if there is none."""
    return build_absolute_url(site, get_thumbnail_url(name)) if name else None


def save(content: bytes, extension: str) -> str:
    """Store an image under a random name and return the name. Raises MediaDown, MediaRefused."""
    name = f"{FOLDER}/{uuid.uuid4().hex}.{extension}"
    try:
        return default_storage.save(name, ContentFile(content))
    except OSError as error:
        logger.error("an image could not be stored: %s", error)
        delete(name)  # a full disk leaves a part of it
        raise MediaDown from error


def delete(*names: str) -> None:
    """Delete files, ignoring empty names and files that cannot be deleted."""
    for name in filter(None, names):
        try:
            default_storage.delete(name)
        except (OSError, MediaDown, MediaRefused):
            continue


def iter_files() -> Iterator[tuple[str, datetime]]:
    """Yield the name of each stored image and when it was stored; not for Cloudinary. Raises MediaDown, MediaRefused."""
    iter_remote_files = getattr(default_storage, "iter_files", None)
    if iter_remote_files is not None:  # of a bucket, which lists a thousand in one request
        yield from iter_remote_files(FOLDER)
    elif default_storage.exists(FOLDER):
        for file in default_storage.listdir(FOLDER)[1]:
            with suppress(FileNotFoundError):  # deleted meanwhile
                yield f"{FOLDER}/{file}", default_storage.get_modified_time(f"{FOLDER}/{file}")


def can_resize() -> bool:
    """Return whether the storage resizes images on delivery."""
    return bool(settings.CLOUDINARY_ON)


def save_from_url(url: str) -> tuple[str, int | None, int | None] | None:
    """Have the storage fetch an image itself. Return its name, width and height, or None if the storage cannot do so.

    Raises MediaDown, MediaRefused.
    """
    fetch = getattr(default_storage, "save_from_url", None)
    return fetch(url) if fetch is not None else None
