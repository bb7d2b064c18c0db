"""Derives what a market's carts need of zones, methods and service areas."""

from typing import Any

from core import money
from core.markets import Market
from core.postal_codes import normalize_postal_code
from core.states import normalize_state
from pricing.models import ServiceArea, ShippingMethod, Zone


def derive(market: Market) -> dict[str, Any]:
    """Return the zones of a market with their active methods, in the order in which they are tried, and where areas count."""
    zones = Zone.objects.filter(market=market.code).order_by("-priority", "id").prefetch_related("methods")
    countries = ServiceArea.objects.filter(market=market.code).order_by("country").values_list("country", flat=True).distinct()
    return {"zones": [_serialize_zone(zone, market) for zone in zones], "area_countries": list(countries)}


def _serialize_zone(zone: Zone, market: Market) -> dict[str, Any]:
    country = zone.countries[0] if len(zone.countries) == 1 else ""
    methods = [method for method in zone.methods.all() if method.is_active]
    return {
        "countries": zone.countries,
        "states": [normalize_state(country, state) for state in zone.states],
        "postal_from": normalize_postal_code(zone.postal_from, country),
        "postal_to": normalize_postal_code(zone.postal_to, country),
        "postal_prefixes": list(filter(None, (normalize_postal_code(prefix, country) for prefix in zone.postal_prefixes))),
        "methods": [_serialize_method(method, market) for method in sorted(methods, key=lambda row: (row.price, row.pk))],
    }


def _serialize_method(method: ShippingMethod, market: Market) -> dict[str, Any]:
    """Return a method with the names of `Method`'s fields."""
    currency = market.currency
    return {
        "code": method.code,
        "name": method.name,
        "price": money.round_to_minor(method.price, currency),
        "free_from": None if method.free_from is None else money.round_to_minor(method.free_from, currency),
        "price_per_kg": money.round_to_minor(method.price_per_kg, currency),
        "max_weight": method.max_weight_grams,
        "days_min": method.days_min,
        "days_max": method.days_max,
        "allows_cod": method.cod,
        "cod_fee": money.round_to_minor(method.cod_fee, currency),
        "cod_max": None if method.cod_max is None else money.round_to_minor(method.cod_max, currency),
    }
