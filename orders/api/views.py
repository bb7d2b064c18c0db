"""`/api/orders/`: placing and reading orders."""

import re
from dataclasses import replace
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts.api.access import get_user
from accounts.exceptions import EmailInvalid, EmailNotVerified
from carts.api import access as cart_access
from carts.exceptions import CartBusy, UnreadableCookie
from core import rate_limits
from core.absolute_urls import get_site_url
from core.actors import get_actor
from core.exceptions import KeyReused
from core.http import cookies
from core.http.client_ip import get_client_ip
from core.http.envelope import Reply
from core.http.openapi import PaginationResponse, api_schema
from core.http.openapi.headers import GUEST_KEYS, IDEMPOTENCY_KEY, MARKET, ORDER_TOKEN, REQUIRED_ORDER_TOKEN
from core.http.parsers import get_body
from core.http.throttles import CallThrottle, WriteThrottle
from core.pagination import PAGE_PARAMETERS, Cursor, parse_page_size
from orders import selectors
from orders.api.inputs import CancelInput, CreateOrderInput, build_requested_lines
from orders.api.responses import OrderResponse, PaymentVerificationResponse
from orders.exceptions import (
    AddressNotFound,
    AlreadyPaid,
    AmountNotChargeable,
    AmountTooLarge,
    AmountTooSmall,
    CartChanged,
    ContactNeeded,
    EmptyCart,
    InvalidIdempotencyKey,
    InvalidTransition,
    NamedTwice,
    OrderEnded,
    OrderingBlocked,
    OrderNotFound,
    OrderWaits,
    PaymentNotConfigured,
    PaymentProviderUnavailable,
    PaymentSetupFailed,
    TooManyUnpaidOrders,
)
from orders.fulfilment import cancellation, claiming
from orders.models import Order
from orders.payments import sessions
from orders.placement.cart_check import ExpectedCart
from orders.placement.place import place_order
from orders.placement.request import CheckoutRequest
from pricing.exceptions import CodeInvalid, CountryNeeded, PostalCodeNeeded, StateNeeded
from pricing.promotions.codes import normalize_code
from products.exceptions import OutOfStock, VariantNeeded

VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")
SESSION_ID = OpenApiParameter("session_id", OpenApiTypes.STR, required=True, description="from the URL of the page")


def get_idempotency_key(request: Request) -> str:
    """Return the Idempotency-Key header; a blank header counts as absent. Raises InvalidIdempotencyKey."""
    key: str = request._request.META.get("HTTP_IDEMPOTENCY_KEY", "").strip()
    if key and not VISIBLE_ASCII.fullmatch(key):
        raise InvalidIdempotencyKey
    return key


def get_order_token(request: Request) -> str:
    """Return the X-Order-Token header, or an empty string."""
    token: str = request._request.META.get("HTTP_X_ORDER_TOKEN", "")
    return token


def build_checkout_request(request: Request, serializer: CreateOrderInput) -> CheckoutRequest:
    """Build the checkout request from a validated body. The e-mail defaults to the user's."""
    fields = serializer.validated_data
    email = getattr(request.user, "email", None)
    checkout_request = CheckoutRequest(
        method=fields["payment_method"],
        address_id=fields.get("address_id"),
        name=fields.get("name") or "",
        email=fields.get("email") or email or "",
        phone=fields.get("phone") or "",
        note=fields.get("note") or "",
        codes=None if fields.get("codes") is None else tuple(dict.fromkeys(map(normalize_code, fields["codes"]))),
        shipping_method=fields.get("shipping_method") or None,
        is_email_verified=not email or getattr(request.user, "email_verified_at", None) is not None,
        account_contacts=tuple(filter(None, (email, getattr(request.user, "phone", None)))),
        verified_phone=getattr(request.user, "verified_phone", ""),
        expected=ExpectedCart(
            lines=build_requested_lines(fields.get("items")),
            total=fields.get("expected_total"),
            accepts_increases=fields["accept_price_changes"],
            lines_field=serializer.get_sent_name("items"),
        ),
    )
    if checkout_request.address_id is not None:  # the address is looked up with the order
        return checkout_request
    return checkout_request.with_address(fields.get("address") or {}, is_text=isinstance(serializer.get_sent_address(), str))


class OrderViewSet(GenericViewSet[Order]):
    """The caller's orders."""

    permission_classes = [AllowAny]
    write_scope = "checkout"
    queryset = Order.objects.none()
    serializer_class = OrderResponse
    schema_tag = "Orders"
    lookup_field = "number"
    lookup_value_regex = r"[0-9]{6}-[0-9A-Za-z]{6}"

    @api_schema(
        OrderResponse,
        request=CreateOrderInput,
        statuses=(200, 201),
        parameters=[IDEMPOTENCY_KEY, MARKET, *GUEST_KEYS],
        operation_id="place_order",
        refusals=(
            EmptyCart,
            CartChanged,
            CodeInvalid,
            CountryNeeded,
            StateNeeded,
            PostalCodeNeeded,
            OutOfStock,
            VariantNeeded,
            NamedTwice,
            ContactNeeded,
            EmailInvalid,
            EmailNotVerified,
            InvalidIdempotencyKey,
            AmountTooSmall,
            AmountTooLarge,
            AmountNotChargeable,
            AddressNotFound,
            CartBusy,
            TooManyUnpaidOrders,
            OrderWaits,
            OrderEnded,
            OrderingBlocked,
            AlreadyPaid,
            InvalidTransition,
            KeyReused,
            PaymentNotConfigured,
            PaymentProviderUnavailable,
            PaymentSetupFailed,
            UnreadableCookie,
        ),
        response_headers=("Idempotency-Replayed",),
    )
    @action(detail=False, methods=["post"], url_path="create", throttle_classes=[CallThrottle, WriteThrottle])
    def place(self, request: Request) -> Reply:
        """Place an order from the cart. A replay of an earlier request returns its order with 200 instead of 201."""
        serializer = CreateOrderInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        owner = cart_access.get_cart_owner(request)
        checkout_request = build_checkout_request(request, serializer)
        placed = place_order(get_actor(request), owner, checkout_request, get_idempotency_key(request))
        data = selectors.serialize_order(
            placed.order,
            get_site_url(request._request),
            items=placed.items,
            payments=placed.payments,
            adjustments=placed.adjustments,
            shipments=placed.shipments,
        )
        status, message = (200, "Order found") if placed.is_replay else (201, "Order placed")
        reply = Reply(data, message, status=status, warnings=[*placed.warnings, *serializer.find_address_warnings()])
        if placed.is_replay:
            reply["Idempotency-Replayed"] = "true"
        if owner.user_id is None and placed.cart_is_empty and placed.order.status != Order.Status.PENDING:
            cookies.delete_cookies(reply, *cart_access.find_unused_cookies(request))
        return reply

    @api_schema(OrderResponse(many=True), extra=PaginationResponse, parameters=PAGE_PARAMETERS, operation_id="list_orders")
    @action(detail=False, methods=["get"], permission_classes=[IsAuthenticated])
    def my(self, request: Request) -> Reply:
        """List the caller's orders, newest first."""
        query = request._request.GET
        cursor = Cursor.from_query(query, "newest")
        page = selectors.list_orders_of_user(get_user(request).pk, cursor, parse_page_size(query), get_site_url(request._request))
        return Reply(page.rows, extra={"pagination": page.links(request)})

    @api_schema(OrderResponse, parameters=[ORDER_TOKEN], operation_id="get_order", refusals=(OrderNotFound,))
    def retrieve(self, request: Request, number: str) -> Reply:
        """Get an order. Guests send the order's token."""
        return self._reply(request, self._get_order(request, number))

    @api_schema(
        OrderResponse,
        request=CancelInput,
        parameters=[ORDER_TOKEN],
        operation_id="cancel_order",
        refusals=(
            OrderNotFound,
            InvalidTransition,
            AlreadyPaid,
            PaymentProviderUnavailable,
            PaymentSetupFailed,
        ),
    )
    @action(detail=True, methods=["post"], throttle_classes=[CallThrottle, WriteThrottle])
    def cancel(self, request: Request, number: str) -> Reply:
        """Cancel an unpaid order. One that awaits card payment, or a Cash on Delivery order that is not yet shipped."""
        serializer = CancelInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        order = self._get_order(request, number)
        customer = replace(get_actor(request), kind="customer")  # staff act as customers for their own orders
        cancellation.cancel_order(customer, order.pk, serializer.validated_data.get("reason") or "cancelled by the buyer")
        return self._reply(request, self._get_order(request, number), "Order cancelled")

    @api_schema(
        OrderResponse,
        parameters=[ORDER_TOKEN],
        operation_id="pay_order",
        refusals=(
            OrderNotFound,
            InvalidTransition,
            AlreadyPaid,
            OrderEnded,
            PaymentNotConfigured,
            PaymentProviderUnavailable,
            PaymentSetupFailed,
        ),
    )
    @action(detail=True, methods=["post"], throttle_classes=[CallThrottle, WriteThrottle])
    def pay(self, request: Request, number: str) -> Reply:
        """Get the payment page of a pending order again. It is `checkout_url` of the answer."""
        get_body(request)
        sessions.ensure_payable(self._get_order(request, number))
        return self._reply(request, self._get_order(request, number))

    @api_schema(OrderResponse, parameters=[REQUIRED_ORDER_TOKEN], operation_id="claim_order", refusals=(OrderNotFound,))
    @action(detail=True, methods=["post"], permission_classes=[IsAuthenticated], throttle_classes=[CallThrottle, WriteThrottle])
    def claim(self, request: Request, number: str) -> Reply:
        """Add a guest's order to the caller's account. The order's token stops working."""
        get_body(request)
        token = get_order_token(request)
        claiming.claim_order(get_actor(request), selectors.get_order(number, user_id=None, token=token), token)
        return self._reply(request, self._get_order(request, number), "The order is now in your account")

    @api_schema(
        PaymentVerificationResponse, parameters=[SESSION_ID, ORDER_TOKEN], operation_id="verify_payment", refusals=(OrderNotFound,)
    )
    @action(detail=False, methods=["get"], url_path="verify-payment")
    def verify_payment(self, request: Request) -> Reply:
        """Get the payment status of a checkout session. For the page that the payment page redirects to."""
        user, raw = request.user, request._request
        rate_limits.count_call(
            "verify_payment", f"user-{user.pk}" if user.is_authenticated else rate_limits.get_caller_key(get_client_ip(raw))
        )
        payment = selectors.get_payment_by_session(raw.GET.get("session_id", ""), user_id=user.pk, token=get_order_token(request))
        is_stale = not sessions.refresh_payment(payment)
        order = self._get_order(request, payment.order.number)
        data: dict[str, Any] = {
            "order": selectors.serialize_prefetched_order(order, get_site_url(raw)),
            "payment_verified": order.is_payment_verified,
            "order_status": order.status,
        }
        return Reply(data | ({"stale": True} if is_stale else {}))

    def _get_order(self, request: Request, number: str) -> Order:
        return selectors.get_order(number, user_id=request.user.pk, token=get_order_token(request))

    def _reply(self, request: Request, order: Order, message: str = "OK") -> Reply:
        return Reply(selectors.serialize_prefetched_order(order, get_site_url(request._request)), message)
