"""`/api/cart/`: the caller's cart, guest or signed in."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts.api.access import user_of
from accounts.api.responses import CartMergeResponse
from carts import history, merging, selectors, services, validation
from carts.api import access
from carts.api.inputs import AddItemInput, KeyInput, NewQuantityInput, UpdateItemInput, WhichItem, variant_in
from carts.api.responses import (
    AcceptedResponse,
    CartBesideResponse,
    CartLineResponse,
    CartResponse,
    CartSummaryResponse,
    CartWithNumberResponse,
    ChangedBesideResponse,
    ClearedResponse,
    LogEntryResponse,
    ValidationResponse,
)
from carts.identity import CartRef
from carts.models import Cart
from core.absolute_urls import site_of
from core.actors import actor_of
from core.http.envelope import Reply
from core.http.openapi import api_schema
from core.http.parsers import body_of
from core.http.throttles import EveryCaller, Writes
from products.catalog import offers

RETRIEVED = "Cart retrieved successfully"
ADDED = ("Item added to cart successfully", 201)
MORE = ("Cart item quantity updated", 200)
UPDATED = "Cart item updated successfully"
REMOVED = "Item removed from cart successfully"
ITEM = OpenApiParameter("item_id", OpenApiTypes.INT, OpenApiParameter.PATH)
IN_QUERY = {
    "product_id": OpenApiParameter("product_id", OpenApiTypes.STR, description="where the body names no item"),
    "sku_id": OpenApiParameter("sku_id", OpenApiTypes.INT, description="where the body names no item"),
}
ORDER = OpenApiParameter("order", OpenApiTypes.STR, enum=["asc", "desc"], description="asc: oldest of them first")
BY_ID = r"(?P<item_id>[0-9]{1,18})"


def which_of(given: dict[str, Any]) -> services.Which:
    """Return which line a body means."""
    return services.Which(variant=variant_in(given), product=given.get("product_id"))


def oldest_first(request: Request) -> bool:
    """Return how a list is ordered. Raises ValidationError for `order`."""
    given = request._request.GET.get("order", "desc")
    if given not in ("asc", "desc"):
        raise ValidationError({"order": ["Must be asc or desc"]})
    return given == "asc"


class CartViewSet(GenericViewSet[Cart]):
    """The caller's cart, guest or signed in."""

    permission_classes = [AllowAny]
    throttle_classes = [EveryCaller, Writes]
    write_scope = "cart_write"
    reads_by_post = ("create",)
    queryset = Cart.objects.none()
    serializer_class = CartResponse

    def _cart(self, request: Request) -> CartRef:
        return selectors.find(access.cart_owner(request))

    def _shown(self, request: Request, ref: CartRef) -> Reply:
        cart, warnings = selectors.shown(ref, selectors.lines_of(ref), site_of(request._request))
        reply = Reply(cart, RETRIEVED, warnings=warnings, extra=access.owner_fields(ref))
        return access.dressed(request, reply, ref)

    @api_schema(CartResponse, extra=CartBesideResponse)
    def list(self, request: Request) -> Reply:
        """Get the cart."""
        return self._shown(request, self._cart(request))

    @api_schema(CartResponse, extra=CartBesideResponse)
    @action(detail=False, methods=["get"])
    def current(self, request: Request) -> Reply:
        """Get the cart."""
        return self._shown(request, self._cart(request))

    @api_schema(CartWithNumberResponse, request=KeyInput, extra=CartBesideResponse)
    def create(self, request: Request) -> Reply:
        """Get the cart by POST: the key may stand in the body, and `subtotal` is a number, at today's prices."""
        reply = self._shown(request, self._cart(request))
        reply.data = {**reply.data, "subtotal": float(reply.data["current_subtotal"])}
        return reply

    @api_schema(CartSummaryResponse, extra=CartBesideResponse)
    @action(detail=False, methods=["get"])
    def summary(self, request: Request) -> Reply:
        """Get the numbers for a badge."""
        ref, numbers = selectors.summary(access.cart_owner(request))
        reply = Reply(numbers, "Cart summary retrieved successfully", extra=access.owner_fields(ref))
        return access.dressed(request, reply, ref)

    @api_schema(CartLineResponse, request=AddItemInput, statuses=(200, 201), extra=ChangedBesideResponse)
    @action(detail=False, methods=["post"])
    def add(self, request: Request) -> Reply:
        """Add a product to the cart, or more of it to its line."""
        given = AddItemInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields = given.validated_data
        caller = access.cart_owner(request)
        offer = offers.find(caller.market, product=fields.get("product_id"), variant=variant_in(fields))
        line_id, made, ref = services.add_item(actor_of(request), caller, offer, fields["quantity"])
        message, status = ADDED if made else MORE
        return access.changed(request, ref, message, status=status, line_id=line_id)

    @api_schema(CartLineResponse, request=UpdateItemInput, extra=ChangedBesideResponse)
    @action(detail=False, methods=["patch", "post", "put"], url_path="update")
    def update_item(self, request: Request) -> Reply:
        """Make the line of a product hold exactly this many; 0 keeps it for later."""
        given = UpdateItemInput(data=request.data)
        given.is_valid(raise_exception=True)
        return self._set(request, which_of(given.validated_data), given.validated_data["quantity"])

    @api_schema(CartLineResponse, request=NewQuantityInput, extra=ChangedBesideResponse, parameters=[ITEM])
    @action(detail=False, methods=["patch", "post", "put"], url_path=f"update/{BY_ID}")
    def update_by_id(self, request: Request, item_id: str) -> Reply:
        """Make a line hold exactly this many; 0 keeps it for later."""
        given = NewQuantityInput(data=request.data)
        given.is_valid(raise_exception=True)
        return self._set(request, services.Which(item=int(item_id)), given.validated_data["quantity"])

    def _set(self, request: Request, which: services.Which, quantity: int) -> Reply:
        line_id, ref = services.set_quantity(actor_of(request), access.cart_owner(request), which, quantity)
        return access.changed(request, ref, UPDATED, line_id=line_id)

    @api_schema(None, request=WhichItem, extra=ChangedBesideResponse, parameters=[*IN_QUERY.values()])
    @action(detail=False, methods=["delete", "post"])
    def remove(self, request: Request) -> Reply:
        """Take the line of a product out of the cart; the item stands in the body or in the query."""
        body = body_of(request)
        in_query = {name: value for name, value in request._request.GET.items() if name in IN_QUERY}
        given = WhichItem(data=body if body.keys() & {*IN_QUERY, "variant_id"} else {**in_query, **body})
        given.is_valid(raise_exception=True)
        return self._remove(request, which_of(given.validated_data))

    @api_schema(None, request=KeyInput, extra=ChangedBesideResponse, parameters=[ITEM])
    @action(detail=False, methods=["delete", "post"], url_path=f"remove/{BY_ID}")
    def remove_by_id(self, request: Request, item_id: str) -> Reply:
        """Take a line out of the cart."""
        return self._remove(request, services.Which(item=int(item_id)))

    def _remove(self, request: Request, which: services.Which) -> Reply:
        ref = services.remove_item(actor_of(request), access.cart_owner(request), which)
        return access.changed(request, ref, REMOVED)

    @api_schema(ClearedResponse, request=KeyInput, extra=CartBesideResponse)
    @action(detail=False, methods=["delete", "post"])
    def clear(self, request: Request) -> Reply:
        """Take everything out of the cart."""
        removed, ref = services.clear(actor_of(request), access.cart_owner(request))
        reply = Reply({"items_removed": removed}, "Cart cleared successfully", extra=access.owner_fields(ref))
        return access.dressed(request, reply, ref, wrote=bool(removed))

    @api_schema(ValidationResponse, extra=CartBesideResponse)
    @action(detail=False, methods=["get"])
    def validate(self, request: Request) -> Reply:
        """Find out before checkout what has changed: prices, stock, availability."""
        ref = self._cart(request)
        found = validation.found_in(selectors.lines_of(ref), ref.market, ref.user_id)
        message = "Cart has validation issues" if found else "Cart is valid"
        reply = Reply({"valid": not found, "issues": found}, message, extra=access.owner_fields(ref))
        return access.dressed(request, reply, ref)

    @api_schema(AcceptedResponse, request=KeyInput, extra=ChangedBesideResponse)
    @action(detail=False, methods=["post"], url_path="accept-prices")
    def accept_prices(self, request: Request) -> Reply:
        """Agree to today's prices; the answer lists the lines that this has changed."""
        changed, ref = services.accept_prices(actor_of(request), access.cart_owner(request))
        message = "Prices accepted" if changed else "No prices have changed"
        reply = access.changed(request, ref, message, wrote=bool(changed))
        reply.data = {"changed": [selectors.repriced(line, ref.market) for line in changed]}
        return reply

    @api_schema(CartMergeResponse, request=KeyInput, extra=ChangedBesideResponse)
    @action(detail=False, methods=["post"], permission_classes=[IsAuthenticated])
    def merge(self, request: Request) -> Reply:
        """Join a guest's cart to one's own; the answer says what was taken over, in part or not at all."""
        caller = access.cart_owner(request)
        told = merging.merge_first(actor_of(request), user_of(request).pk, access.keys_to_merge(request))
        message = "Carts merged" if told else "There was nothing to merge"
        reply = access.changed(request, selectors.find(caller), message)
        reply.data = (told or merging.Merge()).as_dict()
        return access.without_guest(reply) if told else reply

    @api_schema(LogEntryResponse(many=True), extra=CartBesideResponse, parameters=[ORDER])
    @action(detail=False, methods=["get"], url_path="audit-logs", permission_classes=[IsAuthenticated])
    def audit_logs(self, request: Request) -> Reply:
        """Get the last 50 changes of one's cart, newest first."""
        ref = self._cart(request)
        rows = history.of_cart(ref, oldest_first=oldest_first(request))
        return Reply(rows, "Audit logs retrieved successfully", extra=access.owner_fields(ref))
