"""HTTP caching of public responses: ETag and 304 (RFC 9110), Cache-Control with stale-while-revalidate (RFC 5861)."""

from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from rest_framework.request import Request

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
    is_anonymous = not (request.META.get("HTTP_AUTHORIZATION") or request.META.get("HTTP_COOKIE"))
    max_age = settings.CATALOG_MAX_AGE
    return f"{'public' if is_anonymous else 'private'}, max-age={max_age}, stale-while-revalidate={2 * max_age}"


def _add_etag(request: HttpRequest, response: HttpResponse) -> HttpResponse | None:
    etag = f'"{blake2b(response.content, digest_size=12).hexdigest()}"'
    response["ETag"] = etag
    conditional = get_conditional_response(request, etag=etag, response=response)
    return conditional if isinstance(conditional, HttpResponse) and conditional.status_code == 304 else None
