"""`/api/cart/`: the cart of the caller, a user or a guest."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts.api.access import get_user
from accounts.api.responses import CartMergeResponse
from carts import history, merging, selectors, services, validation
from carts.api import access
from carts.api.inputs import AddItemInput, GuestKeyInput, ItemRefInput, QuantityInput, UpdateItemInput
from carts.api.responses import (
    AcceptedPricesResponse,
    CartAuditLogResponse,
    CartChangeExtraResponse,
    CartExtraResponse,
    CartLineResponse,
    CartResponse,
    CartSummaryResponse,
    CartValidationResponse,
    CartWithNumericSubtotalResponse,
    ClearedCartResponse,
)
from carts.exceptions import CartBusy, CartFull, ItemNotFound, NotEnough, OwnProduct, QuantityLimit, UnreadableCookie
from carts.identity import CartRef
from carts.models import Cart
from core.actors import get_actor
from core.http import cookies
from core.http.envelope import Reply
from core.http.openapi import api_schema
from core.http.openapi.headers import GUEST_KEYS, MARKET
from core.http.parsers import get_body
from core.http.throttles import CallThrottle, WriteThrottle
from products.catalog import offers
from products.exceptions import ProductNotFound, VariantNeeded

CART_RETRIEVED = "Cart retrieved successfully"
ITEM_ADDED = ("Item added to cart successfully", 201)
QUANTITY_INCREASED = ("Cart item quantity updated", 200)
ITEM_UPDATED = "Cart item updated successfully"
ITEM_REMOVED = "Item removed from cart successfully"
ITEM_ID_PARAMETER = OpenApiParameter("item_id", OpenApiTypes.INT, OpenApiParameter.PATH, description="`id` of the line")
ITEM_QUERY_PARAMETERS = {
    "product_id": OpenApiParameter("product_id", OpenApiTypes.STR, description="used only if the body identifies no item"),
    "sku_id": OpenApiParameter("sku_id", OpenApiTypes.INT, description="used only if the body identifies no item"),
}
ORDER_PARAMETER = OpenApiParameter("order", OpenApiTypes.STR, enum=["asc", "desc"], description="asc: oldest of the 50 first")
ITEM_ID_PATTERN = r"(?P<item_id>[0-9]{1,18})"


def get_line_ref(fields: dict[str, Any]) -> services.LineRef:
    """Return the line that the validated fields of an ItemRefInput identify."""
    return services.LineRef(variant_id=fields.get("sku_id"), product=fields.get("product_id"))


def is_oldest_first(request: Request) -> bool:
    """Return whether the `order` parameter is "asc". Raises ValidationError if it is neither "asc" nor "desc"."""
    order = request._request.GET.get("order", "desc")
    if order not in ("asc", "desc"):
        raise ValidationError({"order": ["Must be asc or desc"]})
    return order == "asc"


class CartViewSet(GenericViewSet[Cart]):
    """The cart of the caller, a user or a guest."""

    permission_classes = [AllowAny]
    throttle_classes = [CallThrottle, WriteThrottle]
    write_scope = "cart_write"
    reads_by_post = ("create",)
    queryset = Cart.objects.none()
    serializer_class = CartResponse
    schema_tag = "Cart"
    schema_parameters = (MARKET, *GUEST_KEYS)
    response_headers = ("X-Cart-Token", "X-Session-Key")
    schema_refusals = (UnreadableCookie,)

    def _get_cart_ref(self, request: Request) -> CartRef:
        return selectors.get_cart_ref(access.get_cart_owner(request))

    def _build_cart_reply(self, request: Request, ref: CartRef) -> Reply:
        cart, warnings = access.serialize_cart(request, ref)
        reply = Reply(cart, CART_RETRIEVED, warnings=warnings, extra=access.serialize_owner_fields(ref))
        return access.set_guest_key(request, reply, ref)

    @api_schema(CartResponse, extra=CartExtraResponse, operation_id="get_cart")
    def list(self, request: Request) -> Reply:
        """Get the cart."""
        return self._build_cart_reply(request, self._get_cart_ref(request))

    @api_schema(CartWithNumericSubtotalResponse, request=GuestKeyInput, extra=CartExtraResponse, operation_id="get_cart_by_post")
    def create(self, request: Request) -> Reply:
        """Get the cart by POST. The body may contain the guest key; `subtotal` is a number, at current prices."""
        reply = self._build_cart_reply(request, self._get_cart_ref(request))
        reply.data = {**reply.data, "subtotal": float(reply.data["current_subtotal"])}
        return reply

    @api_schema(CartSummaryResponse, extra=CartExtraResponse, operation_id="get_cart_summary")
    @action(detail=False, methods=["get"])
    def summary(self, request: Request) -> Reply:
        """Get the totals for a cart badge. Cheaper than the whole cart."""
        ref, totals = selectors.get_summary(access.get_cart_owner(request))
        reply = Reply(totals, "Cart summary retrieved successfully", extra=access.serialize_owner_fields(ref))
        return access.set_guest_key(request, reply, ref)

    @api_schema(
        CartLineResponse,
        request=AddItemInput,
        statuses=(200, 201),
        extra=CartChangeExtraResponse,
        operation_id="add_to_cart",
        refusals=(
            ProductNotFound,
            VariantNeeded,
            OwnProduct,
            NotEnough,
            QuantityLimit,
            CartFull,
            CartBusy,
        ),
    )
    @action(detail=False, methods=["post"])
    def add(self, request: Request) -> Reply:
        """Add a product to the cart. If the cart has a line of it, its quantity increases (200 instead of 201)."""
        serializer = AddItemInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields = serializer.validated_data
        owner = access.get_cart_owner(request)
        offer = offers.get_offer(owner.market, product=fields.get("product_id"), variant=fields.get("sku_id"))
        line_id, is_new, ref = services.add_item(get_actor(request), owner, offer, fields["quantity"])
        message, status = ITEM_ADDED if is_new else QUANTITY_INCREASED
        return access.build_change_reply(request, ref, message, status=status, line_id=line_id)

    @api_schema(
        CartLineResponse,
        request=UpdateItemInput,
        extra=CartChangeExtraResponse,
        operation_id="update_cart_item_by_product",
        refusals=(
            ProductNotFound,
            VariantNeeded,
            ItemNotFound,
            NotEnough,
            QuantityLimit,
        ),
    )
    @action(detail=False, methods=["patch", "post", "put"], url_path="update")
    def update_item(self, request: Request) -> Reply:
        """Set the quantity of a product's line. 0 saves it for later."""
        serializer = UpdateItemInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self._set_quantity(request, get_line_ref(serializer.validated_data), serializer.validated_data["quantity"])

    @api_schema(
        CartLineResponse,
        request=QuantityInput,
        extra=CartChangeExtraResponse,
        parameters=[ITEM_ID_PARAMETER],
        operation_id="update_cart_item",
        refusals=(
            ItemNotFound,
            NotEnough,
            QuantityLimit,
        ),
    )
    @action(detail=False, methods=["patch", "post", "put"], url_path=f"update/{ITEM_ID_PATTERN}")
    def update_by_id(self, request: Request, item_id: str) -> Reply:
        """Set the quantity of a line. 0 saves it for later."""
        serializer = QuantityInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self._set_quantity(request, services.LineRef(item_id=int(item_id)), serializer.validated_data["quantity"])

    def _set_quantity(self, request: Request, line_ref: services.LineRef, quantity: int) -> Reply:
        line_id, ref = services.set_quantity(get_actor(request), access.get_cart_owner(request), line_ref, quantity)
        return access.build_change_reply(request, ref, ITEM_UPDATED, line_id=line_id)

    @api_schema(
        None,
        request=ItemRefInput,
        extra=CartChangeExtraResponse,
        parameters=[*ITEM_QUERY_PARAMETERS.values()],
        operation_id="remove_cart_item_by_product",
        refusals=(
            ProductNotFound,
            VariantNeeded,
            ItemNotFound,
        ),
        has_documented_body=False,
        reply="CartChangeReply",
    )
    @action(detail=False, methods=["delete", "post"])
    def remove(self, request: Request) -> Reply:
        """Remove a product's line from the cart."""
        body = get_body(request)
        in_query = {name: value for name, value in request._request.GET.items() if name in ITEM_QUERY_PARAMETERS}
        serializer = ItemRefInput(data=body if body.keys() & {*ITEM_QUERY_PARAMETERS, "variant_id"} else {**in_query, **body})
        serializer.is_valid(raise_exception=True)
        return self._remove_line(request, get_line_ref(serializer.validated_data))

    @api_schema(
        None,
        request=GuestKeyInput,
        extra=CartChangeExtraResponse,
        parameters=[ITEM_ID_PARAMETER],
        operation_id="remove_cart_item",
        refusals=(ItemNotFound,),
        has_documented_body=False,
        reply="CartChangeReply",
    )
    @action(detail=False, methods=["delete", "post"], url_path=f"remove/{ITEM_ID_PATTERN}")
    def remove_by_id(self, request: Request, item_id: str) -> Reply:
        """Remove a line from the cart."""
        return self._remove_line(request, services.LineRef(item_id=int(item_id)))

    def _remove_line(self, request: Request, line_ref: services.LineRef) -> Reply:
        ref = services.remove_item(get_actor(request), access.get_cart_owner(request), line_ref)
        return access.build_change_reply(request, ref, ITEM_REMOVED)

    @api_schema(
        ClearedCartResponse,
        request=GuestKeyInput,
        extra=CartChangeExtraResponse,
        operation_id="clear_cart",
        has_documented_body=False,
    )
    @action(detail=False, methods=["delete", "post"])
    def clear(self, request: Request) -> Reply:
        """Remove all lines from the cart."""
        removed, ref = services.clear_cart(get_actor(request), access.get_cart_owner(request))
        reply = access.build_change_reply(request, ref, "Cart cleared successfully", has_changed=bool(removed))
        reply.data = {"items_removed": removed}
        return reply

    @api_schema(CartValidationResponse, extra=CartExtraResponse, operation_id="validate_cart")
    @action(detail=False, methods=["get"])
    def validate(self, request: Request) -> Reply:
        """Check the cart before checkout. Reports changes of price, stock and availability."""
        ref = self._get_cart_ref(request)
        issues = validation.find_issues(selectors.get_lines(ref), ref.market, ref.user_id)
        message = "Cart has validation issues" if issues else "Cart is valid"
        reply = Reply({"valid": not issues, "issues": issues}, message, extra=access.serialize_owner_fields(ref))
        return access.set_guest_key(request, reply, ref)

    @api_schema(AcceptedPricesResponse, request=GuestKeyInput, extra=CartChangeExtraResponse, operation_id="accept_prices")
    @action(detail=False, methods=["post"], url_path="accept-prices")
    def accept_prices(self, request: Request) -> Reply:
        """Accept the current prices. The answer lists the lines whose price changed."""
        changed, ref = services.accept_prices(get_actor(request), access.get_cart_owner(request))
        message = "Prices accepted" if changed else "No prices have changed"
        reply = access.build_change_reply(request, ref, message, has_changed=bool(changed))
        reply.data = {"changed": [selectors.serialize_price_change(line, ref.market) for line in changed]}
        return reply

    @api_schema(CartMergeResponse, request=GuestKeyInput, extra=CartChangeExtraResponse, operation_id="merge_cart")
    @action(detail=False, methods=["post"], permission_classes=[IsAuthenticated])
    def merge(self, request: Request) -> Reply:
        """Merge a guest's cart into the user's. The answer lists the lines that were capped or skipped."""
        owner = access.get_cart_owner(request)
        result = merging.merge_first_live_cart(get_actor(request), get_user(request).pk, access.get_keys_to_merge(request))
        message = "Carts merged" if result else "There was nothing to merge"
        reply = access.build_change_reply(request, selectors.get_cart_ref(owner), message)
        reply.data = (result or merging.MergeResult()).as_dict()
        if result:
            cookies.delete_cookies(reply, *access.find_unused_cookies(request))
        return reply

    @api_schema(
        CartAuditLogResponse(many=True), extra=CartExtraResponse, parameters=[ORDER_PARAMETER], operation_id="list_cart_audit_logs"
    )
    @action(detail=False, methods=["get"], url_path="audit-logs", permission_classes=[IsAuthenticated])
    def audit_logs(self, request: Request) -> Reply:
        """Get the last 50 changes to the user's cart, newest first."""
        ref = self._get_cart_ref(request)
        rows = history.get_history(ref, oldest_first=is_oldest_first(request))
        return Reply(rows, "Audit logs retrieved successfully", extra=access.serialize_owner_fields(ref))
