"""`/api/orders/<number>/`: confirming the phone of a Cash on Delivery order."""

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts.api.access import get_client_info
from accounts.api.inputs import CodeField
from accounts.api.responses import CODE_SENT, CodeSentResponse
from accounts.exceptions import SmsUnavailable
from core.absolute_urls import get_site_url
from core.actors import get_actor
from core.http.envelope import Reply
from core.http.inputs import Input
from core.http.openapi import api_schema
from core.http.openapi.headers import ORDER_TOKEN
from core.http.parsers import get_body
from core.http.throttles import CallThrottle, WriteThrottle
from orders import selectors
from orders.api.responses import OrderResponse
from orders.api.views import OrderViewSet, get_order_token
from orders.exceptions import InvalidTransition, OrderNotFound, PhoneCodeInvalid, PhoneCodeNotPossible
from orders.fulfilment import phone_confirmation
from orders.models import Order


class ConfirmPhoneInput(Input):
    """The code that was sent to the phone of the order."""

    aliases = {"code": "verification_code"}

    verification_code = CodeField()


class PhoneConfirmationViewSet(GenericViewSet[Order]):
    """Confirms the phone of an order that waits for it (`phone_confirm_until`)."""

    permission_classes = [AllowAny]
    throttle_classes = [CallThrottle, WriteThrottle]
    write_scope = "checkout"
    queryset = Order.objects.none()
    serializer_class: type[serializers.Serializer[Order]] = OrderResponse
    schema_tag = "Orders"
    lookup_field = OrderViewSet.lookup_field
    lookup_value_regex = OrderViewSet.lookup_value_regex

    @api_schema(
        CodeSentResponse,
        statuses=(202,),
        parameters=[ORDER_TOKEN],
        operation_id="send_order_phone_code",
        refusals=(OrderNotFound, InvalidTransition, PhoneCodeNotPossible, SmsUnavailable),
    )
    @action(detail=True, methods=["post"], url_path="send-phone-code")
    def send_phone_code(self, request: Request, number: str) -> Reply:
        """Send a code to the phone of an order that waits for it. It confirms this order and does not sign in."""
        get_body(request)
        order = self._get_order(request, number)
        phone_confirmation.send_code(get_actor(request), order, get_client_info(request._request))
        return Reply(CODE_SENT, "Code sent", status=202)

    @api_schema(
        OrderResponse,
        request=ConfirmPhoneInput,
        parameters=[ORDER_TOKEN],
        operation_id="confirm_order_phone",
        refusals=(OrderNotFound, InvalidTransition, PhoneCodeNotPossible, PhoneCodeInvalid),
    )
    @action(detail=True, methods=["post"], url_path="confirm-phone")
    def confirm_phone(self, request: Request, number: str) -> Reply:
        """Confirm the phone of an order by the code that was sent to it, so that the order can be packed."""
        serializer = ConfirmPhoneInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        code, client = serializer.validated_data["verification_code"], get_client_info(request._request)
        phone_confirmation.confirm_by_code(get_actor(request), self._get_order(request, number), code, client)
        order = self._get_order(request, number)
        return Reply(selectors.serialize_prefetched_order(order, get_site_url(request._request)), "Phone number confirmed")

    def _get_order(self, request: Request, number: str) -> Order:
        return selectors.get_order(number, user_id=request.user.pk, token=get_order_token(request))
