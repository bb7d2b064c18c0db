"""`/api/cart/codes/`: the promotion codes of the caller's cart."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from carts import codes
from carts.api import access
from carts.api.inputs import CodeInput, GuestKeyInput
from carts.api.responses import CartChangeExtraResponse, CartCodeResponse
from carts.exceptions import CartBusy, TooManyCodes, UnreadableCookie
from carts.models import CartCode
from core.actors import get_actor
from core.http.envelope import Reply
from core.http.openapi import api_schema
from core.http.openapi.headers import GUEST_KEYS, MARKET
from core.http.throttles import CallThrottle, WriteThrottle
from pricing.exceptions import CodeUnknown
from pricing.promotions.codes import normalize_code

CODE_APPLIED = "Code applied"
CODE_PARAMETER = OpenApiParameter("code", OpenApiTypes.STR, OpenApiParameter.PATH, description="a code of the cart")


class CartCodeViewSet(GenericViewSet[CartCode]):
    """The promotion codes of the caller's cart."""

    permission_classes = [AllowAny]
    throttle_classes = [CallThrottle, WriteThrottle]
    write_scope = "cart_write"
    queryset = CartCode.objects.none()
    serializer_class = CartCodeResponse
    schema_tag = "Cart"
    schema_parameters = (MARKET, *GUEST_KEYS)
    response_headers = ("X-Cart-Token", "X-Session-Key")
    schema_refusals = (UnreadableCookie,)
    lookup_field = "code"
    lookup_value_regex = "[^/]+"

    @api_schema(
        None,
        request=CodeInput,
        extra=CartChangeExtraResponse,
        operation_id="add_cart_code",
        refusals=(CodeUnknown, TooManyCodes, CartBusy),
        reply="CartChangeReply",
    )
    def create(self, request: Request) -> Reply:
        """Add a promotion code to the cart. `codes` of the cart says whether it counts now, and if not, why."""
        serializer = CodeInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        text = serializer.validated_data["code"]
        ref = codes.add_code(get_actor(request), access.get_cart_owner(request), text)
        reply = access.build_change_reply(request, ref, CODE_APPLIED)
        rows = {row["code"]: row for row in (reply.extra or {})["cart"]["codes"]}
        entered = rows.get(normalize_code(text))  # None if another request has just removed or used it
        if entered is not None and entered["reason"] is not None:
            prefix = "Code saved. " if entered["status"] == "waiting" else ""
            reply.message = prefix + entered["reason"]["text"]
        return reply

    @api_schema(
        None,
        request=GuestKeyInput,
        extra=CartChangeExtraResponse,
        parameters=[CODE_PARAMETER],
        operation_id="remove_cart_code",
        refusals=(CodeUnknown,),
        has_documented_body=False,
        reply="CartChangeReply",
    )
    def destroy(self, request: Request, code: str) -> Reply:
        """Remove a promotion code from the cart."""
        ref = codes.remove_code(get_actor(request), access.get_cart_owner(request), code)
        return access.build_change_reply(request, ref, "Code removed")
