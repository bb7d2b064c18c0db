"""`/api/auth/me/export/`: a copy of the caller's data. It is here because `accounts` knows neither orders nor wishlists."""

from typing import Any

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts.api.access import get_user
from accounts.api.responses import MarketingConsentSerializer, UserSerializer
from accounts.models import User
from carts.api.responses import WishlistItemResponse
from core import rate_limits
from core.absolute_urls import get_site_url
from core.http.envelope import Reply
from core.http.openapi import api_schema
from core.http.openapi.headers import MARKET
from core.markets import get_request_market
from orders.api.responses import OrderResponse, SavedAddressResponse
from orders.personal_data import collect_personal_data


class RedemptionResponse(serializers.Serializer[Any]):
    """A promotion that an order of the caller uses."""

    label = serializers.CharField()  # type: ignore[assignment]  # a serializer's property has the name, too
    code = serializers.CharField(allow_null=True)
    order = serializers.CharField(help_text="number of the order")


class PersonalDataResponse(serializers.Serializer[Any]):
    """A copy of the caller's data."""

    profile = UserSerializer()
    marketing_consents = MarketingConsentSerializer(many=True, help_text="and withdrawals, newest first")
    addresses = SavedAddressResponse(many=True)
    orders = OrderResponse(many=True, help_text="all of them, newest first")
    redemptions = RedemptionResponse(many=True, help_text="promotions that these orders use or have used, newest first")
    wishlist = WishlistItemResponse(many=True)


class PersonalDataViewSet(GenericViewSet[User]):
    """A copy of the caller's data."""

    permission_classes = [IsAuthenticated]
    serializer_class = PersonalDataResponse
    schema_tag = "Account"

    @api_schema(PersonalDataResponse, operation_id="export_me", parameters=[MARKET])
    @action(detail=False, methods=["get"], url_path="me/export")
    def export(self, request: Request) -> Reply:
        """Get a copy of the caller's data, to keep or to take to another shop (GDPR, Article 20)."""
        raw, user = request._request, get_user(request)
        rate_limits.count_call("export", user.pk)
        collected = collect_personal_data(user.pk, get_request_market(raw), get_site_url(raw))
        consents = MarketingConsentSerializer(user.marketing_consents.all(), many=True).data
        reply = Reply({"profile": UserSerializer(user).data, "marketing_consents": consents, **collected})
        reply["Content-Disposition"] = 'attachment; filename="my-data.json"'
        return reply
