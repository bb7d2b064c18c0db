"""The rate limits that hold for a whole view, as DRF throttles; `core.rate_limits` counts."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.http.client_ip import client_ip
from core.rate_limits import caller_key, count


class EveryCaller(BaseThrottle):
    """The rate of all calls together: by user, or by address for whoever has not signed in."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the call. Raises TooManyRequests."""
        if request.user.is_authenticated:
            count("user", request.user.pk)
        else:
            count("anon", caller_key(client_ip(request._request)))
        return True


class Writes(BaseThrottle):
    """The rate of a view's writes, `write_scope`, by user or by address; `reads_by_post` names actions that only read."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the call, if it writes. Raises TooManyRequests."""
        if request.method not in SAFE_METHODS and view.action not in getattr(view, "reads_by_post", ()):
            user = request.user
            count(view.write_scope, f"user-{user.pk}" if user.is_authenticated else caller_key(client_ip(request._request)))
        return True
