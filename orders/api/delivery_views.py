"""`/api/cart/delivery/`: where the caller's cart is to be delivered, how, and at which total with each payment method."""

from typing import Any

from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from carts import delivery, selectors
from carts.api import access
from carts.api.inputs import GuestKeyInput
from carts.api.responses import CartChangeExtraResponse, CartDeliveryResponse, CartExtraResponse
from carts.delivery import DeliveryChoice
from carts.exceptions import CartBusy, UnreadableCookie
from carts.identity import CartRef
from carts.models import Cart
from core.actors import get_actor
from core.countries import find_country_code
from core.http.envelope import Reply
from core.http.openapi import api_schema
from core.http.openapi.headers import GUEST_KEYS, MARKET
from core.http.throttles import CallThrottle, WriteThrottle
from orders import cash_rules
from orders.api.address_inputs import SPELLINGS
from orders.models import MAX_ADDRESS_LENGTHS, Order
from orders.placement import cart_quotes
from pricing.api.responses import ShippingMethodResponse
from pricing.exceptions import CountryNeeded, MethodUnavailable, PostalCodeInvalid, PostalCodeNeeded, StateNeeded
from pricing.models import MAX_METHOD_CODE

PAYMENT_REASONS = ["cod_unavailable", "not_serviceable", "amount_not_chargeable"]
PLACE_FIELDS = ("country", "postal_code", "state")


class DeliveryInput(GuestKeyInput):
    """A place and a shipping method; what is absent stays as it is."""

    aliases = {
        **{alias: field for field in PLACE_FIELDS for alias in SPELLINGS[field] if alias != field},
        **dict.fromkeys(("shipping_method", "shippingMethod", "delivery_method"), "method"),
    }

    country = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=60, help_text="ISO 3166 code or English name"
    )
    postal_code = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=MAX_ADDRESS_LENGTHS["postal_code"]
    )
    state = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=MAX_ADDRESS_LENGTHS["state"])
    method = serializers.CharField(
        required=False, allow_blank=True, allow_null=True, max_length=MAX_METHOD_CODE, help_text="code; empty: the cheapest"
    )

    def validate_country(self, value: str | None) -> str:
        """Return the code of the country. Raises ValidationError."""
        code = find_country_code(value) if value else ""
        if value and not code:
            raise serializers.ValidationError(CountryNeeded.default_message)
        return code


class PaymentReasonResponse(serializers.Serializer[Any]):
    """Why a payment method cannot be used."""

    code = serializers.ChoiceField(PAYMENT_REASONS)
    text = serializers.CharField(help_text="a sentence for people")


class PaymentQuoteResponse(serializers.Serializer[Any]):
    """What the cart costs with a payment method; the amounts are null if it cannot be used."""

    payment_method = serializers.ChoiceField(Order.Method.choices)
    available = serializers.BooleanField()
    reason = PaymentReasonResponse(allow_null=True)
    fee = serializers.CharField(allow_null=True)
    discount_total = serializers.CharField(allow_null=True, help_text="of items and shipping")
    total = serializers.CharField(allow_null=True, help_text="what an order would cost; send it as its expected_total")


class MethodQuoteResponse(ShippingMethodResponse):
    """A shipping method with the totals of the cart."""

    payments = PaymentQuoteResponse(many=True)


class DeliveryQuotesResponse(CartDeliveryResponse):
    """Where the cart can be delivered, how, and what it costs."""

    cod = serializers.BooleanField(help_text="whether Cash on Delivery is possible with any method")
    methods = MethodQuoteResponse(many=True, help_text="cheapest first")


class CartDeliveryViewSet(GenericViewSet[Cart]):
    """Where the caller's cart is to be delivered, and how."""

    permission_classes = [AllowAny]
    throttle_classes = [CallThrottle, WriteThrottle]
    write_scope = "cart_write"
    queryset = Cart.objects.none()
    serializer_class = DeliveryQuotesResponse
    schema_tag = "Cart"
    schema_parameters = (MARKET, *GUEST_KEYS)
    response_headers = ("X-Cart-Token", "X-Session-Key")
    schema_refusals = (UnreadableCookie,)

    @api_schema(DeliveryQuotesResponse, extra=CartExtraResponse, operation_id="get_cart_delivery")
    def list(self, request: Request) -> Reply:
        """Get the shipping methods for the cart, each with the total for each payment method."""
        ref = selectors.get_cart_ref(access.get_cart_owner(request))
        data = cart_quotes.describe(ref, offers_cash=self._offers_cash(request, ref))
        return access.set_guest_key(request, Reply(data, extra=access.serialize_owner_fields(ref)), ref)

    @api_schema(
        DeliveryQuotesResponse,
        request=DeliveryInput,
        extra=CartChangeExtraResponse,
        operation_id="choose_cart_delivery",
        refusals=(CountryNeeded, StateNeeded, PostalCodeNeeded, PostalCodeInvalid, MethodUnavailable, CartBusy),
        reply="DeliveryChoiceReply",
    )
    def create(self, request: Request) -> Reply:
        """Choose where the cart is to be delivered, and with which shipping method."""
        serializer = DeliveryInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields = serializer.validated_data
        values = {name: (fields[name] or "").strip() if name in fields else None for name in (*PLACE_FIELDS, "method")}
        chosen = delivery.choose(get_actor(request), access.get_cart_owner(request), DeliveryChoice(**values))
        reply = access.build_change_reply(request, chosen.ref, "Delivery saved")
        offers_cash = self._offers_cash(request, chosen.ref)
        reply.data = cart_quotes.describe_lines(chosen.ref, chosen.lines, chosen.selection, offers_cash=offers_cash)
        return reply

    def _offers_cash(self, request: Request, ref: CartRef) -> bool:
        user = request.user
        return not user.is_authenticated or cash_rules.is_cash_offered(ref.market.code, user)
