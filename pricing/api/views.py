"""`/api/delivery/`: where the shop delivers."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from core import money
from core.http.caching import CachedResponseMixin
from core.http.envelope import Reply
from core.http.openapi import api_schema
from core.http.openapi.headers import MARKET
from core.http.replica_reads import reads_from_replica
from core.markets import get_request_market
from pricing.api.inputs import parse_place
from pricing.api.responses import DeliveryCheckResponse
from pricing.delivery import lookup
from pricing.delivery.methods import COD
from pricing.exceptions import CountryNeeded, PostalCodeInvalid, PostalCodeNeeded, StateNeeded, refuse_incomplete, refuse_malformed
from products.catalog import offers
from products.exceptions import ProductNotFound

PLACE_PARAMETERS = [
    OpenApiParameter("country", OpenApiTypes.STR, description="ISO 3166 code or English name; default: the market's"),
    OpenApiParameter("postal_code", OpenApiTypes.STR),
    OpenApiParameter("state", OpenApiTypes.STR, description="code or name, where methods differ by state"),
    OpenApiParameter("product_id", OpenApiTypes.STR, description="id, uuid or slug; prices are then for one unit of it"),
]


class DeliveryViewSet(CachedResponseMixin, ViewSet):
    """Where the shop delivers."""

    permission_classes = [AllowAny]
    ignores_bad_cookie = True
    schema_tag = "Catalog"
    schema_parameters = (MARKET,)
    cached_actions = frozenset(("check",))

    @api_schema(
        DeliveryCheckResponse,
        parameters=PLACE_PARAMETERS,
        operation_id="check_delivery",
        refusals=(ProductNotFound, CountryNeeded, StateNeeded, PostalCodeNeeded, PostalCodeInvalid),
    )
    @action(detail=False, methods=["get"])
    @reads_from_replica
    def check(self, request: Request) -> Reply:
        """Check whether the shop delivers to a place, and at which price. For a product page, with `product_id`."""
        query, market = request._request.GET, get_request_market(request._request)
        place = parse_place(query, market)
        refuse_malformed(query.get("postal_code", "").strip(), place.country)
        options = lookup.get_options(market, place)
        refuse_incomplete(options.problem)
        weight = goods = 0
        if product := query.get("product_id", "").strip():
            offer = offers.get_cheapest_offer(market, product)
            weight, goods = offer.weight_grams or 0, money.round_to_minor(offer.price, market.currency)
        prices = options.list_prices(weight, goods)
        return Reply(
            {
                "country": options.place.country,
                "postal_code": options.place.postal_code,
                "serviceable": bool(prices),
                "cod": bool(options.list_methods(weight, COD)),
                "methods": [lookup.serialize_method(method, price, options, market) for method, price in prices],
            }
        )
