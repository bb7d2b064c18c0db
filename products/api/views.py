"""`/api/products/`: the catalog."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.request import Request

from core.absolute_urls import site_of
from core.actors import actor_of
from core.http.caching import Cacheable
from core.http.envelope import Reply
from core.http.openapi import CountedPaginationResponse, api_schema
from core.markets import market_of
from core.pagination import PAGE_PARAMETERS
from products.api.inputs import CategoryInput, ProductInput, new_product, product_change
from products.api.part_views import PART, PART_ID, PartsViewSet, part_id, shown
from products.api.permissions import ReadOrSell, ReadOrStaff
from products.api.responses import CategoryNodeResponse, CategoryResponse, ProductDetailResponse, ProductItemResponse
from products.catalog import category_tree, detail, list_item, listing_page
from products.catalog.filters import ORDERINGS, list_query
from products.exceptions import ProductNotFound
from products.models import Category, Product
from products.services import categories as category_services
from products.services import products

LIST_PARAMETERS = [
    OpenApiParameter("search", OpenApiTypes.STR, description="words or their beginnings, all of which the name or the text holds"),
    OpenApiParameter("category", OpenApiTypes.STR, description="slug, id or name; what is inside it counts too"),
    OpenApiParameter("min_price", OpenApiTypes.STR, description="in the market's currency"),
    OpenApiParameter("max_price", OpenApiTypes.STR, description="in the market's currency"),
    OpenApiParameter("in_stock", OpenApiTypes.BOOL, description="true: something can be bought now; false: sold out"),
    OpenApiParameter("seller", OpenApiTypes.INT, description="the seller's user id"),
    OpenApiParameter("ordering", OpenApiTypes.STR, enum=list(ORDERINGS), description="default: newest; with search: relevance"),
    OpenApiParameter("count", OpenApiTypes.BOOL, description='adds `pagination.count`, exact to 10,000, then "10000+"'),
    *PAGE_PARAMETERS,
]


class ProductViewSet(Cacheable, PartsViewSet):
    """What is for sale; staff and sellers change it."""

    permission_classes = [ReadOrSell]
    ignores_bad_cookie = True  # the catalog stays open to whoever was signed in once; a bad Bearer token is still told
    queryset = Product.objects.none()
    serializer_class = ProductItemResponse
    lookup_value_regex = r"[^/]+"
    cached_actions = frozenset(("list", "retrieve", "categories"))

    @api_schema(ProductItemResponse(many=True), extra=CountedPaginationResponse, parameters=LIST_PARAMETERS)
    def list(self, request: Request) -> Reply:
        """List what is for sale in the market, a page at a time."""
        raw = request._request
        found = listing_page.page(list_query(raw.GET), market_of(raw), site_of(raw))
        return Reply(found.rows, extra={"pagination": found.links(request)})

    @api_schema(ProductDetailResponse, request=ProductInput, statuses=(201,))
    def create(self, request: Request) -> Reply:
        """Make a product; the caller is its seller."""
        given = ProductInput(data=request.data)
        given.is_valid(raise_exception=True)
        product = products.create(actor_of(request), new_product(given.validated_data))
        return shown(request, product, "Product created successfully", status=201)

    @api_schema(ProductDetailResponse, request=ProductInput, statuses=(201,))
    @action(detail=False, methods=["post"], url_path="create")
    def create_by_name(self, request: Request) -> Reply:
        """Make a product; the caller is its seller."""
        return self.create(request)

    @api_schema(ProductDetailResponse)
    def retrieve(self, request: Request, pk: str) -> Reply:
        """Get a product by id, uuid or slug; one that is off sale is shown to staff and to its seller."""
        raw = request._request
        try:
            return Reply(detail.product(pk, market_of(raw), site_of(raw)))
        except ProductNotFound:
            own = list_item.visible(actor_of(request), pk)
            return Reply(detail.edited(own, market_of(raw), site_of(raw)))

    @api_schema(ProductDetailResponse, request=ProductInput)
    def update(self, request: Request, pk: str) -> Reply:
        """Replace a product. SKU and stock stay unless they are named, and so does whatever the answers do not show."""
        given = ProductInput(data=request.data)
        given.is_valid(raise_exception=True)
        product = products.change(actor_of(request), pk, product_change(given.validated_data, whole=True))
        return shown(request, product, "Product updated successfully")

    @api_schema(ProductDetailResponse, request=ProductInput)
    def partial_update(self, request: Request, pk: str) -> Reply:
        """Change a product; what is not named stays. A `stock` that differs is recorded as a movement."""
        given = ProductInput(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        product = products.change(actor_of(request), pk, product_change(given.validated_data, whole=False))
        return shown(request, product, "Product updated successfully")

    @api_schema(ProductDetailResponse)
    def destroy(self, request: Request, pk: str) -> Reply:
        """Take a product out of the shop; carts show it as gone, orders keep their copies."""
        return shown(request, products.remove(actor_of(request), pk), "Product deleted successfully")

    @api_schema(CategoryNodeResponse(many=True))
    @action(detail=False, methods=["get"], permission_classes=[ReadOrStaff])
    def categories(self, request: Request) -> Reply:
        """Get the category tree."""
        return Reply(category_tree.whole())

    @api_schema(CategoryResponse, request=CategoryInput, statuses=(201,))
    @categories.mapping.post
    def create_category(self, request: Request) -> Reply:
        """Make a category."""
        given = CategoryInput(data=request.data)
        given.is_valid(raise_exception=True)
        fields: dict[str, Any] = given.validated_data
        made = category_services.create(fields["name"], parent_id=fields.get("parent_id"), position=fields.get("position", 0))
        return Reply(_category(made), "Category created successfully", status=201)

    @api_schema(CategoryResponse, request=CategoryInput, parameters=PART_ID)
    @action(detail=False, methods=["patch"], url_path=f"categories/{PART}", permission_classes=[ReadOrStaff])
    def category(self, request: Request, part: str) -> Reply:
        """Rename, move or reorder a category; its slug stays."""
        given = CategoryInput(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        return Reply(_category(category_services.change(part_id(part), given.validated_data)), "Category updated successfully")

    @api_schema(None, parameters=PART_ID)
    @category.mapping.delete
    def remove_category(self, request: Request, part: str) -> Reply:
        """Delete an empty category."""
        category_services.remove(part_id(part))
        return Reply(None, "Category deleted successfully")


def _category(row: Category) -> dict[str, Any]:
    return {"id": row.pk, "name": row.name, "slug": row.slug, "parent_id": row.parent_id, "position": row.position}
