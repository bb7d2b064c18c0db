"""The origin rule: a write that a browser sends must come from a page that the shop trusts.

It stands in for a CSRF token, which a shop front on another origin cannot read. `Origin` and `Sec-Fetch-Site` are set by the
browser and not by the page (Fetch standard), so a foreign page cannot forge them. It holds for signed-out callers too, or else
a foreign page could sign its visitor in as somebody else.
"""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core.http.envelope import refuse

logger = logging.getLogger("shop.origin")
SAFE = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))


class OriginMiddleware:
    """Refuses a write from a page of an untrusted origin; the admin has Django's own check.

    A view with `acts_on_cookies` (sign in, refresh, sign out) takes no notice of a Bearer token, so there one excuses nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.admin = f"/{settings.ADMIN_PATH}"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any) -> HttpResponse | None:
        """Refuse, or let the view answer."""
        if request.method in SAFE or request.path_info.startswith(self.admin):
            return None
        bearer = request.META.get("HTTP_AUTHORIZATION", "").startswith("Bearer ")
        if bearer and not getattr(view, "initkwargs", {}).get("acts_on_cookies"):
            return None  # a foreign page cannot send this header without a CORS preflight, which it fails
        if is_trusted_page(request):
            return None
        self.refused(request)
        return refuse(403, "csrf_failed", "This request came from a page that the shop does not know")

    def refused(self, request: HttpRequest) -> None:
        """Note that a write was refused."""
        logger.warning("refused a write to %s from origin %.200r", request.path, request.META.get("HTTP_ORIGIN", ""))


def is_trusted_page(request: HttpRequest) -> bool:
    """Say whether a trusted page sends this, or no browser at all."""
    meta = request.META
    if "HTTP_ORIGIN" in meta:
        return is_trusted(request, meta["HTTP_ORIGIN"])
    if "HTTP_SEC_FETCH_SITE" in meta:
        return meta["HTTP_SEC_FETCH_SITE"] in ("same-origin", "none")
    if "HTTP_REFERER" in meta:
        return is_trusted(request, origin_of(meta["HTTP_REFERER"]))
    return not settings.CSRF_REQUIRE_ORIGIN or not meta.get("HTTP_COOKIE")


def origin_of(url: str) -> str:
    """Return the origin of an address; an empty text where it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def is_trusted(request: HttpRequest, origin: str) -> bool:
    """Compare the whole origin, exactly: no prefix, no `null`."""
    return origin == f"{request.scheme}://{request.get_host()}" or origin in settings.CSRF_TRUSTED_ORIGINS
