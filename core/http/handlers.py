"""Refusals become HTTP answers here: the one place that knows both exceptions and status codes."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions as drf

from core import exceptions as kinds
from core.http import cookies
from core.http.envelope import Refusal, encode, failure, refuse
from core.markets import UnknownMarket, named

logger = logging.getLogger("shop.errors")

STATUS: tuple[tuple[type[kinds.DomainError], int], ...] = (
    (kinds.Invalid, 400),
    (kinds.NotSignedIn, 401),
    (kinds.Forbidden, 403),
    (kinds.NotFound, 404),
    (kinds.Conflict, 409),
    (kinds.TooLarge, 413),
    (kinds.KeyReused, 422),
    (kinds.TooManyRequests, 429),
    (kinds.GatewayRefused, 502),
    (kinds.GatewayDown, 503),
)
CRASHED = "Something went wrong on our side"


def exception_handler(exc: Exception, context: dict[str, Any]) -> Refusal:
    """Return the answer to whatever a view raised; what is not a refusal is a bug, logged and told as 500."""
    if isinstance(exc, kinds.DomainError):
        return _domain(exc)
    if isinstance(exc, drf.APIException):
        return _framework(exc)
    if isinstance(exc, Http404):
        return Refusal(failure(404, "not_found", "Not found"), status=404)
    if isinstance(exc, PermissionDenied):
        return Refusal(failure(403, "forbidden", kinds.Forbidden.default_message), status=403)
    if isinstance(exc, RequestDataTooBig):
        return Refusal(failure(413, "too_large", kinds.TooLarge.default_message), status=413)
    if isinstance(exc, SuspiciousOperation):
        return Refusal(failure(400, "bad_request", "The request cannot be read"), status=400)
    request = context.get("request")
    if isinstance(exc, OperationalError):
        logger.error("the database did not answer: %s", exc)
        body = failure(503, "database_unavailable", "The shop is busy. Try again in a moment")
        return Refusal(body, status=503, headers={"Retry-After": "2"})
    if isinstance(exc, IntegrityError) and _is_gone(getattr(request, "user", None)):
        return _domain(kinds.NotSignedIn("This account does not exist any more"))
    _report(exc, getattr(request, "_request", request))
    return Refusal(failure(500, "server_error", CRASHED), status=500)


def _is_gone(user: Any) -> bool:
    """Say whether the caller's account was deleted while he was being served, so that nothing can refer to it any more."""
    return bool(user and user.is_authenticated and not type(user)._default_manager.filter(pk=user.pk).exists())


def _domain(exc: kinds.DomainError) -> Refusal:
    if exc.errors:
        errors = {field: [words] for field, words in exc.errors.items()}
        return Refusal(failure(400, exc.code, "Validation failed", errors=errors, details=exc.details), status=400)
    status = next(status for kind, status in STATUS if isinstance(exc, kind))
    headers: dict[str, str] = {}
    if isinstance(exc, kinds.GatewayDown | kinds.TooManyRequests):
        headers["Retry-After"] = str(exc.retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    refusal = Refusal(failure(status, exc.code, exc.message, details=exc.details), status=status, headers=headers)
    cookies.drop(refusal, *exc.clears_cookies)
    return refusal


def _framework(exc: drf.APIException) -> Refusal:
    headers: dict[str, str] = {}
    if isinstance(exc, drf.ValidationError):
        return Refusal(failure(400, "invalid", "Validation failed", errors=dict(_fields(exc.detail))), status=400)
    if isinstance(exc, drf.NotAuthenticated | drf.AuthenticationFailed):
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    if isinstance(exc, drf.Throttled):
        headers["Retry-After"] = str(int(getattr(exc, "wait", None) or 1))
    code = exc.get_codes()
    body = failure(exc.status_code, code if isinstance(code, str) else "invalid", str(exc.detail))
    return Refusal(body, status=exc.status_code, headers=headers)


def _fields(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield `address.line1: [messages]` for each leaf of the REST framework's nested errors."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _fields(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        for index, inner in enumerate(detail):
            yield from _fields(inner, f"{path}.{index}")
    else:
        yield path or "non_field_errors", [str(text) for text in (detail if isinstance(detail, list) else [detail])]


def _report(exc: BaseException, request: HttpRequest | None) -> None:
    logger.error("%s at %s", type(exc).__name__, getattr(request, "path", "?"), exc_info=exc)
    got_request_exception.send(sender=None, request=request)


class ErrorsMiddleware:
    """Answers what is wrong before any view, and crashes outside of the REST framework, in the one shape, with DEBUG on too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            request.get_host()
        except DisallowedHost:
            return refuse(400, "bad_host", "This host is not served here")
        if request.META.get("HTTP_TRANSFER_ENCODING") and not request.META.get("CONTENT_LENGTH"):
            return refuse(411, "length_required", "Send the body with its Content-Length")  # WSGI knows no other end of a body
        if request.META.get("HTTP_X_MARKET"):
            try:
                named(request.META["HTTP_X_MARKET"])
            except UnknownMarket as unknown:
                return refuse(400, unknown.code, unknown.message, details=unknown.details)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the answer to what a view outside of the REST framework raised; the admin keeps Django's own pages."""
        if request.path_info.startswith(f"/{settings.ADMIN_PATH}"):
            return None
        refusal = exception_handler(exception, {"request": request})
        headers = dict(refusal.headers) | {"Content-Type": "application/json"}
        return HttpResponse(encode(refusal.data), status=refusal.status_code, headers=headers)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No route answers this address."""
    return refuse(404, "not_found", "Not found")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The request cannot be read."""
    return refuse(400, "bad_request", "The request cannot be read")


def server_error(request: HttpRequest) -> HttpResponse:
    """A crash outside of any view."""
    return refuse(500, "server_error", CRASHED)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The admin's form came without its token."""
    return refuse(403, "csrf_failed", "The form has expired or came from another site. Go back, reload and try again")
