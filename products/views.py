"""`/api/products/`: the catalog."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from products import detail, selectors
from products.filters import ORDERINGS, list_query
from products.models import Product
from products.serializers import ProductDetailShape, ProductItemShape
from store.core.addresses import site_of
from store.core.envelope import Reply
from store.core.markets import market_of
from store.core.openapi import PaginationShape, answers

LIST_PARAMETERS = [
    OpenApiParameter("search", OpenApiTypes.STR, description="words, each of which the name or the text holds"),
    OpenApiParameter("category", OpenApiTypes.STR, description="slug, id or name; what is inside it counts too"),
    OpenApiParameter("min_price", OpenApiTypes.STR, description="in the market's currency"),
    OpenApiParameter("max_price", OpenApiTypes.STR, description="in the market's currency"),
    OpenApiParameter("ordering", OpenApiTypes.STR, enum=list(ORDERINGS), description="default: newest"),
    OpenApiParameter("cursor", OpenApiTypes.STR, description="from `pagination`"),
    OpenApiParameter("page_size", OpenApiTypes.INT, description="1 to 100, default 24"),
]


class ProductViewSet(GenericViewSet[Product]):
    """What is for sale."""

    permission_classes = [AllowAny]
    ignores_bad_cookie = True  # the catalog stays open to whoever was signed in once; a bad Bearer token is still told
    queryset = Product.objects.none()
    serializer_class = ProductItemShape
    lookup_value_regex = r"[^/]+"

    @answers(ProductItemShape(many=True), beside=PaginationShape, parameters=LIST_PARAMETERS)
    def list(self, request: Request) -> Reply:
        """List what is for sale in the market, a page at a time."""
        raw = request._request
        found = selectors.page(list_query(raw.GET), market_of(raw), site_of(raw))
        return Reply(found.rows, beside={"pagination": found.links(request)})

    @answers(ProductDetailShape)
    def retrieve(self, request: Request, pk: str) -> Reply:
        """Get a product by id, uuid or slug."""
        raw = request._request
        return Reply(detail.product(pk, market_of(raw), site_of(raw)))
