"""`/api/products/`: the catalog."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from core.absolute_urls import get_site_url
from core.actors import get_actor
from core.http.caching import CachedResponseMixin
from core.http.envelope import Reply
from core.http.openapi import CountedPaginationResponse, api_schema
from core.markets import get_request_market
from core.pagination import PAGE_PARAMETERS
from products.api.inputs import CategoryInput, ProductInput, build_new_product, build_product_change
from products.api.pages import build_change_reply, build_product_page
from products.api.part_views import PART_PARAMETERS, PART_PATTERN, parse_part_id
from products.api.permissions import IsStaffOrReadOnly, IsStaffOrSellerOrReadOnly
from products.api.preconditions import if_unchanged
from products.api.query_params import parse_list_query
from products.api.responses import CategoryNodeResponse, CategoryResponse, ProductDetailResponse, ProductItemResponse
from products.catalog import category_tree, listing_page
from products.catalog.filters import ORDERINGS
from products.models import Category, Product
from products.services import categories as category_services
from products.services import products

LIST_PARAMETERS = [
    OpenApiParameter(
        "search", OpenApiTypes.STR, description="words or prefixes, each of which must occur in the name or description"
    ),
    OpenApiParameter("category", OpenApiTypes.STR, description="slug, id or name; includes its subcategories"),
    OpenApiParameter("min_price", OpenApiTypes.STR, description="in the market's currency"),
    OpenApiParameter("max_price", OpenApiTypes.STR, description="in the market's currency"),
    OpenApiParameter("in_stock", OpenApiTypes.BOOL, description="true: available now; false: sold out"),
    OpenApiParameter("seller", OpenApiTypes.INT, description="the seller's user id"),
    OpenApiParameter("ordering", OpenApiTypes.STR, enum=list(ORDERINGS), description="default: newest; with search: relevance"),
    OpenApiParameter("count", OpenApiTypes.BOOL, description='adds `pagination.count`, exact up to 10,000, then "10000+"'),
    *PAGE_PARAMETERS,
]


class ProductViewSet(CachedResponseMixin, GenericViewSet[Product]):
    """The products for sale, which staff and sellers may change."""

    permission_classes = [IsStaffOrSellerOrReadOnly]
    ignores_bad_cookie = True  # an expired session does not close the catalog; a bad Bearer token is still refused
    queryset = Product.objects.none()
    serializer_class = ProductItemResponse
    lookup_value_regex = r"[^/]+"
    cached_actions = frozenset(("list", "retrieve", "categories"))

    @api_schema(ProductItemResponse(many=True), extra=CountedPaginationResponse, parameters=LIST_PARAMETERS)
    def list(self, request: Request) -> Reply:
        """List the products for sale in the market, one page at a time."""
        raw = request._request
        page = listing_page.get_page(parse_list_query(raw.GET), get_request_market(raw), get_site_url(raw))
        return Reply(page.rows, extra={"pagination": page.links(request)})

    @api_schema(ProductDetailResponse, request=ProductInput, statuses=(201,))
    def create(self, request: Request) -> Reply:
        """Create a product, with the user as its seller."""
        serializer = ProductInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        product = products.create(get_actor(request), build_new_product(serializer.validated_data))
        return build_change_reply(request, product, "Product created successfully", status=201)

    @api_schema(ProductDetailResponse, request=ProductInput, statuses=(201,))
    @action(detail=False, methods=["post"], url_path="create")
    def create_by_name(self, request: Request) -> Reply:
        """Create a product, with the user as its seller."""
        return self.create(request)

    @api_schema(ProductDetailResponse)
    def retrieve(self, request: Request, pk: str) -> Reply:
        """Get a product by id, uuid or slug; one that is not for sale is visible to staff and its seller only."""
        return build_product_page(request, pk)

    @api_schema(ProductDetailResponse, request=ProductInput)
    @if_unchanged
    def update(self, request: Request, pk: str) -> Reply:
        """Replace a product. The SKU, the stock and the fields that responses do not include are kept if they are missing."""
        serializer = ProductInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        product = products.update(get_actor(request), pk, build_product_change(serializer.validated_data, is_replacement=True))
        return build_change_reply(request, product, "Product updated successfully")

    @api_schema(ProductDetailResponse, request=ProductInput)
    @if_unchanged
    def partial_update(self, request: Request, pk: str) -> Reply:
        """Update the given fields of a product. A different `stock` is recorded as a movement."""
        serializer = ProductInput(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        product = products.update(get_actor(request), pk, build_product_change(serializer.validated_data, is_replacement=False))
        return build_change_reply(request, product, "Product updated successfully")

    @api_schema(ProductDetailResponse)
    @if_unchanged
    def destroy(self, request: Request, pk: str) -> Reply:
        """Delete a product; carts show it as unavailable, orders keep their copies."""
        return build_change_reply(request, products.delete(get_actor(request), pk), "Product deleted successfully")

    @api_schema(CategoryNodeResponse(many=True))
    @action(detail=False, methods=["get"], permission_classes=[IsStaffOrReadOnly])
    def categories(self, request: Request) -> Reply:
        """Get the category tree."""
        return Reply(category_tree.get_category_tree())

    @api_schema(CategoryResponse, request=CategoryInput, statuses=(201,))
    @categories.mapping.post
    def create_category(self, request: Request) -> Reply:
        """Create a category."""
        serializer = CategoryInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields: dict[str, Any] = serializer.validated_data
        category = category_services.create(fields["name"], parent_id=fields.get("parent_id"), position=fields.get("position", 0))
        return Reply(_serialize_category(category), "Category created successfully", status=201)

    @api_schema(CategoryResponse, request=CategoryInput, parameters=PART_PARAMETERS)
    @action(detail=False, methods=["patch"], url_path=f"categories/{PART_PATTERN}", permission_classes=[IsStaffOrReadOnly])
    def category(self, request: Request, part: str) -> Reply:
        """Rename, move or reorder a category; its slug does not change."""
        serializer = CategoryInput(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return Reply(
            _serialize_category(category_services.update(parse_part_id(part), serializer.validated_data)),
            "Category updated successfully",
        )

    @api_schema(None, parameters=PART_PARAMETERS)
    @category.mapping.delete
    def remove_category(self, request: Request, part: str) -> Reply:
        """Delete an empty category."""
        category_services.delete(parse_part_id(part))
        return Reply(None, "Category deleted successfully")


def _serialize_category(category: Category) -> dict[str, Any]:
    return {
        "id": category.pk,
        "name": category.name,
        "slug": category.slug,
        "parent_id": category.parent_id,
        "position": category.position,
    }
