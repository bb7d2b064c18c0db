"""`/api/products/<product>/…`: the variants, images and stock of a product."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from core.characters import parse_whole_number
from core.exceptions import NotFound, PreconditionFailed
from core.http.envelope import Reply
from core.http.openapi import PaginationResponse, api_schema
from core.http.openapi.headers import MARKET, PRECONDITIONS
from core.http.openapi.refusals import of_field
from core.http.parsers import SingleFileParser
from core.markets import get_request_market
from core.pagination import PAGE_PARAMETERS
from products.api.inputs import ImageChangeInput, NewImageInput, StockInput, VariantInput, build_variant_change
from products.api.pages import build_change_reply
from products.api.permissions import CatalogPermission, get_editor
from products.api.preconditions import if_unchanged
from products.api.responses import ProductResponse, StockMovementResponse, VariantResponse
from products.catalog import detail, stock_movements
from products.exceptions import (
    BadPicture,
    DuplicateOptions,
    ImageNotFound,
    LastVariant,
    MediaDown,
    MediaRefused,
    NotYours,
    PriceNeeded,
    ProductNotFound,
    SkuTaken,
    StockConflict,
    TooManyPictures,
    TooManyVariants,
    VariantNeeded,
    VariantNotFound,
)
from products.media import images as product_images
from products.models import Product
from products.services import products

PRODUCT = OpenApiParameter("product", OpenApiTypes.STR, OpenApiParameter.PATH, description="id, uuid or slug of the product")
VARIANT_ID = OpenApiParameter("variant_id", OpenApiTypes.INT, OpenApiParameter.PATH, description="`id` of the variant")
IMAGE_ID = OpenApiParameter("image_id", OpenApiTypes.INT, OpenApiParameter.PATH, description="`id` of the image")
CHANGE_REFUSALS = (PreconditionFailed, ProductNotFound, NotYours)
VARIANT_REFUSALS = (DuplicateOptions, of_field(ImageNotFound), PriceNeeded, SkuTaken)


def parse_part_id(text: str) -> int:
    """Return the id in the URL. Raises NotFound if it cannot be an id."""
    number = parse_whole_number(text)
    if number is None:
        raise NotFound
    return number


class ProductPartsViewSet(GenericViewSet[Product]):
    """The variants, images and stock of a product, which staff with the admin's permissions and its seller may change."""

    permission_classes = [CatalogPermission]
    ignores_bad_cookie = True
    queryset = Product.objects.none()
    serializer_class = ProductResponse
    lookup_url_kwarg = "product"
    lookup_value_regex = r"[^/]+"
    schema_tag = "Catalog management"
    schema_parameters = (MARKET, PRODUCT)

    @api_schema(
        VariantResponse,
        request=VariantInput,
        statuses=(201,),
        parameters=PRECONDITIONS,
        operation_id="add_variant",
        refusals=(*CHANGE_REFUSALS, *VARIANT_REFUSALS, TooManyVariants),
    )
    @action(detail=True, methods=["post"])
    @if_unchanged
    def variants(self, request: Request, product: str) -> Reply:
        """Add a variant. A deleted one with the same SKU is restored."""
        serializer = VariantInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        variant = products.add_variant(get_editor(request, self.action), product, build_variant_change(serializer.validated_data))
        return Reply(
            detail.get_variant(variant.pk, get_request_market(request._request)), "Variant created successfully", status=201
        )

    @api_schema(
        VariantResponse,
        request=VariantInput(partial=True),
        parameters=[VARIANT_ID, *PRECONDITIONS],
        operation_id="update_variant",
        refusals=(*CHANGE_REFUSALS, NotFound, VariantNotFound, *VARIANT_REFUSALS, StockConflict),
    )
    @action(detail=True, methods=["patch"], url_path=r"variants/(?P<variant_id>[^/]+)")
    @if_unchanged
    def variant(self, request: Request, product: str, variant_id: str) -> Reply:
        """Update the given fields of a variant. A different `stock` is recorded as a movement."""
        serializer = VariantInput(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        variant = products.update_variant(
            get_editor(request, self.action), product, parse_part_id(variant_id), build_variant_change(serializer.validated_data)
        )
        return Reply(detail.get_variant(variant.pk, get_request_market(request._request)), "Variant updated successfully")

    @api_schema(
        VariantResponse,
        parameters=[VARIANT_ID, *PRECONDITIONS],
        operation_id="delete_variant",
        refusals=(*CHANGE_REFUSALS, NotFound, VariantNotFound, LastVariant),
    )
    @variant.mapping.delete
    @if_unchanged
    def remove_variant(self, request: Request, product: str, variant_id: str) -> Reply:
        """Delete a variant. Carts show it as unavailable. The last variant cannot be deleted."""
        variant = products.delete_variant(get_editor(request, self.action), product, parse_part_id(variant_id))
        return Reply(detail.get_variant(variant.pk, get_request_market(request._request)), "Variant deleted successfully")

    @api_schema(
        ProductResponse,
        request=NewImageInput,
        statuses=(201,),
        operation_id="add_image",
        refusals=(
            ProductNotFound,
            NotYours,
            BadPicture,
            TooManyPictures,
            MediaDown,
            MediaRefused,
        ),
    )
    @action(detail=True, methods=["post"], parser_classes=[SingleFileParser])
    def images(self, request: Request, product: str) -> Reply:
        """Add an image. JPEG, PNG or WebP, at most 5 MB and 12.5 megapixels (a JPEG: 25), stored without its metadata."""
        serializer = NewImageInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields: dict[str, Any] = serializer.validated_data
        changed = product_images.add_image(
            get_editor(request, self.action),
            product,
            fields["image"].read(),
            alt=fields.get("alt", ""),
            position=fields.get("position"),
        )
        return build_change_reply(request, changed, "Picture added successfully", status=201)

    @api_schema(
        ProductResponse,
        request=ImageChangeInput,
        parameters=[IMAGE_ID, *PRECONDITIONS],
        operation_id="update_image",
        refusals=(*CHANGE_REFUSALS, NotFound, ImageNotFound),
    )
    @action(detail=True, methods=["patch"], url_path=r"images/(?P<image_id>[^/]+)")
    @if_unchanged
    def image(self, request: Request, product: str, image_id: str) -> Reply:
        """Change an image's description or position, or make it the primary image."""
        serializer = ImageChangeInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields: dict[str, Any] = serializer.validated_data
        position = 0 if fields.get("primary") else fields.get("position")
        changed = product_images.update_image(
            get_editor(request, self.action), product, parse_part_id(image_id), alt=fields.get("alt"), position=position
        )
        return build_change_reply(request, changed, "Picture updated successfully")

    @api_schema(
        ProductResponse,
        parameters=[IMAGE_ID, *PRECONDITIONS],
        operation_id="delete_image",
        refusals=(*CHANGE_REFUSALS, NotFound, ImageNotFound),
    )
    @image.mapping.delete
    @if_unchanged
    def remove_image(self, request: Request, product: str, image_id: str) -> Reply:
        """Remove an image from the product."""
        return build_change_reply(
            request,
            product_images.remove_image(get_editor(request, self.action), product, parse_part_id(image_id)),
            "Picture deleted successfully",
        )

    @api_schema(
        StockMovementResponse(many=True),
        extra=PaginationResponse,
        parameters=PAGE_PARAMETERS,
        operation_id="list_stock_movements",
        refusals=(
            ProductNotFound,
            NotYours,
        ),
    )
    @action(detail=True, methods=["get"])
    def stock(self, request: Request, product: str) -> Reply:
        """List the stock movements of a product, newest first."""
        page = stock_movements.get_page(get_editor(request, self.action), product, request._request.GET)
        return Reply(page.rows, extra={"pagination": page.links(request)})

    @api_schema(
        ProductResponse,
        request=StockInput,
        parameters=PRECONDITIONS,
        operation_id="adjust_stock",
        refusals=(*CHANGE_REFUSALS, VariantNeeded, VariantNotFound, StockConflict),
    )
    @stock.mapping.post
    @if_unchanged
    def move_stock(self, request: Request, product: str) -> Reply:
        """Add or remove units, with a reason. The stock never falls below the units that open orders have reserved."""
        serializer = StockInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields: dict[str, Any] = serializer.validated_data
        changed = products.adjust_stock(
            get_editor(request, self.action),
            product,
            fields.get("sku_id"),
            delta=fields["delta"],
            reason=fields["reason"],
            reference=fields.get("reference", ""),
        )
        return build_change_reply(request, changed, "Stock updated successfully")
