"""Views that belong to no app: the public configuration, and the API schema."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from threading import Lock
from typing import Any, ClassVar

from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.static import serve
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from carts.models import MAX_LINES, MAX_QUANTITY
from core import markets, money
from core.countries import get_market_country
from core.http.envelope import Refusal, Reply
from core.http.openapi import api_schema
from core.http.renderers import EnvelopeRenderer
from core.pagination import MAX_PAGE_SIZE
from core.shop_settings.shop import get_profile
from orders.address_forms import list_address_forms
from orders.models import Order
from pricing.delivery import lookup
from pricing.delivery.methods import Method


class ShippingRateResponse(serializers.Serializer[Any]):
    """Shipping costs, so that a shop front can show the total before the order is placed."""

    flat = serializers.CharField()
    free_from = serializers.CharField(allow_null=True, help_text="the subtotal from which shipping is free; null if it never is")


class MarketResponse(serializers.Serializer[Any]):
    """A market."""

    code = serializers.CharField()
    currency = serializers.CharField()
    exponent = serializers.IntegerField(help_text="digits after the decimal point")
    country = serializers.CharField(help_text="ISO code; empty if the market is not a country, such as `eu`")
    is_default = serializers.BooleanField()
    shipping = ShippingRateResponse(allow_null=True, help_text="of the cheapest method; null if it depends on address or weight")


class LimitsResponse(serializers.Serializer[Any]):
    """Limits that clients should respect."""

    max_quantity = serializers.IntegerField()
    max_lines = serializers.IntegerField()
    max_page_size = serializers.IntegerField()


class ShopConfigResponse(serializers.Serializer[Any]):
    """The configuration that a shop front needs at start-up."""

    shop_name = serializers.CharField()
    shop_address = serializers.CharField(allow_null=True, help_text="the postal address, with line breaks")
    contact_email = serializers.CharField(allow_null=True)
    contact_phone = serializers.CharField(allow_null=True, help_text="as shoppers should read it")
    markets = MarketResponse(many=True)
    payment_methods = serializers.ListField(child=serializers.ChoiceField(Order.Method.choices))
    stripe_publishable_key = serializers.CharField(allow_null=True)
    google_client_id = serializers.CharField(allow_null=True)
    phone_sign_in = serializers.BooleanField(help_text="whether sign-in codes can be sent by text message")
    limits = LimitsResponse()


class AddressFormResponse(serializers.Serializer[Any]):
    """What an address form of a country asks for."""

    code = serializers.CharField(help_text="ISO code")
    name = serializers.CharField()
    fields = serializers.ListField(child=serializers.CharField(), help_text="the fields in use, of `address`")  # type: ignore[assignment]
    required = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]
    labels = serializers.DictField(
        child=serializers.CharField(), help_text="what `city`, `state` and `postal_code` are called there"
    )
    postal_code_example = serializers.CharField(help_text="empty if there is none")


class ConfigViewSet(ViewSet):
    """The shop's public configuration."""

    permission_classes = [AllowAny]
    ignores_bad_cookie = True
    schema_tag = "Configuration"

    @api_schema(ShopConfigResponse, operation_id="get_config")
    def list(self, request: Request) -> Reply:
        """Get the configuration that a shop front needs at start-up."""
        profile, methods = get_profile(), _find_methods()
        reply = Reply(
            {
                "shop_name": profile.name,
                "shop_address": profile.address or None,
                "contact_email": profile.email or None,
                "contact_phone": profile.phone or None,
                "markets": [_serialize_market(market, methods[code]) for code, market in markets.get_markets().items()],
                "payment_methods": ["cod", "stripe"] if settings.STRIPE_SECRET_KEY else ["cod"],
                "stripe_publishable_key": settings.STRIPE_PUBLISHABLE_KEY or None,
                "google_client_id": settings.GOOGLE_CLIENT_ID.partition(",")[0] or None,
                "phone_sign_in": bool(settings.SMS_BACKEND),
                "limits": {"max_quantity": MAX_QUANTITY, "max_lines": MAX_LINES, "max_page_size": MAX_PAGE_SIZE},
            }
        )
        reply["Cache-Control"] = "public, max-age=60"
        return reply

    @api_schema(AddressFormResponse(many=True), operation_id="list_countries")
    @action(detail=False, methods=["get"])
    def countries(self, request: Request) -> Reply:
        """List all countries by name, and what an address form of each asks for."""
        reply = Reply([asdict(form) for form in list_address_forms()])
        reply["Cache-Control"] = "public, max-age=3600"
        return reply


def _find_methods() -> Mapping[str, Sequence[Method]]:
    """Return the general methods by market; none if the database is down, which nothing else of the configuration needs."""
    try:
        return lookup.list_general_methods(markets.get_markets().values())
    except OperationalError:
        return dict.fromkeys(markets.get_markets(), ())


def _serialize_market(market: markets.Market, methods: Sequence[Method]) -> dict[str, Any]:
    cheapest = next(iter(methods), None)
    return {
        "code": market.code,
        "currency": market.currency,
        "exponent": market.exponent,
        "country": get_market_country(market),
        "is_default": market.is_default,
        "shipping": None
        if cheapest is None or cheapest.price_per_kg
        else {
            "flat": money.format_minor(cheapest.price, market.currency),
            "free_from": None if cheapest.free_from is None else money.format_minor(cheapest.free_from, market.currency),
        },
    }


class EnvelopedRefusalMixin:
    """For drf-spectacular's views, which return a schema or a page: renders errors and OPTIONS as JSON in the envelope."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Render errors, and the answer to OPTIONS, in the envelope."""
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]  # a mixin of APIView
        if isinstance(response, Refusal) or request.method == "OPTIONS":
            response.accepted_renderer = EnvelopeRenderer()
            response.accepted_media_type = "application/json"
        return response


class SchemaView(EnvelopedRefusalMixin, SpectacularJSONAPIView):
    """The OpenAPI schema. Generating it takes a second and is not thread-safe, so each process does it once, in one thread."""

    lock = Lock()
    generated: ClassVar[dict[str, Any]] = {}

    def _get_schema_response(self, request: Request) -> Response:
        with self.lock:
            if not self.generated:
                self.generated.update(self.generator_class().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]
        return Response(self.generated, headers={"Content-Disposition": 'inline; filename="Shop API.json"'})


class DocsView(EnvelopedRefusalMixin, SpectacularSwaggerSplitView):
    """The interactive API reference; this host serves its assets."""


def serve_media(request: HttpRequest, path: str) -> HttpResponseBase:
    """A local image, for development; in production the proxy serves it, with the same headers (docs/deployment.md).

    Images are public, so pages of every origin may read them, also on a canvas or by `fetch`.
    """
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
