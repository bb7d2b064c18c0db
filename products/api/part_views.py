"""`/api/products/<product>/…`: the variants, pictures and stock of a product."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from core.absolute_urls import site_of
from core.actors import actor_of
from core.exceptions import NotFound
from core.http.envelope import Reply
from core.http.openapi import PaginationResponse, api_schema
from core.http.parsers import OneFileParser
from core.markets import market_of
from core.pagination import PAGE_PARAMETERS
from products.api.inputs import ImageChangeInput, NewImageInput, StockInput, VariantInput, variant_change
from products.api.permissions import ReadOrSell, Sells
from products.api.responses import MovementResponse, ProductDetailResponse, VariantResponse
from products.catalog import detail, stock_movements
from products.media import images as product_images
from products.models import Product
from products.services import products

PART = r"(?P<part>[^/]+)"
PART_ID = [OpenApiParameter("part", OpenApiTypes.INT, OpenApiParameter.PATH)]


def part_id(text: str) -> int:
    """Return the id in the address. Raises NotFound for what cannot be one."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound
    return int(text)


def shown(request: Request, product: Product, message: str, *, status: int = 200) -> Reply:
    """Answer a change of a product with the product."""
    raw = request._request
    return Reply(detail.edited(product.pk, market_of(raw), site_of(raw)), message, status=status)


class PartsViewSet(GenericViewSet[Product]):
    """What belongs to one product; staff and its seller change it."""

    permission_classes = [ReadOrSell]

    @api_schema(VariantResponse, request=VariantInput, statuses=(201,))
    @action(detail=True, methods=["post"])
    def variants(self, request: Request, pk: str) -> Reply:
        """Add a variant; a deleted one with the same SKU comes back."""
        given = VariantInput(data=request.data)
        given.is_valid(raise_exception=True)
        variant = products.add_variant(actor_of(request), pk, variant_change(given.validated_data))
        return Reply(detail.variant(variant.pk, market_of(request._request)), "Variant created successfully", status=201)

    @api_schema(VariantResponse, request=VariantInput, parameters=PART_ID)
    @action(detail=True, methods=["patch"], url_path=f"variants/{PART}")
    def variant(self, request: Request, pk: str, part: str) -> Reply:
        """Change a variant; what is not named stays. A `stock` that differs is recorded as a movement."""
        given = VariantInput(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        variant = products.change_variant(actor_of(request), pk, part_id(part), variant_change(given.validated_data))
        return Reply(detail.variant(variant.pk, market_of(request._request)), "Variant updated successfully")

    @api_schema(VariantResponse, parameters=PART_ID)
    @variant.mapping.delete
    def remove_variant(self, request: Request, pk: str, part: str) -> Reply:
        """Delete a variant; carts show it as gone. The last one stays."""
        variant = products.remove_variant(actor_of(request), pk, part_id(part))
        return Reply(detail.variant(variant.pk, market_of(request._request)), "Variant deleted successfully")

    @api_schema(ProductDetailResponse, request=NewImageInput, statuses=(201,))
    @action(detail=True, methods=["post"], parser_classes=[OneFileParser])
    def images(self, request: Request, pk: str) -> Reply:
        """Add a picture: JPEG, PNG or WebP, at most 5 MB and 25 megapixels, stored without its metadata."""
        given = NewImageInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields: dict[str, Any] = given.validated_data
        product = product_images.add(
            actor_of(request), pk, fields["image"].read(), alt=fields.get("alt", ""), position=fields.get("position")
        )
        return shown(request, product, "Picture added successfully", status=201)

    @api_schema(ProductDetailResponse, request=ImageChangeInput, parameters=PART_ID)
    @action(detail=True, methods=["patch"], url_path=f"images/{PART}")
    def image(self, request: Request, pk: str, part: str) -> Reply:
        """Describe a picture anew, move it, or make it the primary."""
        given = ImageChangeInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields: dict[str, Any] = given.validated_data
        position = 0 if fields.get("primary") else fields.get("position")
        product = product_images.change(actor_of(request), pk, part_id(part), alt=fields.get("alt"), position=position)
        return shown(request, product, "Picture updated successfully")

    @api_schema(ProductDetailResponse, parameters=PART_ID)
    @image.mapping.delete
    def remove_image(self, request: Request, pk: str, part: str) -> Reply:
        """Take a picture off the product."""
        return shown(request, product_images.remove(actor_of(request), pk, part_id(part)), "Picture deleted successfully")

    @api_schema(MovementResponse(many=True), extra=PaginationResponse, parameters=PAGE_PARAMETERS)
    @action(detail=True, methods=["get"], permission_classes=[Sells])
    def stock(self, request: Request, pk: str) -> Reply:
        """List the stock movements of a product, newest first."""
        found = stock_movements.page(actor_of(request), pk, request._request.GET)
        return Reply(found.rows, extra={"pagination": found.links(request)})

    @api_schema(ProductDetailResponse, request=StockInput)
    @stock.mapping.post
    def move_stock(self, request: Request, pk: str) -> Reply:
        """Add units on hand, or take them away, with the reason; never below what open orders have reserved."""
        given = StockInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields: dict[str, Any] = given.validated_data
        product = products.move_stock(
            actor_of(request),
            pk,
            fields.get("sku_id") or fields.get("variant_id"),
            delta=fields["delta"],
            reason=fields["reason"],
            reference=fields.get("reference", ""),
        )
        return shown(request, product, "Stock updated successfully")
