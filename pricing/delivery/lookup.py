"""Reads how a market delivers to a place: one statement, also as columns of a cart's."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, NamedTuple

from django.db import models
from django.db.models import Exists, QuerySet, Subquery
from django.utils import timezone

from core import money
from core.compiled_queries import CompiledRows, Param
from core.markets import Market
from pricing.delivery import methods
from pricing.delivery.methods import AreaService, DeliveryOptions, Method
from pricing.delivery.places import Place, build_place
from pricing.models import PriceRules, ServiceArea


def select_areas(market: Any) -> QuerySet[ServiceArea]:
    """Return the service areas in a market that a compiled query's params `country` and `postal_code` name."""
    country, postal_code = (Param(name, models.CharField()) for name in ("country", "postal_code"))
    return ServiceArea.objects.filter(market=market, country=country, postal_code=postal_code).order_by()


def select_days(areas: QuerySet[ServiceArea]) -> Subquery:
    """Return the days of the fastest carrier."""
    return Subquery(areas.filter(days__isnull=False).order_by("days").values("days")[:1])


_areas = select_areas(Param("market", models.CharField()))


class MarketRow(NamedTuple):
    """What a market has derived for delivery, and what carriers do at a place."""

    delivery: Any
    prepaid: Annotated[bool, Exists(_areas.filter(prepaid=True))]
    cod: Annotated[bool, Exists(_areas.filter(cod=True))]
    days: Annotated[int | None, select_days(_areas)]


SELECT_MARKET = CompiledRows(MarketRow, lambda: PriceRules.objects.filter(market=Param("market", models.CharField())))


def get_options(market: Market, place: Place) -> DeliveryOptions:
    """Return how a market delivers to a place; one statement."""
    row = SELECT_MARKET.first(market=market.code, country=place.country, postal_code=place.postal_code)
    if row is None:
        return methods.resolve({}, market, place, AreaService())
    return methods.resolve(row.delivery, market, place, AreaService(row.prepaid, row.cod, row.days))


def list_general_methods(markets: Iterable[Market]) -> dict[str, Sequence[Method]]:
    """Return the methods by market for an address of which nothing but the market is known; one statement."""
    derived = dict(PriceRules.objects.values_list("market", "delivery"))
    options = {}
    for market in markets:
        zones = {**derived.get(market.code, {}), "area_countries": []}
        options[market.code] = methods.resolve(zones, market, build_place(market), AreaService()).methods
    return options


def serialize_method(method: Method, price: int, options: DeliveryOptions, market: Market) -> dict[str, Any]:
    """Return a method as the API shows it, with the price of a basket."""
    earliest, latest = options.get_dates(method, timezone.localdate())
    return {
        "code": method.code,
        "name": method.name,
        "price": money.format_minor(price, market.currency),
        "free_from": None if method.free_from is None else money.format_minor(method.free_from, market.currency),
        "earliest": earliest,
        "latest": latest,
    }
