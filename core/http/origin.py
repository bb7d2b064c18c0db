"""The origin rule: a write from a browser must come from a page of a trusted origin.

It replaces a CSRF token, which a shop front on another origin cannot read. The browser sets `Origin` and `Sec-Fetch-Site`, so
a foreign page cannot forge them (Fetch standard). The rule also applies to anonymous requests; otherwise a foreign page could
sign its visitor in to another account (login CSRF).
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from core import rate_limits
from core.http.bearer import get_bearer_token
from core.http.client_ip import get_client_ip
from core.http.envelope import refuse
from core.http.hosts import get_host
from core.local_origins import is_local_origin
from core.redaction import shorten

logger = logging.getLogger("shop.origin")
SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))


class OriginMiddleware:
    """Rejects writes from pages of untrusted origins; the admin has Django's own check.

    Views with `acts_on_cookies` (sign in, refresh, sign out) ignore Bearer tokens, so a token does not exempt them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.admin = f"/{settings.ADMIN_PATH}"

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any) -> HttpResponse | None:
        """Return a refusal, or None to continue with the view."""
        if request.method in SAFE_METHODS or request.path_info.startswith(self.admin):
            return None
        if get_bearer_token(request) and not getattr(view, "initkwargs", {}).get("acts_on_cookies"):
            return None  # a foreign page cannot send this header without a CORS preflight, which it fails
        if is_from_trusted_page(request):
            return None
        self.refused(request)
        return refuse(403, "csrf_failed", "This request came from a page of an untrusted origin")

    def refused(self, request: HttpRequest) -> None:
        """Log a rejected write with its caller."""
        ip = get_client_ip(request)
        if rate_limits.is_within("refusal_log", rate_limits.get_caller_key(ip)):
            path, origin = shorten(request.path), shorten(request.META.get("HTTP_ORIGIN", ""))
            logger.warning("refused a write to %s from origin %r: caller %s", path, origin, ip or "unknown")


def is_from_trusted_page(request: HttpRequest) -> bool:
    """Return whether the request comes from a trusted page, or not from a browser at all."""
    meta = request.META
    if "HTTP_ORIGIN" in meta:
        return is_trusted_origin(request, meta["HTTP_ORIGIN"])
    if "HTTP_SEC_FETCH_SITE" in meta:
        return meta["HTTP_SEC_FETCH_SITE"] in ("same-origin", "none")
    if "HTTP_REFERER" in meta:
        return is_trusted_origin(request, get_origin(meta["HTTP_REFERER"]))
    return not settings.CSRF_REQUIRE_ORIGIN or not meta.get("HTTP_COOKIE")


def get_origin(url: str) -> str:
    """Return the origin of a URL, or an empty string if it is malformed."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}"


def is_trusted_origin(request: HttpRequest, origin: str) -> bool:
    """Return whether the origin is trusted: the shop's own, or a listed one."""
    host = get_host(request)
    is_own = host is not None and origin == f"{request.scheme}://{host}"
    return is_own or is_listed_origin(origin, settings.CSRF_TRUSTED_ORIGINS)


def is_listed_origin(origin: str, listed: Sequence[str]) -> bool:
    """Return whether the list holds exactly this origin, never a prefix or `null`; with DEBUG, also all of this machine.

    The list of CORS and that of the origin rule are compared here, and nowhere else.
    """
    return origin in listed or (settings.DEBUG and is_local_origin(origin))
