"""DRF throttles for whole views; `core.rate_limits` does the counting."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.http.client_ip import get_client_ip
from core.rate_limits import count_call, get_caller_key


class CallThrottle(BaseThrottle):
    """Limits all calls of a caller: by user, or by IP address for anonymous callers."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the call. Raises TooManyRequests."""
        if request.user.is_authenticated:
            count_call("user", request.user.pk)
        else:
            count_call("anon", get_caller_key(get_client_ip(request._request)))
        return True


class WriteThrottle(BaseThrottle):
    """Limits a view's writes by `write_scope`, by user or by IP address; `reads_by_post` names POST actions that only read."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the call, if it writes. Raises TooManyRequests."""
        if request.method not in SAFE_METHODS and view.action not in getattr(view, "reads_by_post", ()):
            user = request.user
            count_call(
                view.write_scope, f"user-{user.pk}" if user.is_authenticated else get_caller_key(get_client_ip(request._request))
            )
        return True
