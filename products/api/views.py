"""`/api/products/`: the catalog."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from core.absolute_urls import get_site_url
from core.exceptions import NotFound, PreconditionFailed
from core.http.caching import CachedResponseMixin
from core.http.envelope import Reply
from core.http.openapi import api_schema
from core.http.openapi.headers import MARKET, PRECONDITIONS
from core.http.openapi.refusals import of_field
from core.http.replica_reads import reads_from_replica
from core.markets import get_request_market
from core.pagination import PAGE_PARAMETERS
from products.api.inputs import CategoryInput, ProductInput, build_new_product, build_product_change
from products.api.pages import build_change_reply, build_product_page, get_copied_page
from products.api.part_views import PRODUCT, parse_part_id
from products.api.permissions import CatalogPermission, get_editor, has_rights
from products.api.preconditions import if_unchanged
from products.api.query_params import parse_list_query
from products.api.responses import (
    CatalogExtraResponse,
    CategoryNodeResponse,
    CategoryResponse,
    ProductResponse,
    ProductSummaryResponse,
)
from products.catalog import category_tree, listing_page
from products.catalog.filters import ORDERINGS
from products.exceptions import (
    CategoryInUse,
    CategoryUnknown,
    DuplicateOptions,
    ImageNotFound,
    NotYours,
    PriceNeeded,
    ProductNotFound,
    SkuTaken,
    SlugTaken,
    StockConflict,
    TooManyVariants,
    VariantNeeded,
    VariantNotFound,
)
from products.models import Category, Product
from products.services import categories as category_services
from products.services import products

CHANGE_REFUSALS = (
    PreconditionFailed,
    ProductNotFound,
    NotYours,
    CategoryUnknown,
    of_field(ImageNotFound),
    DuplicateOptions,
    PriceNeeded,
    SkuTaken,
    SlugTaken,
    VariantNeeded,
    of_field(VariantNotFound),
    StockConflict,
    TooManyVariants,
)
CATEGORY_ID = OpenApiParameter("category_id", OpenApiTypes.INT, OpenApiParameter.PATH)
LIST_PARAMETERS = [
    OpenApiParameter(
        "search",
        OpenApiTypes.STR,
        description="words or their beginnings, each of which must occur in a SKU, the name, a category or the description; "
        "parts of words are found in names",
    ),
    OpenApiParameter("category", OpenApiTypes.STR, description="slug, id or name; includes its subcategories"),
    OpenApiParameter("min_price", OpenApiTypes.STR, description="in the market's currency"),
    OpenApiParameter("max_price", OpenApiTypes.STR, description="in the market's currency"),
    OpenApiParameter("in_stock", OpenApiTypes.BOOL, description="true: available now; false: sold out"),
    OpenApiParameter("seller", OpenApiTypes.INT, description="the seller's user id"),
    OpenApiParameter("ordering", OpenApiTypes.STR, enum=list(ORDERINGS), description="default: newest; with search: relevance"),
    OpenApiParameter(
        "count",
        OpenApiTypes.BOOL,
        description='adds `pagination.count`, exact up to 10,000, then "10000+"; for frequent words in a catalog of more than '
        '100,000 products exact up to 500, then "500+", or a lower number with a plus sign: at least so many',
    ),
    *PAGE_PARAMETERS,
]


class ProductViewSet(CachedResponseMixin, GenericViewSet[Product]):
    """The products for sale, which staff with the admin's permissions and sellers may change."""

    permission_classes = [CatalogPermission]
    ignores_bad_cookie = True  # an expired session does not close the catalog; a bad Bearer token is still refused
    queryset = Product.objects.none()
    serializer_class = ProductSummaryResponse
    lookup_url_kwarg = "product"
    lookup_value_regex = r"[^/]+"
    schema_tag = "Catalog"
    schema_parameters = (MARKET,)
    cached_actions = frozenset(("list", "retrieve", "categories"))

    @api_schema(
        ProductSummaryResponse(many=True),
        extra=CatalogExtraResponse,
        parameters=LIST_PARAMETERS,
        operation_id="list_products",
    )
    @reads_from_replica
    def list(self, request: Request) -> Reply:
        """List the products for sale in the market. The answer is one page; `pagination.next` is the address of the next."""
        raw = request._request
        page = listing_page.get_page(parse_list_query(raw.GET), get_request_market(raw), get_site_url(raw))
        guess = {} if page.guessed is None else {"search": {"guessed": page.guessed}}
        return Reply(page.rows, extra={"pagination": page.links(request), **guess})

    @api_schema(
        ProductResponse,
        request=ProductInput,
        statuses=(201,),
        operation_id="create_product",
        refusals=(
            CategoryUnknown,
            of_field(ImageNotFound),
            DuplicateOptions,
            PriceNeeded,
            SkuTaken,
            SlugTaken,
        ),
        tag="Catalog management",
    )
    def create(self, request: Request) -> Reply:
        """Create a product. The user is its seller."""
        serializer = ProductInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        new_product = build_new_product(serializer.validated_data, may_create_category=has_rights(request, ("add_category",)))
        created = products.create(get_editor(request, "create"), new_product)
        return build_change_reply(request, created, "Product created successfully", status=201)

    @api_schema(ProductResponse, operation_id="get_product", parameters=[PRODUCT], refusals=(ProductNotFound,))
    @reads_from_replica
    def retrieve(self, request: Request, product: str) -> Reply:
        """Get a product. One that is not for sale is visible to staff and its seller only."""
        return build_product_page(request, product)

    @api_schema(
        ProductResponse,
        request=ProductInput,
        operation_id="replace_product",
        parameters=[PRODUCT, *PRECONDITIONS],
        refusals=CHANGE_REFUSALS,
        tag="Catalog management",
    )
    @if_unchanged
    def update(self, request: Request, product: str) -> Reply:
        """Replace a product. The SKU, the stock and the fields that responses do not include are kept if they are missing."""
        serializer = ProductInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self._save(request, product, serializer.validated_data, is_replacement=True)

    @api_schema(
        ProductResponse,
        request=ProductInput(partial=True),
        operation_id="update_product",
        parameters=[PRODUCT, *PRECONDITIONS],
        refusals=CHANGE_REFUSALS,
        tag="Catalog management",
    )
    @if_unchanged
    def partial_update(self, request: Request, product: str) -> Reply:
        """Update the given fields of a product. A different `stock` is recorded as a movement."""
        serializer = ProductInput(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return self._save(request, product, serializer.validated_data, is_replacement=False)

    def _save(self, request: Request, ref: str, fields: dict[str, Any], *, is_replacement: bool) -> Reply:
        may_create_category = has_rights(request, ("add_category",))
        change = build_product_change(fields, is_replacement=is_replacement, may_create_category=may_create_category)
        previous = get_copied_page(request, ref)
        updated = products.update(get_editor(request, "update", fields), ref, change)
        reply = build_change_reply(request, updated, "Product updated successfully")
        reply.previous = previous
        return reply

    @api_schema(
        ProductResponse,
        operation_id="delete_product",
        parameters=[PRODUCT, *PRECONDITIONS],
        refusals=(
            PreconditionFailed,
            ProductNotFound,
            NotYours,
        ),
        tag="Catalog management",
    )
    @if_unchanged
    def destroy(self, request: Request, product: str) -> Reply:
        """Delete a product. Carts show it as unavailable, orders keep their copies."""
        return build_change_reply(request, products.delete(get_editor(request, "destroy"), product), "Product deleted successfully")

    @api_schema(CategoryNodeResponse(many=True), operation_id="list_categories")
    @action(detail=False, methods=["get"])
    @reads_from_replica
    def categories(self, request: Request) -> Reply:
        """Get the category tree."""
        return Reply(category_tree.get_category_tree())

    @api_schema(
        CategoryResponse,
        request=CategoryInput,
        statuses=(201,),
        operation_id="create_category",
        refusals=(CategoryUnknown,),
        tag="Catalog management",
    )
    @categories.mapping.post
    def create_category(self, request: Request) -> Reply:
        """Create a category."""
        serializer = CategoryInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        fields: dict[str, Any] = serializer.validated_data
        category = category_services.create(fields["name"], parent_id=fields.get("parent_id"), position=fields.get("position", 0))
        return Reply(_serialize_category(category), "Category created successfully", status=201)

    @api_schema(
        CategoryResponse,
        request=CategoryInput(partial=True),
        parameters=[CATEGORY_ID],
        operation_id="update_category",
        refusals=(
            NotFound,
            CategoryUnknown,
        ),
        tag="Catalog management",
    )
    @action(detail=False, methods=["patch"], url_path=r"categories/(?P<category_id>[^/]+)")
    def category(self, request: Request, category_id: str) -> Reply:
        """Rename, move or reorder a category. Its slug does not change."""
        serializer = CategoryInput(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return Reply(
            _serialize_category(category_services.update(parse_part_id(category_id), serializer.validated_data)),
            "Category updated successfully",
        )

    @api_schema(
        None,
        parameters=[CATEGORY_ID],
        operation_id="delete_category",
        refusals=(
            NotFound,
            CategoryInUse,
        ),
        tag="Catalog management",
    )
    @category.mapping.delete
    def remove_category(self, request: Request, category_id: str) -> Reply:
        """Delete an empty category."""
        category_services.delete(parse_part_id(category_id))
        return Reply(None, "Category deleted successfully")


def _serialize_category(category: Category) -> dict[str, Any]:
    return {
        "id": category.pk,
        "name": category.name,
        "slug": category.slug,
        "parent_id": category.parent_id,
        "position": category.position,
    }
