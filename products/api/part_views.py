"""`/api/products/<product>/…`: the variants, images and stock of a product."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from core.actors import get_actor
from core.exceptions import NotFound
from core.http.envelope import Reply
from core.http.openapi import PaginationResponse, api_schema
from core.http.parsers import SingleFileParser
from core.markets import get_request_market
from core.pagination import PAGE_PARAMETERS
from products.api.inputs import ImageChangeInput, NewImageInput, StockInput, VariantInput, build_variant_change
from products.api.pages import build_change_reply
from products.api.permissions import IsStaffOrSeller, IsStaffOrSellerOrReadOnly
from products.api.preconditions import if_unchanged
from products.api.responses import MovementResponse, ProductDetailResponse, VariantResponse
from products.catalog import detail, stock_movements
from products.media import images as product_images
from products.models import Product
from products.services import products

PART_PATTERN = r"(?P<part>[^/]+)"
PART_PARAMETERS = [OpenApiParameter("part", OpenApiTypes.INT, OpenApiParameter.PATH)]


def parse_part_id(text: str) -> int:
    """Return the id in the URL. Raises NotFound if it cannot be an id."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound
    return int(text)


class ProductPartsViewSet(GenericViewSet[Product]):
    """The variants, images and stock of a product, which staff and its seller may change."""

    permission_classes = [IsStaffOrSellerOrReadOnly]
    ignores_bad_cookie = True
    queryset = Product.objects.none()
    serializer_class = ProductDetailResponse
    lookup_value_regex = r"[^/]+"

    @api_schema(VariantResponse, request=VariantInput, statuses=(201,))
    @action(detail=True, methods=["post"])
    @if_unchanged
    def variants(self, request: Request, pk: str) -> Reply:
        """Add a variant; a deleted one with the same SKU is restored."""
        serializer = VariantInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        variant = products.add_variant(get_actor(request), pk, build_variant_change(serializer.validated_data))
        return Reply(
            detail.get_variant(variant.pk, get_request_market(request._request)), "Variant created successfully", status=201
        )

    @api_schema(VariantResponse, request=VariantInput, parameters=PART_PARAMETERS)
    @action(detail=True, methods=["patch"], url_path=f"variants/{PART_PATTERN}")
    @if_unchanged
    def variant(self, request: Request, pk: str, part: str) -> Reply:
        """Update the given fields of a variant. A different `stock` is recorded as a movement."""
        serializer = VariantInput(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        variant = products.update_variant(
            get_actor(request), pk, parse_part_id(part), build_variant_change(serializer.validated_data)
        )
        return Reply(detail.get_variant(variant.pk, get_request_market(request._request)), "Variant updated successfully")

    @api_schema(VariantResponse, parameters=PART_PARAMETERS)
    @variant.mapping.delete
    @if_unchanged
    def remove_variant(self, request: Request, pk: str, part: str) -> Reply:
        """Delete a variant; carts show it as unavailable. The last variant cannot be deleted."""
        variant = products.delete_variant(get_actor(request), pk, parse_part_id(part))
        return Reply(detail.get_variant(variant.pk, get_request_market(request._request)), "Variant deleted successfully")

    @api_schema(ProductDetailResponse, request=NewImageInput, statuses=(201,))
    @action(detail=True, methods=["post"], parser_classes=[SingleFileParser])
    def images(self, request: Request, pk: str) -> Reply:
        """Add an image: JPEG, PNG or WebP, at most 5 MB and 12.5 megapixels (a JPEG: 25), stored without its metadata."""
        serializer = NewImageInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields: dict[str, Any] = serializer.validated_data
        product = product_images.add_image(
            get_actor(request), pk, fields["image"].read(), alt=fields.get("alt", ""), position=fields.get("position")
        )
        return build_change_reply(request, product, "Picture added successfully", status=201)

    @api_schema(ProductDetailResponse, request=ImageChangeInput, parameters=PART_PARAMETERS)
    @action(detail=True, methods=["patch"], url_path=f"images/{PART_PATTERN}")
    @if_unchanged
    def image(self, request: Request, pk: str, part: str) -> Reply:
        """Change an image's description or position, or make it the primary image."""
        serializer = ImageChangeInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields: dict[str, Any] = serializer.validated_data
        position = 0 if fields.get("primary") else fields.get("position")
        product = product_images.update_image(get_actor(request), pk, parse_part_id(part), alt=fields.get("alt"), position=position)
        return build_change_reply(request, product, "Picture updated successfully")

    @api_schema(ProductDetailResponse, parameters=PART_PARAMETERS)
    @image.mapping.delete
    @if_unchanged
    def remove_image(self, request: Request, pk: str, part: str) -> Reply:
        """Remove an image from the product."""
        return build_change_reply(
            request, product_images.remove_image(get_actor(request), pk, parse_part_id(part)), "Picture deleted successfully"
        )

    @api_schema(MovementResponse(many=True), extra=PaginationResponse, parameters=PAGE_PARAMETERS)
    @action(detail=True, methods=["get"], permission_classes=[IsStaffOrSeller])
    def stock(self, request: Request, pk: str) -> Reply:
        """List the stock movements of a product, newest first."""
        page = stock_movements.get_page(get_actor(request), pk, request._request.GET)
        return Reply(page.rows, extra={"pagination": page.links(request)})

    @api_schema(ProductDetailResponse, request=StockInput)
    @stock.mapping.post
    @if_unchanged
    def move_stock(self, request: Request, pk: str) -> Reply:
        """Add or remove units, with a reason; never below the units that open orders have reserved."""
        serializer = StockInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields: dict[str, Any] = serializer.validated_data
        product = products.adjust_stock(
            get_actor(request),
            pk,
            fields.get("sku_id"),
            delta=fields["delta"],
            reason=fields["reason"],
            reference=fields.get("reference", ""),
        )
        return build_change_reply(request, product, "Stock updated successfully")
