"""Absolute addresses: a client on another origin can do nothing with `/media/...`."""

from django.http import HttpRequest


def site_of(request: HttpRequest) -> str:
    """Return `scheme://host[:port]` as the caller reached the shop."""
    return f"{request.scheme}://{request.get_host()}"


def absolute(site: str, url: str) -> str | None:
    """Return the whole address of what may be a path on this site; None where there is nothing."""
    if not url:
        return None
    return site + url if url.startswith("/") else url
