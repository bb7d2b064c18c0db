"""`/api/cart/wishlist/`: what a signed-in user wants to keep in sight."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts.api.access import user_of
from carts.api import access
from carts.api.inputs import MoveInput, WishInput, variant_in
from carts.api.responses import CartLineResponse, ChangedBesideResponse, WishResponse
from carts.models import WishlistItem
from carts.wishlist import selectors, services
from core.absolute_urls import site_of
from core.actors import actor_of
from core.http.envelope import Reply
from core.http.openapi import PaginationResponse, api_schema
from core.http.throttles import EveryCaller, Writes
from core.markets import market_of
from core.pagination import PAGE_PARAMETERS, Cursor, page_size_of

ADDED = ("Product added to your wishlist", 201)
THERE = ("Product is already in your wishlist", 200)
WISH = OpenApiParameter("item_id", OpenApiTypes.INT, OpenApiParameter.PATH)
BY_ID = r"(?P<item_id>[0-9]{1,18})"


class WishlistViewSet(GenericViewSet[WishlistItem]):
    """The caller's wishlist."""

    permission_classes = [IsAuthenticated]
    throttle_classes = [EveryCaller, Writes]
    write_scope = "cart_write"
    queryset = WishlistItem.objects.none()
    serializer_class = WishResponse

    @api_schema(WishResponse(many=True), extra=PaginationResponse, parameters=PAGE_PARAMETERS)
    def list(self, request: Request) -> Reply:
        """Get the wishlist, the newest first."""
        raw = request._request
        cursor = Cursor.decode(raw.GET["cursor"], "newest") if raw.GET.get("cursor") else None
        page = selectors.of_user(user_of(request).pk, market_of(raw), cursor, page_size_of(raw.GET), site_of(raw))
        return Reply(page.rows, "Wishlist retrieved successfully", extra={"pagination": page.links(request)})

    @api_schema(WishResponse, request=WishInput, statuses=(200, 201))
    @action(detail=False, methods=["post"])
    def add(self, request: Request) -> Reply:
        """Put a product on the wishlist; one that is there stays as it is."""
        given = WishInput(data=request.data)
        given.is_valid(raise_exception=True)
        raw, user = request._request, user_of(request)
        wish_id, is_new = services.add(user.pk, given.validated_data["product_id"], market_of(raw))
        message, status = ADDED if is_new else THERE
        return Reply(selectors.one(user.pk, wish_id, market_of(raw), site_of(raw)), message, status=status)

    @api_schema(None, parameters=[WISH])
    @action(detail=False, methods=["delete", "post"], url_path=f"remove/{BY_ID}")
    def remove(self, request: Request, item_id: str) -> Reply:
        """Take a product off the wishlist."""
        services.remove(user_of(request).pk, int(item_id))
        return Reply(None, "Product removed from your wishlist")

    @api_schema(CartLineResponse, request=MoveInput, statuses=(200, 201), extra=ChangedBesideResponse, parameters=[WISH])
    @action(detail=False, methods=["post"], url_path=f"move-to-cart/{BY_ID}")
    def move(self, request: Request, item_id: str) -> Reply:
        """Put a product of the wishlist into the cart, and take it off the list."""
        given = MoveInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields = given.validated_data
        chosen = {"variant": variant_in(fields), "quantity": fields["quantity"]}
        line_id, is_new, ref = services.move_to_cart(actor_of(request), access.cart_owner(request), int(item_id), **chosen)
        return access.changed(request, ref, "Product moved to your cart", status=201 if is_new else 200, line_id=line_id)
