"""`/api/orders/`: placing orders and reading one's own."""

import re
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts.access import user_of
from carts import access as carts
from orders import placing, selectors
from orders.exceptions import InvalidIdempotencyKey
from orders.models import Order
from orders.serializers import CreateOrderInput, OrderShape, wanted_of
from store.core import cookies
from store.core.actors import actor_of
from store.core.addresses import site_of
from store.core.envelope import Reply
from store.core.openapi import PaginationShape, answers
from store.core.pagination import Cursor, page_size_of
from store.core.throttles import EveryCaller, Writes

VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")
KEY = OpenApiParameter(
    "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER, description="1 to 255 visible ASCII characters"
)
TOKEN = OpenApiParameter("X-Order-Token", OpenApiTypes.STR, OpenApiParameter.HEADER, description="a guest's key to the order")
PAGING = [OpenApiParameter("cursor", OpenApiTypes.STR), OpenApiParameter("page_size", OpenApiTypes.INT)]


def idempotency_key_of(request: Request) -> str:
    """Return the header; a blank one counts as absent. Raises InvalidIdempotencyKey."""
    given: str = request._request.META.get("HTTP_IDEMPOTENCY_KEY", "").strip()
    if given and not VISIBLE.fullmatch(given):
        raise InvalidIdempotencyKey
    return given


def wish_of(request: Request, fields: dict[str, Any]) -> placing.Wish:
    """Return what the buyer wants; name and phone default to the address's, the e-mail to the user's."""
    address = fields.get("address") or {}
    snapshot = fields["items"] if fields.get("items") is not None else fields.get("cart")
    return placing.Wish(
        method=fields["payment_method"],
        address=address,
        name=fields.get("name") or address.get("full_name", ""),
        email=fields.get("email") or getattr(request.user, "email", None) or "",
        phone=fields.get("phone") or address.get("phone", ""),
        note=fields.get("note") or "",
        has_proved_email=getattr(request.user, "email_verified_at", None) is not None or not getattr(request.user, "email", None),
        wanted=wanted_of(snapshot),
        expected_total=fields.get("expected_total"),
        accept_price_changes=fields["accept_price_changes"],
    )


class OrderViewSet(GenericViewSet[Order]):
    """The caller's orders."""

    permission_classes = [AllowAny]
    write_scope = "checkout"
    queryset = Order.objects.none()
    serializer_class = OrderShape
    lookup_field = "number"
    lookup_value_regex = r"[0-9]{6}-[0-9A-Za-z]{6}"

    @answers(OrderShape, takes=CreateOrderInput, statuses=(200, 201), parameters=[KEY])
    @action(detail=False, methods=["post"], url_path="create", throttle_classes=[EveryCaller, Writes])
    def place(self, request: Request) -> Reply:
        """Order what lies in the cart; 200 instead of 201 where the same request has ordered it before."""
        given = CreateOrderInput(data=request.data)
        given.is_valid(raise_exception=True)
        caller = carts.caller_of(request)
        wish = wish_of(request, given.validated_data)
        placed = placing.place(actor_of(request), caller, wish, idempotency_key_of(request))
        shown = selectors.shown(placed.order, placed.items, placed.payments, site_of(request._request))
        status, message = (200, "Order found") if placed.replayed else (201, "Order placed")
        reply = Reply(shown, message, status=status, warnings=placed.warnings)
        if placed.replayed:
            reply["Idempotency-Replayed"] = "true"
        if caller.user_id is None and placed.cart_is_empty:
            cookies.drop(reply, cookies.GUEST_READABLE, cookies.GUEST_HIDDEN)
        return reply

    @answers(OrderShape(many=True), beside=PaginationShape, parameters=PAGING)
    @action(detail=False, methods=["get"], permission_classes=[IsAuthenticated])
    def my(self, request: Request) -> Reply:
        """List the caller's orders, newest first."""
        query = request._request.GET
        cursor = Cursor.decode(query["cursor"], "newest") if query.get("cursor") else None
        page = selectors.of_user(user_of(request).pk, cursor, page_size_of(query), site_of(request._request))
        return Reply(page.rows, beside={"pagination": page.links(request)})

    @answers(OrderShape, parameters=[TOKEN])
    def retrieve(self, request: Request, number: str) -> Reply:
        """Get an order: one's own, or a guest's with its token."""
        token = request._request.META.get("HTTP_X_ORDER_TOKEN", "")
        order = selectors.one(number, user_id=request.user.pk, token=token)
        return Reply(selectors.shown_whole(order, site_of(request._request)))
