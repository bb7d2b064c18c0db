"""Addresses that exist in tests only: each does something that no view of the shop should do."""

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
KINDS: dict[str, Callable[[], DomainError]] = {
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
RAISED: dict[str, Callable[[], Exception]] = {
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
def refused(request: Request, kind: str) -> Response:
    """Raise a refusal of this kind."""
    raise KINDS[kind]()


@api_view(["GET", "POST"])
@permission_classes([AllowAny])
def raised(request: Request, what: str) -> Response:
    """Raise this exception inside of the REST framework."""
    raise RAISED[what]()


def plainly_raised(request: HttpRequest, what: str) -> HttpResponse:
    """Raise this exception outside of the REST framework."""
    raise RAISED[what]()


@api_view(["GET"])
@permission_classes([AllowAny])
def unwrapped(request: Request) -> Response:
    """Return what a view returns that does not know the envelope."""
    return Response({"a": 1})


@api_view(["GET"])
@permission_classes([AllowAny])
def unwrapped_refusal(request: Request) -> Response:
    """Return a refusal as a view returns it that does not know the envelope."""
    return Response("No tea", status=418)


@api_view(["GET"])
@permission_classes([AllowAny])
def wrapped(request: Request) -> Response:
    """Return all that a Reply can carry."""
    return Reply([1], "Here it is", status=201, warnings=["Beware"], extra={"owner": "ada"})


@api_view(["GET"])
@permission_classes([AllowAny])
def unwritable(request: Request) -> Response:
    """Return an amount that was not made text."""
    return Reply({"price": Decimal("1.50")})


urlpatterns = [
    path("api/refused/<slug:kind>/", refused),
    path("api/raised/<slug:what>/", raised),
    path("api/plain/<slug:what>/", plainly_raised),
    path("api/unwrapped/", unwrapped),
    path("api/unwrapped-refusal/", unwrapped_refusal),
    path("api/wrapped/", wrapped),
    path("api/unwritable/", unwritable),
    path("admin/plain/<slug:what>/", plainly_raised),
]
