"""`/api/cart/wishlist/`: the user's wishlist."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from accounts.api.access import get_user
from carts.api import access
from carts.api.inputs import MoveToCartInput, WishlistItemInput
from carts.api.responses import CartChangeExtraResponse, CartLineResponse, WishlistItemResponse
from carts.exceptions import CartBusy, CartFull, NotEnough, OwnProduct, QuantityLimit, WishlistFull, WishlistItemNotFound
from carts.models import WishlistItem
from carts.wishlist import selectors, services
from core.absolute_urls import get_site_url
from core.actors import get_actor
from core.http.envelope import Reply
from core.http.openapi import PaginationResponse, api_schema
from core.http.openapi.headers import MARKET
from core.http.throttles import CallThrottle, WriteThrottle
from core.markets import get_request_market
from core.pagination import PAGE_PARAMETERS, Cursor, parse_page_size
from products.exceptions import ProductNotFound, VariantNeeded

PRODUCT_ADDED = ("Product added to your wishlist", 201)
ALREADY_LISTED = ("Product is already in your wishlist", 200)
ITEM_ID_PARAMETER = OpenApiParameter("item_id", OpenApiTypes.INT, OpenApiParameter.PATH, description="`id` of the item")
ITEM_ID_PATTERN = r"(?P<item_id>[0-9]{1,18})"


class WishlistViewSet(GenericViewSet[WishlistItem]):
    """The user's wishlist."""

    permission_classes = [IsAuthenticated]
    throttle_classes = [CallThrottle, WriteThrottle]
    write_scope = "cart_write"
    queryset = WishlistItem.objects.none()
    serializer_class = WishlistItemResponse
    schema_tag = "Wishlist"
    schema_parameters = (MARKET,)

    @api_schema(WishlistItemResponse(many=True), extra=PaginationResponse, parameters=PAGE_PARAMETERS, operation_id="list_wishlist")
    def list(self, request: Request) -> Reply:
        """Get the wishlist, newest first."""
        raw = request._request
        cursor = Cursor.from_query(raw.GET, "newest")
        page = selectors.get_page(
            get_user(request).pk, get_request_market(raw), cursor, parse_page_size(raw.GET), get_site_url(raw)
        )
        return Reply(page.rows, "Wishlist retrieved successfully", extra={"pagination": page.links(request)})

    @api_schema(
        WishlistItemResponse,
        request=WishlistItemInput,
        statuses=(200, 201),
        operation_id="add_to_wishlist",
        refusals=(
            ProductNotFound,
            WishlistFull,
        ),
    )
    @action(detail=False, methods=["post"])
    def add(self, request: Request) -> Reply:
        """Add a product to the wishlist. An existing item is left unchanged (200 instead of 201)."""
        serializer = WishlistItemInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        raw, user = request._request, get_user(request)
        item_id, is_new = services.add_to_wishlist(user.pk, serializer.validated_data["product_id"], get_request_market(raw))
        message, status = PRODUCT_ADDED if is_new else ALREADY_LISTED
        return Reply(selectors.get_item(user.pk, item_id, get_request_market(raw), get_site_url(raw)), message, status=status)

    @api_schema(None, parameters=[ITEM_ID_PARAMETER], operation_id="remove_from_wishlist", refusals=(WishlistItemNotFound,))
    @action(detail=False, methods=["delete", "post"], url_path=f"remove/{ITEM_ID_PATTERN}")
    def remove(self, request: Request, item_id: str) -> Reply:
        """Remove a product from the wishlist."""
        services.remove_from_wishlist(get_user(request).pk, int(item_id))
        return Reply(None, "Product removed from your wishlist")

    @api_schema(
        CartLineResponse,
        request=MoveToCartInput,
        statuses=(200, 201),
        extra=CartChangeExtraResponse,
        parameters=[ITEM_ID_PARAMETER],
        operation_id="move_to_cart",
        refusals=(
            WishlistItemNotFound,
            ProductNotFound,
            VariantNeeded,
            OwnProduct,
            NotEnough,
            QuantityLimit,
            CartFull,
            CartBusy,
        ),
    )
    @action(detail=False, methods=["post"], url_path=f"move-to-cart/{ITEM_ID_PATTERN}")
    def move(self, request: Request, item_id: str) -> Reply:
        """Move a product from the wishlist to the cart."""
        serializer = MoveToCartInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields = serializer.validated_data
        selection = {"variant": fields.get("sku_id"), "quantity": fields["quantity"]}
        line_id, is_new, ref = services.move_to_cart(get_actor(request), access.get_cart_owner(request), int(item_id), **selection)
        return access.build_change_reply(request, ref, "Product moved to your cart", status=201 if is_new else 200, line_id=line_id)
