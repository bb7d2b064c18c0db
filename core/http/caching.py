"""HTTP caching and conditional requests: ETag, 304 and 412 (RFC 9110), Cache-Control with stale-while-revalidate (RFC 5861)."""

import re
from collections.abc import Callable
from datetime import datetime
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import parse_etags
from rest_framework.request import Request

from core.exceptions import PreconditionFailed
from core.http.credentials import has_credentials
from core.http.envelope import Reply

PRECONDITIONS = ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH", "HTTP_IF_UNMODIFIED_SINCE")  # of writes
# The shop's tags, also as proxies that compress rewrite them: weak (nginx, Cloudflare), or with the coding (Apache, Caddy).
OWN_TAG = re.compile(r'(?:W/)?"([0-9a-f]{24})(?:--?(?:gzip|br|zstd|deflate))?"')
VARY = "X-Market, Authorization, Cookie, Origin"


class CachedResponseMixin:
    """For viewsets: responses of `cached_actions` carry an ETag and may be cached for a while.

    Shared caches may store only responses to requests without credentials. Sellers and staff revalidate on each request, so
    that they see their own changes at once.
    """

    cached_actions: frozenset[str] = frozenset()

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the headers, and answer 304 if the client's copy is current."""
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]  # a mixin of APIView
        action = getattr(self, "action", None)
        if action in self.cached_actions and request.method in ("GET", "HEAD") and response.status_code == 200:
            response["Cache-Control"] = _get_cache_control(request)
            response["Vary"] = VARY
            response.add_post_render_callback(lambda rendered: _add_etag(request._request, rendered))
        return response


def _get_cache_control(request: Request) -> str:
    user = request.user
    if getattr(user, "is_staff", False) or getattr(user, "is_seller", False):
        return "private, no-cache"
    max_age = settings.CATALOG_MAX_AGE
    return f"{'private' if has_credentials(request) else 'public'}, max-age={max_age}, stale-while-revalidate={2 * max_age}"


def has_preconditions(request: HttpRequest) -> bool:
    """Return whether the client made a write conditional."""
    return any(name in request.META for name in PRECONDITIONS)


def refuse_if_changed(request: HttpRequest, current: Reply, get_modified_at: Callable[[], datetime]) -> None:
    """Evaluate the preconditions of a write against the resource's current representation. Raises PreconditionFailed.

    `get_modified_at` is called only if the client sent a date; dates have a resolution of one second (RFC 9110, section 5.6.7).
    """
    _restore_own_tags(request)
    if _is_unreadable(request.META.get("HTTP_IF_MATCH", "")):
        raise PreconditionFailed
    etag = _make_etag(current.encode())
    modified_at = int(get_modified_at().timestamp()) if "HTTP_IF_UNMODIFIED_SINCE" in request.META else None
    refusal = get_conditional_response(request, etag=etag, last_modified=modified_at)
    if refusal is not None and refusal.status_code == 412:
        raise PreconditionFailed


def _restore_own_tags(request: HttpRequest) -> None:
    """Undo what a proxy has done to the shop's tags in the request's conditions.

    A tag is a hash of the answer before it was compressed, so each of its forms names the same version, for If-Match too, where
    a weak tag matches nothing (RFC 9110, section 13.1.1). Otherwise nobody could edit behind a proxy that compresses.
    """
    for name in ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"):
        if name in request.META:
            request.META[name] = OWN_TAG.sub(r'"\1"', request.META[name])


def _is_unreadable(if_match: str) -> bool:
    """Return whether If-Match names no entity tag, such as one without quotes; Django would ignore such a condition."""
    return bool(if_match.strip()) and not parse_etags(if_match)


def _make_etag(content: bytes) -> str:
    return f'"{blake2b(content, digest_size=12).hexdigest()}"'


def _add_etag(request: HttpRequest, response: HttpResponse) -> HttpResponse | None:
    _restore_own_tags(request)
    # Warnings depend on the URL, and the URL of a write differs, so they are not part of the version.
    etag = _make_etag(response.encode() if isinstance(response, Reply) and response.unknown_input else response.content)
    response["ETag"] = etag
    conditional = get_conditional_response(request, etag=etag, response=response)
    return conditional if isinstance(conditional, HttpResponse) and conditional.status_code == 304 else None
