"""One log line for each request, and its count for `/metrics`."""

import logging
import re
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject, empty

from core import metrics
from core.redaction import shorten

logger = logging.getLogger("shop.access")
PARAMETER = re.compile(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>")
UNKNOWN = "unknown"
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class AccessMiddleware:
    """Logs and counts what was asked, by whom, how it was answered, and how long that took.

    The line holds the path, but neither the query string nor what a client sent, so no personal data. Django's own line for an
    answer of 5xx is left out, because it comes when the id of the request is gone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        start = time.perf_counter()
        response = self.get_response(request)
        seconds = time.perf_counter() - start
        route = get_route(request)
        _count(request, response, route, seconds)
        if settings.ACCESS_LOG:
            _log(request, response.status_code, route, seconds)
        response._has_been_logged = True  # type: ignore[attr-defined]  # read by django.utils.log.log_response
        return response


def _count(request: HttpRequest, response: HttpResponse, route: str, seconds: float) -> None:
    method = request.method if request.method in METHODS else "other"
    try:
        metrics.observe_request(method or "other", route, response.status_code, seconds, code=_get_code(response))
        if "pool" in connection.settings_dict["OPTIONS"]:
            metrics.observe_pool(connection.pool.get_stats())  # type: ignore[attr-defined]  # of PostgreSQL alone
    except Exception as error:  # noqa: BLE001 - the files of the counts may be full, damaged or gone; the answer stands
        logger.warning("a request was not counted for /metrics: %s", error)


def _log(request: HttpRequest, status: int, route: str, seconds: float) -> None:
    milliseconds = round(seconds * 1000, 1)
    fields = {"method": shorten(request.method or "", 20), "route": route, "status": status, "ms": milliseconds}
    user_id, number = _get_user_id(request), _get_order_number(request)
    if user_id is not None:
        fields["user_id"] = user_id
    if number:
        fields["order"] = number
    logger.info("%s %s %d %s ms", fields["method"], shorten(request.path), status, milliseconds, extra=fields)


def _get_code(response: HttpResponse) -> str:
    """Return the code of a refusal; an empty string for every other answer."""
    code = getattr(response, "refusal_code", "")
    if not code and response.status_code >= 400:
        data = getattr(response, "data", None)
        code = data.get("code", "") if isinstance(data, dict) else ""
    return str(code)


def get_route(request: HttpRequest) -> str:
    """Return the URL pattern that matched, such as `/api/products/{pk}/`; `unknown` if none did but the last, which takes all."""
    match = request.resolver_match
    return _format_route(match.route) if match is not None and match.route else UNKNOWN


@lru_cache(maxsize=1024)
def _format_route(route: str) -> str:
    named = PARAMETER.sub(lambda match: f"{{{match[1] or match[2]}}}", route)
    return "/" + named.replace("/?$", "/").translate(str.maketrans("", "", "^$?\\")).lstrip("/")


def _get_user_id(request: HttpRequest) -> Any:
    """Return the caller's id if the view has asked who they are; never ask the database for it."""
    user = getattr(request, "user", None)
    if isinstance(user, SimpleLazyObject) and user.__dict__["_wrapped"] is empty:
        return None
    return getattr(user, "pk", None)


def _get_order_number(request: HttpRequest) -> str:
    match = request.resolver_match
    return shorten(str(match.kwargs.get("number", "")), 20) if match is not None else ""
