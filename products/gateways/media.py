"""Where stored pictures are to be had."""

from functools import lru_cache

from django.core.files.storage import default_storage

from store.core.addresses import absolute


@lru_cache(maxsize=20_000)
def path_of(name: str) -> str:
    """Return the address of a stored picture, a path or a whole URL; made without asking the network."""
    return default_storage.url(name)


def url_of(site: str, name: str | None) -> str | None:
    """Return the absolute address of a stored picture, or None."""
    return absolute(site, path_of(name)) if name else None
