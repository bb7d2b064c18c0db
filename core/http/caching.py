"""HTTP caching of public answers: ETag and 304 (RFC 9110), Cache-Control with stale-while-revalidate (RFC 5861)."""

from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from rest_framework.request import Request

VARY = "X-Market, Authorization, Cookie, Origin"


class Cacheable:
    """For a viewset: answers of its `cached_actions` carry an ETag and may be kept for a while.

    Shared caches may keep only what was asked for without credentials. Those who sell here ask each time whether what they
    have is still true, so that they see what they have just written.
    """

    cached_actions: frozenset[str] = frozenset()

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the headers, and answer 304 where the caller has this very answer already."""
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]  # a mixin of APIView
        action = getattr(self, "action", None)
        if action in self.cached_actions and request.method in ("GET", "HEAD") and response.status_code == 200:
            response["Cache-Control"] = _control(request)
            response["Vary"] = VARY
            response.add_post_render_callback(lambda rendered: _tagged(request._request, rendered))
        return response


def _control(request: Request) -> str:
    who = request.user
    if getattr(who, "is_staff", False) or getattr(who, "is_seller", False):
        return "private, no-cache"
    alone = not (request.META.get("HTTP_AUTHORIZATION") or request.META.get("HTTP_COOKIE"))
    kept = settings.CATALOG_MAX_AGE
    return f"{'public' if alone else 'private'}, max-age={kept}, stale-while-revalidate={2 * kept}"


def _tagged(request: HttpRequest, response: HttpResponse) -> HttpResponse | None:
    etag = f'"{blake2b(response.content, digest_size=12).hexdigest()}"'
    response["ETag"] = etag
    conditional = get_conditional_response(request, etag=etag, response=response)
    return conditional if isinstance(conditional, HttpResponse) and conditional.status_code == 304 else None
