"""How long stored pictures are kept."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Q
from django.utils import timezone

from products.media import storage
from products.models import ProductImage

KEPT_FOR = timedelta(days=1)  # a file is stored before the row that shows it
BATCH = 200
Shown = Callable[[list[str]], set[str]]


def clean_up(shown_elsewhere: Shown) -> dict[str, int]:
    """Delete local picture files that no product shows, nor whoever answers for the names that are handed to him.

    Pictures on Cloudinary are left alone: what is deleted there is counted against a quota, and its own pages do it.
    """
    removed = 0
    if not settings.CLOUDINARY_ON:
        for names in _old_files():
            removed += _delete_unshown(names, shown_elsewhere)
    return {"picture files": removed}


def _old_files() -> Iterator[list[str]]:
    """Yield the names of stored pictures in batches, those of the last day left out."""
    if not default_storage.exists("products"):
        return
    since = timezone.now() - KEPT_FOR
    names = sorted(f"products/{name}" for name in default_storage.listdir("products")[1])
    for start in range(0, len(names), BATCH):
        yield [name for name in names[start : start + BATCH] if default_storage.get_modified_time(name) < since]


def _delete_unshown(names: list[str], shown_elsewhere: Shown) -> int:
    rows = ProductImage.objects.filter(Q(image__in=names) | Q(thumbnail__in=names)).values_list("image", "thumbnail")
    unshown = sorted(set(names) - {name for row in rows for name in row})
    if unshown:
        unshown = sorted(set(unshown) - shown_elsewhere(unshown))
        storage.delete(*unshown)
    return len(unshown)
