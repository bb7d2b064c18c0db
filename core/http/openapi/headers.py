"""The header parameters of requests, and the headers of responses."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiParameter

from core.http.request_id import VALID_ID

HEADER: Final = OpenApiParameter.HEADER
KEY = {"type": "string"}  # not `"format": "uuid"`: generated Python clients make an object of it, and cannot send that in a header
MARKET = OpenApiParameter(
    "X-Market",
    {"type": "string", "pattern": "^[A-Za-z]{2}$"},
    HEADER,
    description="Code of the market whose prices are shown and charged, see `GET /api/config/`. Default: the caller's market.",
)
CART_TOKEN = OpenApiParameter(
    "X-Cart-Token", KEY, HEADER, description="A guest's key, `cart_token` of earlier answers, for clients without cookies."
)
SESSION_KEY = OpenApiParameter("X-Session-Key", KEY, HEADER, description="Another name of `X-Cart-Token`, which takes precedence.")
GUEST_KEYS = (CART_TOKEN, SESSION_KEY)
ORDER_TOKEN = OpenApiParameter(
    "X-Order-Token", str, HEADER, description="A guest's token for the order: `order_token` of the order."
)
REQUIRED_ORDER_TOKEN = OpenApiParameter("X-Order-Token", str, HEADER, required=True, description=ORDER_TOKEN.description)
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    HEADER,
    description="A value of the client's, such as a UUID, that is the same in each retry of one order.",
)
PRECONDITIONS = (
    OpenApiParameter(
        "If-Match", str, HEADER, description="`ETag` of the object that the client read; the write is refused if it has changed."
    ),
    OpenApiParameter("If-Unmodified-Since", str, HEADER, description="The same with an HTTP date."),
)

RESPONSE_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-ID": {
        "description": "Names the request in the shop's logs: the client's own, if it sent one.",
        "schema": {"type": "string", "pattern": f"^{VALID_ID.pattern}$"},
    },
    "X-Cart-Token": {"description": "The guest's key; absent for signed-in callers.", "schema": KEY},
    "X-Session-Key": {"description": "The same as `X-Cart-Token`.", "schema": KEY},
    "ETag": {"description": "The version of the body, for `If-None-Match`.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "Present if the order was placed by an earlier request.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "Retry-After": {
        "description": "Seconds after which the same request may succeed.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {"description": "The way to sign in (RFC 6750).", "schema": {"type": "string"}},
}


def refer(*names: str) -> dict[str, dict[str, str]]:
    """Return references to response headers."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
