"""What belongs to no app: the shop's public configuration, and the probes."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from carts.models import MAX_LINES, MAX_QUANTITY
from core import markets, money
from core.http.envelope import Refusal, Reply, encode, failure, success
from core.http.openapi import api_schema
from core.http.renderers import EnvelopeRenderer
from core.pagination import MAX_PAGE_SIZE
from pricing import breakdown


class ShippingResponse(serializers.Serializer[Any]):
    """What sending costs, so that a buyer is shown the total before he orders."""

    flat = serializers.CharField()
    free_from = serializers.CharField(allow_null=True, help_text="the subtotal from which it is free; null: never")


class MarketResponse(serializers.Serializer[Any]):
    """A market."""

    code = serializers.CharField()
    currency = serializers.CharField()
    exponent = serializers.IntegerField(help_text="digits behind the point")
    is_default = serializers.BooleanField()
    shipping = ShippingResponse()


class LimitsResponse(serializers.Serializer[Any]):
    """What a client need not find out by refusals."""

    max_quantity = serializers.IntegerField()
    max_lines = serializers.IntegerField()
    max_page_size = serializers.IntegerField()


class ConfigResponse(serializers.Serializer[Any]):
    """What a shop front needs to know before it begins."""

    shop_name = serializers.CharField()
    markets = MarketResponse(many=True)
    payment_methods = serializers.ListField(child=serializers.CharField())
    stripe_publishable_key = serializers.CharField(allow_null=True)
    google_client_id = serializers.CharField(allow_null=True)
    phone_sign_in = serializers.BooleanField(help_text="whether codes can be sent by text message")
    limits = LimitsResponse()


class ConfigViewSet(ViewSet):
    """The shop's public configuration."""

    permission_classes = [AllowAny]
    ignores_bad_cookie = True

    @api_schema(ConfigResponse)
    def list(self, request: Request) -> Reply:
        """Get what a shop front needs to know before it begins."""
        reply = Reply(
            {
                "shop_name": settings.SHOP_NAME,
                "markets": [_market(market) for market in markets.table().values()],
                "payment_methods": ["cod", "stripe"] if settings.STRIPE_SECRET_KEY else ["cod"],
                "stripe_publishable_key": settings.STRIPE_PUBLISHABLE_KEY or None,
                "google_client_id": settings.GOOGLE_CLIENT_ID.partition(",")[0] or None,
                "phone_sign_in": bool(settings.SMS_BACKEND),
                "limits": {"max_quantity": MAX_QUANTITY, "max_lines": MAX_LINES, "max_page_size": MAX_PAGE_SIZE},
            }
        )
        reply["Cache-Control"] = "public, max-age=60"
        return reply


def _market(market: markets.Market) -> dict[str, Any]:
    flat, free_from = breakdown.shipping(market)
    return {
        "code": market.code,
        "currency": market.currency,
        "exponent": market.exponent,
        "is_default": market.is_default,
        "shipping": {
            "flat": money.text(flat, market.currency),
            "free_from": None if free_from is None else money.text(free_from, market.currency),
        },
    }


class OneResponse:
    """For drf-spectacular's views, which answer a schema or a page: a refusal of theirs is JSON in the one shape all the same."""

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Render a refusal as every other."""
        response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]  # a mixin of APIView
        if isinstance(response, Refusal):
            response.accepted_renderer = EnvelopeRenderer()
            response.accepted_media_type = "application/json"
        return response


class SchemaView(OneResponse, SpectacularJSONAPIView):
    """The OpenAPI schema."""


class DocsView(OneResponse, SpectacularSwaggerSplitView):
    """The interactive reference; its assets are served by this host."""


def healthz(request: HttpRequest) -> HttpResponse:
    """The process lives."""
    return HttpResponse(encode(success(None, "OK")), content_type="application/json")


def readyz(request: HttpRequest) -> HttpResponse:
    """The process can serve: the database answers and is migrated, the cache answers."""
    broken = _broken()
    if broken:
        body = failure(503, "not_ready", f"Not ready: {broken}")
        return HttpResponse(encode(body), status=503, content_type="application/json")
    return HttpResponse(encode(success(None, "OK")), content_type="application/json")


def _broken() -> str:
    """Return what is missing, or an empty text."""
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations are pending"
    except DatabaseError:
        return "the database does not answer"
    try:
        cache.get("readyz")
    except Exception:  # noqa: BLE001 - each cache backend has its own errors
        return "the cache does not answer"
    return ""
