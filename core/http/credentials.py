"""Which headers identify the caller; nothing here checks whether they are valid."""

from django.http import HttpRequest
from rest_framework.request import Request

# Headers with the key of a cart or an order. An unreadable key must not be treated as a missing one.
KEY_HEADERS = {"HTTP_X_CART_TOKEN": "X-Cart-Token", "HTTP_X_SESSION_KEY": "X-Session-Key", "HTTP_X_ORDER_TOKEN": "X-Order-Token"}


def has_credentials(request: HttpRequest | Request) -> bool:
    """Return whether the request has a cookie or an Authorization header. Shared caches may answer only requests without either."""
    return bool(request.META.get("HTTP_AUTHORIZATION") or request.META.get("HTTP_COOKIE"))


def has_key(request: HttpRequest | Request) -> bool:
    """Return whether the request has the key of a guest's cart or order in a header."""
    return any(request.META.get(name) for name in KEY_HEADERS)
