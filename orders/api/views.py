"""`/api/orders/`: placing orders and reading one's own."""

import re
from dataclasses import replace
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts.api.access import user_of
from carts.api import access as carts
from core import rate_limits
from core.absolute_urls import site_of
from core.actors import actor_of
from core.http import cookies
from core.http.client_ip import client_ip
from core.http.envelope import Reply
from core.http.openapi import PaginationResponse, api_schema
from core.http.parsers import body_of
from core.http.throttles import EveryCaller, Writes
from core.pagination import PAGE_PARAMETERS, Cursor, page_size_of
from orders import selectors
from orders.api.inputs import CancelInput, CreateOrderInput, wanted_of
from orders.api.responses import OrderResponse, VerifiedResponse
from orders.exceptions import InvalidIdempotencyKey
from orders.fulfilment import cancellation, claiming
from orders.models import Order
from orders.payments import sessions
from orders.placement.place import place_order
from orders.placement.request import Wish

VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")
SESSION = OpenApiParameter("session_id", OpenApiTypes.STR, required=True, description="from the address of the page")
KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[!-~]{1,255}$"},
    OpenApiParameter.HEADER,
    description="1 to 255 visible ASCII characters",
)
REPLAYED = OpenApiParameter(
    "Idempotency-Replayed", OpenApiTypes.STR, OpenApiParameter.HEADER, enum=["true"], response=[200], description="on a repetition"
)
TOKEN = OpenApiParameter("X-Order-Token", OpenApiTypes.STR, OpenApiParameter.HEADER, description="a guest's key to the order")
CLAIMED = OpenApiParameter("X-Order-Token", OpenApiTypes.STR, OpenApiParameter.HEADER, required=True, description=TOKEN.description)


def idempotency_key_of(request: Request) -> str:
    """Return the header; a blank one counts as absent. Raises InvalidIdempotencyKey."""
    given: str = request._request.META.get("HTTP_IDEMPOTENCY_KEY", "").strip()
    if given and not VISIBLE.fullmatch(given):
        raise InvalidIdempotencyKey
    return given


def token_of(request: Request) -> str:
    """Return the guest's key to an order."""
    token: str = request._request.META.get("HTTP_X_ORDER_TOKEN", "")
    return token


def wish_of(request: Request, fields: dict[str, Any]) -> Wish:
    """Return what the buyer wants; the e-mail defaults to the user's."""
    snapshot = "items" if fields.get("items") is not None else "cart"
    wish = Wish(
        method=fields["payment_method"],
        address_id=fields.get("address_id"),
        name=fields.get("name") or "",
        email=fields.get("email") or getattr(request.user, "email", None) or "",
        phone=fields.get("phone") or "",
        note=fields.get("note") or "",
        has_proved_email=getattr(request.user, "email_verified_at", None) is not None or not getattr(request.user, "email", None),
        wanted=wanted_of(fields.get(snapshot)),
        snapshot=snapshot,
        expected_total=fields.get("expected_total"),
        accept_price_changes=fields["accept_price_changes"],
    )
    return wish if wish.address_id is not None else wish.sent_to(fields.get("address") or {})


class OrderViewSet(GenericViewSet[Order]):
    """The caller's orders."""

    permission_classes = [AllowAny]
    write_scope = "checkout"
    queryset = Order.objects.none()
    serializer_class = OrderResponse
    lookup_field = "number"
    lookup_value_regex = r"[0-9]{6}-[0-9A-Za-z]{6}"

    @api_schema(OrderResponse, request=CreateOrderInput, statuses=(200, 201), parameters=[KEY, REPLAYED])
    @action(detail=False, methods=["post"], url_path="create", throttle_classes=[EveryCaller, Writes])
    def place(self, request: Request) -> Reply:
        """Order what lies in the cart; 200 instead of 201 where the same request has ordered it before."""
        given = CreateOrderInput(data=request.data)
        given.is_valid(raise_exception=True)
        caller = carts.cart_owner(request)
        wish = wish_of(request, given.validated_data)
        placed = place_order(actor_of(request), caller, wish, idempotency_key_of(request))
        shown = selectors.shown(placed.order, placed.items, placed.payments, site_of(request._request))
        status, message = (200, "Order found") if placed.replayed else (201, "Order placed")
        reply = Reply(shown, message, status=status, warnings=placed.warnings)
        if placed.replayed:
            reply["Idempotency-Replayed"] = "true"
        if caller.user_id is None and placed.cart_is_empty and placed.order.status != Order.Status.PENDING:
            cookies.drop(reply, cookies.GUEST_READABLE, cookies.GUEST_HIDDEN)
        return reply

    @api_schema(OrderResponse(many=True), extra=PaginationResponse, parameters=PAGE_PARAMETERS)
    @action(detail=False, methods=["get"], permission_classes=[IsAuthenticated])
    def my(self, request: Request) -> Reply:
        """List the caller's orders, newest first."""
        query = request._request.GET
        cursor = Cursor.decode(query["cursor"], "newest") if query.get("cursor") else None
        page = selectors.of_user(user_of(request).pk, cursor, page_size_of(query), site_of(request._request))
        return Reply(page.rows, extra={"pagination": page.links(request)})

    @api_schema(OrderResponse, parameters=[TOKEN])
    def retrieve(self, request: Request, number: str) -> Reply:
        """Get an order: one's own, or a guest's with its token."""
        return self._shown(request, self._order(request, number))

    @api_schema(OrderResponse, request=CancelInput, parameters=[TOKEN])
    @action(detail=True, methods=["post"], throttle_classes=[EveryCaller, Writes])
    def cancel(self, request: Request, number: str) -> Reply:
        """Cancel an order that is not paid yet: one that waits for a card, or one to be paid on delivery that is not sent yet."""
        given = CancelInput(data=request.data)
        given.is_valid(raise_exception=True)
        order = self._order(request, number)
        buyer = replace(actor_of(request), kind="customer")  # which staff are too, of what they buy themselves
        cancellation.cancel(buyer, order.pk, given.validated_data.get("reason") or "cancelled by the buyer")
        return self._shown(request, self._order(request, number), "Order cancelled")

    @api_schema(OrderResponse, parameters=[TOKEN])
    @action(detail=True, methods=["post"], throttle_classes=[EveryCaller, Writes])
    def pay(self, request: Request, number: str) -> Reply:
        """Get the payment page of a pending order again."""
        body_of(request)
        sessions.pay(self._order(request, number))
        return self._shown(request, self._order(request, number))

    @api_schema(OrderResponse, parameters=[CLAIMED])
    @action(detail=True, methods=["post"], permission_classes=[IsAuthenticated], throttle_classes=[EveryCaller, Writes])
    def claim(self, request: Request, number: str) -> Reply:
        """Take a guest's order into one's account, by its token; from then on the token opens nothing."""
        body_of(request)
        token = token_of(request)
        claiming.claim(actor_of(request), selectors.one(number, user_id=None, token=token), token)
        return self._shown(request, self._order(request, number), "The order is in your account now")

    @api_schema(VerifiedResponse, parameters=[SESSION, TOKEN])
    @action(detail=False, methods=["get"], url_path="verify-payment")
    def verify_payment(self, request: Request) -> Reply:
        """Find out how the payment of a checkout session stands, on the page to which the payment page has led back."""
        user, raw = request.user, request._request
        rate_limits.count("verify_payment", f"user-{user.pk}" if user.is_authenticated else rate_limits.caller_key(client_ip(raw)))
        found = selectors.by_session(raw.GET.get("session_id", ""), user_id=user.pk, token=token_of(request))
        is_stale = not sessions.verify(found)
        order = self._order(request, found.order.number)
        shown = selectors.shown_whole(order, site_of(raw))
        answer = {"order": shown, "payment_verified": order.is_settled, "order_status": order.status}
        return Reply(answer | ({"stale": True} if is_stale else {}))

    def _order(self, request: Request, number: str) -> Order:
        return selectors.one(number, user_id=request.user.pk, token=token_of(request))

    def _shown(self, request: Request, order: Order, message: str = "OK") -> Reply:
        return Reply(selectors.shown_whole(order, site_of(request._request)), message)
