"""Absolute URLs, for clients on other origins, which cannot use paths such as `/media/...`."""

from django.http import HttpRequest


def get_site_url(request: HttpRequest) -> str:
    """Return the `scheme://host[:port]` under which the client reached the shop."""
    return f"{request.scheme}://{request.get_host()}"


def build_absolute_url(site_url: str, url: str) -> str | None:
    """Return the absolute form of a URL or of a path on this site; None for an empty string."""
    if not url:
        return None
    return site_url + url if url.startswith("/") else url
