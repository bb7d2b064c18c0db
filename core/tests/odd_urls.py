"""URLs for tests only: each view does something that no view of the shop should do."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from rest_framework import serializers
from rest_framework.decorators import api_view, permission_classes
from rest_framework.exceptions import Throttled
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from core.exceptions import (
    Conflict,
    DomainError,
    Forbidden,
    GatewayDown,
    GatewayRefused,
    Invalid,
    KeyReused,
    NotFound,
    NotSignedIn,
    TooLarge,
)
from core.http import handlers
from core.http.envelope import Reply

handler400 = handlers.bad_request
handler404 = handlers.not_found
handler500 = handlers.server_error

SECRET = "the secret 4711 in the message"
DOMAIN_ERRORS: dict[str, Callable[[], DomainError]] = {
    "invalid": lambda: Invalid("No"),
    "not-signed-in": lambda: NotSignedIn("No"),
    "forbidden": lambda: Forbidden("No"),
    "not-found": lambda: NotFound("No"),
    "conflict": lambda: Conflict("No", details={"left": 3}),
    "too-large": lambda: TooLarge("No"),
    "key-reused": lambda: KeyReused("No"),
    "gateway-refused": lambda: GatewayRefused("No"),
    "gateway-down": lambda: GatewayDown("No"),
    "field": lambda: Conflict("No", field="quantity"),
}
NESTED: Any = {
    "address": {"line1": ["Too long"], "geo": {"lat": ["Not a number"]}},
    "items": [{}, {"quantity": ["Too few", "Odd"]}],
}
EXCEPTIONS: dict[str, Callable[[], Exception]] = {
    "crash": lambda: RuntimeError(SECRET),
    "database": lambda: OperationalError(SECRET),
    "missing": lambda: Http404(SECRET),
    "denied": lambda: PermissionDenied(SECRET),
    "suspicious": lambda: SuspiciousOperation(SECRET),
    "nested": lambda: serializers.ValidationError(NESTED),
    "too-big": lambda: RequestDataTooBig(SECRET),
    "throttled": lambda: Throttled(wait=7),
    "listed": lambda: serializers.ValidationError(["Neither of both"]),
}


@api_view(["GET", "POST"])
@permission_classes([AllowAny])
def raise_domain_error(request: Request, kind: str) -> Response:
    """Raise a domain error of this kind."""
    raise DOMAIN_ERRORS[kind]()


@api_view(["GET", "POST"])
@permission_classes([AllowAny])
def raise_in_drf(request: Request, kind: str) -> Response:
    """Raise this exception in a REST framework view."""
    raise EXCEPTIONS[kind]()


def raise_in_django(request: HttpRequest, kind: str) -> HttpResponse:
    """Raise this exception in a plain Django view."""
    raise EXCEPTIONS[kind]()


@api_view(["GET"])
@permission_classes([AllowAny])
def return_plain_response(request: Request) -> Response:
    """Return a plain REST framework response without the envelope."""
    return Response({"a": 1})


@api_view(["GET"])
@permission_classes([AllowAny])
def return_plain_error(request: Request) -> Response:
    """Return a plain REST framework error response without the envelope."""
    return Response("No tea", status=418)


@api_view(["GET"])
@permission_classes([AllowAny])
def return_reply(request: Request) -> Response:
    """Return a Reply with all of its arguments."""
    return Reply([1], "Here it is", status=201, warnings=["Beware"], extra={"owner": "ada"})


@api_view(["GET"])
@permission_classes([AllowAny])
def return_decimal(request: Request) -> Response:
    """Return an amount that was not formatted as text."""
    return Reply({"price": Decimal("1.50")})


urlpatterns = [
    path("api/refused/<slug:kind>/", raise_domain_error),
    path("api/raised/<slug:kind>/", raise_in_drf),
    path("api/plain/<slug:kind>/", raise_in_django),
    path("api/unwrapped/", return_plain_response),
    path("api/unwrapped-refusal/", return_plain_error),
    path("api/wrapped/", return_reply),
    path("api/unwritable/", return_decimal),
    path("admin/plain/<slug:kind>/", raise_in_django),
]
