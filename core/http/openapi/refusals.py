"""The codes of refusals: those of exception classes, and those that the HTTP layer makes itself."""

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from rest_framework.permissions import SAFE_METHODS, IsAuthenticated

from core import exceptions as kinds
from core.http.content_length import TIMEOUT_MESSAGE
from core.http.handlers import INVALID_MESSAGE, QUERY_TIMEOUT_MESSAGE, SERVER_ERROR_MESSAGE, get_status
from core.http.openapi.operation import Operation, RefusalClass
from core.markets import UnknownMarket


@dataclass(frozen=True, slots=True)
class RefusalInfo:
    """A code with its status and message, what it means, and what a client does about it."""

    code: str
    status: int
    message: str
    meaning: str
    client_action: str


INVALID = RefusalInfo(
    "invalid",
    400,
    INVALID_MESSAGE,
    "Fields or parameters are missing or wrong; `errors` names them.",
    "Show the sentences of `errors` at their fields and let the user correct them.",
)
PARSE_ERROR = RefusalInfo(
    "parse_error",
    400,
    "The body is not valid JSON: line 1, column 2",
    "The body is not what its content type says, or is not a JSON object.",
    "Correct the client: send one JSON object.",
)
BAD_REQUEST = RefusalInfo(
    "bad_request", 400, "The request cannot be read", "The request violates HTTP or the URL is malformed.", "Correct the client."
)
BAD_HOST = RefusalInfo(
    "bad_host",
    400,
    "This host is not served here",
    "The `Host` header names a host that is not in `ALLOWED_HOSTS`.",
    "Use the shop's public address.",
)
INVALID_HEADER = RefusalInfo(
    "invalid_header",
    400,
    "X-Cart-Token holds characters outside ASCII",
    "A header with a key cannot be read; `details.header` names it.",
    "Send the key exactly as an earlier answer gave it.",
)
CSRF_FAILED = RefusalInfo(
    "csrf_failed",
    403,
    "This request came from a page of an untrusted origin",
    "The page that sent the request is not of an origin that the shop trusts.",
    "Ask the shop to add the page's origin to `CSRF_TRUSTED_ORIGINS`.",
)
PERMISSION_DENIED = RefusalInfo(
    "permission_denied",
    403,
    "You do not have permission to perform this action.",
    "The caller is signed in, but this is for staff or sellers.",
    "Do not offer this to the user.",
)
METHOD_NOT_ALLOWED = RefusalInfo(
    "method_not_allowed", 405, 'Method "TRACE" not allowed.', "The URL exists, but not with this method.", "Correct the client."
)
LENGTH_REQUIRED = RefusalInfo(
    "length_required",
    411,
    "Send the body with a Content-Length",
    "The body has no announced length.",
    "Send `Content-Length` instead of a chunked body.",
)
UNSUPPORTED_MEDIA_TYPE = RefusalInfo(
    "unsupported_media_type",
    415,
    'Unsupported media type "text/plain" in request.',
    "The content type is not accepted here.",
    "Send `Content-Type: application/json`, or `multipart/form-data` for a picture.",
)
REQUEST_TIMEOUT = RefusalInfo(
    "request_timeout",
    408,
    TIMEOUT_MESSAGE,
    "The body did not arrive in time (`WEB_READ_TIMEOUT`).",
    "Repeat the request; on a slow connection, send a smaller image.",
)
URL_TOO_LONG = RefusalInfo(
    "url_too_long", 414, "The address is too long", "The path or the query string is too long.", "Correct the client."
)
HEADERS_TOO_LARGE = RefusalInfo(
    "headers_too_large",
    431,
    "The headers of the request are too large",
    "A header has more than 16 KB, all together have more than 64 KB, or there are more than 100.",
    "Send less: in a browser, delete the cookies of other programs on this site.",
)
SERVER_ERROR = RefusalInfo(
    "server_error",
    500,
    SERVER_ERROR_MESSAGE,
    "A fault of the shop; its log has the details under the `X-Request-ID` of the answer.",
    "Try again later, with the same `Idempotency-Key` if it is an order; report the `X-Request-ID`.",
)
EVENT_FAILED = RefusalInfo(
    "event_failed",
    500,
    "The event could not be processed. Send it again",
    "The webhook event is stored, but could not be processed.",
    "Send the event again, as Stripe does.",
)
DATABASE_UNAVAILABLE = RefusalInfo(
    "database_unavailable",
    503,
    "The shop is busy. Try again in a moment",
    "The database did not answer in time.",
    "Repeat the request after `Retry-After` seconds.",
)
QUERY_TIMEOUT = RefusalInfo(
    "query_timeout",
    503,
    QUERY_TIMEOUT_MESSAGE,
    "PostgreSQL ended a statement after `DATABASE_STATEMENT_TIMEOUT`.",
    "Ask for a smaller page or with more filters, or repeat the request after `Retry-After` seconds.",
)
NOT_READY = RefusalInfo(
    "not_ready",
    503,
    "Not ready: migrations are pending",
    "The process must not get requests yet (`/readyz`).",
    "Let the load balancer wait.",
)

# Any request can be answered with these.
UNIVERSAL = (BAD_REQUEST, BAD_HOST, INVALID_HEADER, URL_TOO_LONG, SERVER_ERROR, DATABASE_UNAVAILABLE, QUERY_TIMEOUT)
OF_BODIES = (PARSE_ERROR, INVALID, REQUEST_TIMEOUT, LENGTH_REQUIRED, UNSUPPORTED_MEDIA_TYPE)
OF_NO_OPERATION = (METHOD_NOT_ALLOWED, HEADERS_TOO_LARGE, NOT_READY)
Refusal = RefusalInfo | RefusalClass


def describe(refusal: Refusal) -> RefusalInfo:
    """Return the description of a refusal."""
    if isinstance(refusal, RefusalInfo):
        return refusal
    doc = inspect.getdoc(refusal) or ""
    return RefusalInfo(refusal.code, get_status(refusal), refusal.default_message, doc.partition("\n\n")[0], refusal.client_action)


def of_field(refusal: RefusalClass) -> RefusalInfo:
    """Return the description of a refusal that names a field, which makes it a 400."""
    return replace(describe(refusal), status=400)


def list_refusals(operation: Operation, view: Any, method: str, *, is_open_to_guests: bool) -> list[RefusalInfo]:
    """Return what the operation can be refused with, by status and code."""
    refusals = {describe(refusal) for refusal in _iterate_refusals(operation, view, method, is_open_to_guests)}
    return sorted(refusals, key=lambda info: (info.status, info.code))


def _iterate_refusals(operation: Operation, view: Any, method: str, is_open_to_guests: bool) -> Iterator[Refusal]:
    yield from UNIVERSAL
    yield UnknownMarket
    yield from operation.refusals
    yield from getattr(view, "schema_refusals", ())
    for authenticator in view.get_authenticators():
        yield from authenticator.refusals
    if view.get_throttles():
        yield kinds.TooManyRequests
    if not is_open_to_guests:
        yield kinds.NotSignedIn
        if not any(isinstance(permission, IsAuthenticated) for permission in view.get_permissions()):
            yield PERMISSION_DENIED
    if operation.parameters:
        yield INVALID
    if method not in SAFE_METHODS:
        if view.get_authenticators():
            yield kinds.NotSignedIn  # the account was closed during the request
        yield CSRF_FAILED
        yield kinds.TooLarge
        yield from OF_BODIES


def list_exception_classes(base: RefusalClass = kinds.DomainError) -> Iterable[RefusalClass]:
    """Return all exception classes of the apps that are loaded, without those of tests."""
    for refusal in base.__subclasses__():
        yield from list_exception_classes(refusal)
        yield from () if ".tests." in refusal.__module__ else (refusal,)
