"""Converts exceptions to HTTP responses: the only place that knows both."""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions as drf

from core import exceptions as kinds
from core.http import cookies
from core.http.content_length import TIMEOUT_MESSAGE
from core.http.credentials import KEY_HEADERS
from core.http.envelope import NON_FIELD, Refusal, encode, failure, refuse
from core.http.refusal_log import LOGGED_STATUSES, log_refusal
from core.limits import MAX_PATH, MAX_QUERY
from core.markets import UnknownMarket, get_market
from core.redaction import shorten
from core.sqlstates import QUERY_CANCELED, get_sqlstate

logger = logging.getLogger("shop.errors")

STATUS_BY_KIND: tuple[tuple[type[kinds.DomainError], int], ...] = (
    (kinds.Invalid, 400),
    (kinds.NotSignedIn, 401),
    (kinds.Forbidden, 403),
    (kinds.NotFound, 404),
    (kinds.Conflict, 409),
    (kinds.PreconditionFailed, 412),
    (kinds.TooLarge, 413),
    (kinds.KeyReused, 422),
    (kinds.TooManyRequests, 429),
    (kinds.GatewayRefused, 502),
    (kinds.GatewayDown, 503),
)
INVALID_MESSAGE = "Validation failed"
QUERY_TIMEOUT_MESSAGE = "This took too long. Ask for less at once, or try again in a moment"
SERVER_ERROR_MESSAGE = "Something went wrong on our side"


def exception_handler(exc: Exception, context: dict[str, Any]) -> Refusal:
    """Return the response to an exception in a view; unexpected exceptions are logged and answered with 500."""
    refusal = _build_refusal(exc, context)
    request = context.get("request")
    if refusal.status_code in LOGGED_STATUSES and request is not None:
        log_refusal(request, refusal.status_code, getattr(exc, "scope", "") or refusal.data["code"])
    return refusal


def _build_refusal(exc: Exception, context: dict[str, Any]) -> Refusal:
    if isinstance(exc, kinds.DomainError):
        return _refuse_domain_error(exc)
    if isinstance(exc, drf.APIException):
        return _refuse_api_exception(exc)
    if isinstance(exc, Http404):
        return Refusal(failure(404, "not_found", "Not found"), status=404)
    if isinstance(exc, PermissionDenied):
        return Refusal(failure(403, "forbidden", kinds.Forbidden.default_message), status=403)
    if isinstance(exc, RequestDataTooBig):
        return Refusal(failure(413, "too_large", kinds.TooLarge.default_message), status=413)
    if isinstance(exc, SuspiciousOperation):
        return Refusal(failure(400, "bad_request", "The request cannot be read"), status=400)
    if isinstance(exc, UnreadablePostError):
        return _refuse_unread_body(exc)
    request = context.get("request")
    if isinstance(exc, OperationalError):
        return _refuse_database_error(exc)
    if isinstance(exc, IntegrityError) and _is_deleted(getattr(request, "user", None)):
        return _refuse_domain_error(kinds.NotSignedIn("This account no longer exists"))
    _report(exc, getattr(request, "_request", request))
    return Refusal(failure(500, "server_error", SERVER_ERROR_MESSAGE), status=500)


def _refuse_database_error(exc: OperationalError) -> Refusal:
    """Refuse a request that the database could not answer, or not in time."""
    if get_sqlstate(exc) == QUERY_CANCELED:
        logger.error("a statement was ended by its time limit: %s", exc)
        return Refusal(failure(503, "query_timeout", QUERY_TIMEOUT_MESSAGE), status=503, headers={"Retry-After": "2"})
    logger.error("the database is unavailable: %s", exc)
    body = failure(503, "database_unavailable", "The shop is busy. Try again in a moment")
    return Refusal(body, status=503, headers={"Retry-After": "2"})


def _refuse_unread_body(exc: UnreadablePostError) -> Refusal:
    """Refuse a body that arrived too slowly (store/web_worker.py), or not at all because the client is gone."""
    if isinstance(exc.__cause__, TimeoutError):
        return Refusal(failure(408, "request_timeout", TIMEOUT_MESSAGE), status=408)
    return Refusal(failure(400, "bad_request", "The request cannot be read"), status=400)


def get_status(kind: type[kinds.DomainError]) -> int:
    """Return the HTTP status of a domain error that names no field."""
    return next(status for base, status in STATUS_BY_KIND if issubclass(kind, base))


def _summarize_errors(errors: Mapping[str, list[str]]) -> str:
    """Return the message of a failed validation: the sentence of the only field, if there is one."""
    sentences = next(iter(errors.values())) if len(errors) == 1 else []
    return sentences[0] if sentences else INVALID_MESSAGE


def _is_deleted(user: Any) -> bool:
    """Return whether the caller's account was deleted during the request, so that no row can reference it."""
    return bool(user and user.is_authenticated and not type(user)._default_manager.filter(pk=user.pk).exists())


def _refuse_domain_error(exc: kinds.DomainError) -> Refusal:
    if exc.errors:
        errors = {field: [message] for field, message in exc.errors.items()}
        message = exc.field_message or _summarize_errors(errors)
        return Refusal(failure(400, exc.code, message, errors=errors, details=exc.details), status=400)
    status = get_status(type(exc))
    headers: dict[str, str] = {}
    if isinstance(exc, kinds.GatewayDown | kinds.TooManyRequests):
        headers["Retry-After"] = str(exc.retry_after)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    refusal = Refusal(failure(status, exc.code, exc.message, details=exc.details), status=status, headers=headers)
    cookies.delete_cookies(refusal, *exc.clears_cookies)
    return refusal


def _refuse_api_exception(exc: drf.APIException) -> Refusal:
    headers: dict[str, str] = {}
    if isinstance(exc, drf.ValidationError):
        errors = dict(_flatten_errors(exc.detail))
        return Refusal(failure(400, "invalid", _summarize_errors(errors), errors=errors), status=400)
    if isinstance(exc, drf.NotAuthenticated | drf.AuthenticationFailed):
        headers["WWW-Authenticate"] = 'Bearer realm="api"'
    if isinstance(exc, drf.Throttled):
        headers["Retry-After"] = str(int(getattr(exc, "wait", None) or 1))
    code = exc.get_codes()
    body = failure(exc.status_code, code if isinstance(code, str) else "invalid", str(exc.detail))
    return Refusal(body, status=exc.status_code, headers=headers)


def _flatten_errors(detail: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield `address.line1: [messages]` for each leaf of the REST framework's nested errors."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _flatten_errors(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        for index, inner in enumerate(detail):
            yield from _flatten_errors(inner, f"{path}.{index}")
    else:
        yield path or NON_FIELD, [str(text) for text in (detail if isinstance(detail, list) else [detail])]


def _report(exc: BaseException, request: HttpRequest | None) -> None:
    logger.error("%s at %s", type(exc).__name__, shorten(getattr(request, "path", "?")), exc_info=exc)
    got_request_exception.send(sender=None, request=request)


class ErrorsMiddleware:
    """Answers malformed requests and exceptions outside of the REST framework with the envelope, also with DEBUG."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if len(request.path) > MAX_PATH or len(request.META.get("QUERY_STRING", "")) > MAX_QUERY:
            return refuse(414, "url_too_long", "The address is too long")
        unreadable = next((name for key, name in KEY_HEADERS.items() if not request.META.get(key, "").isascii()), None)
        if unreadable is not None:
            return refuse(400, "invalid_header", f"{unreadable} holds characters outside ASCII", details={"header": unreadable})
        if request.META.get("HTTP_X_MARKET"):
            try:
                get_market(request.META["HTTP_X_MARKET"])
            except UnknownMarket as error:
                return refuse(400, error.code, error.message, details=error.details)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the response to an exception outside of REST framework views.

        The admin keeps Django's own pages, unless a body or the database's answer did not arrive: neither is a fault of the page.
        """
        is_outside = isinstance(exception, UnreadablePostError | OperationalError)
        if request.path_info.startswith(f"/{settings.ADMIN_PATH}") and not is_outside:
            return None
        refusal = exception_handler(exception, {"request": request})
        headers = dict(refusal.headers) | {"Content-Type": "application/json"}
        return HttpResponse(encode(refusal.data), status=refusal.status_code, headers=headers)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Handle an unknown URL."""
    return refuse(404, "not_found", "Not found")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Handle a malformed request."""
    return refuse(400, "bad_request", "The request cannot be read")


def server_error(request: HttpRequest) -> HttpResponse:
    """Handle an exception outside of any view."""
    return refuse(500, "server_error", SERVER_ERROR_MESSAGE)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Handle an admin form without a valid CSRF token."""
    return refuse(403, "csrf_failed", "The form has expired or came from another site. Go back, reload and try again")
