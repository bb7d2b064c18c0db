"""Deletion of image files that are no longer used."""

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from products.exceptions import MediaDown, MediaRefused
from products.media import storage
from products.models import ProductImage

logger = logging.getLogger("shop.media")
GRACE_PERIOD = timedelta(days=1)  # a file is stored before the row that refers to it
BATCH_SIZE = 200
FindUsed = Callable[[list[str]], set[str]]


def clean_up(find_used_elsewhere: FindUsed) -> dict[str, int]:
    """Delete image files that are used neither by a product nor according to `find_used_elsewhere`.

    Images on Cloudinary are kept: API deletions count against a quota there, and its console can delete them. If the store does
    not answer, the images stay until the next run.
    """
    deleted = 0
    if not settings.CLOUDINARY_ON:
        try:
            for names in _iter_old_files():
                deleted += _delete_unused(names, find_used_elsewhere)
        except (MediaDown, MediaRefused) as error:
            logger.error("unused images were not deleted: %s", error.__cause__)
    return {"picture files": deleted}


def _iter_old_files() -> Iterator[list[str]]:
    """Yield the names of stored images in batches, skipping those within the grace period."""
    cutoff = timezone.now() - GRACE_PERIOD
    names = sorted(name for name, stored_at in storage.iter_files() if stored_at < cutoff)
    for start in range(0, len(names), BATCH_SIZE):
        yield names[start : start + BATCH_SIZE]


def _delete_unused(names: list[str], find_used_elsewhere: FindUsed) -> int:
    rows = ProductImage.objects.filter(Q(image__in=names) | Q(thumbnail__in=names)).values_list("image", "thumbnail")
    unused = sorted(set(names) - {name for row in rows for name in row})
    if unused:
        unused = sorted(set(unused) - find_used_elsewhere(unused))
        storage.delete(*unused)
    return len(unused)
