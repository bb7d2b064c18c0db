"""How the demo shop delivers: within India by the first digits of the PIN code, within the United States by state."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from core.markets import Market
from pricing import rules
from pricing.models import ShippingMethod, Zone
from store.demo.catalog import FILE_MARKETS

METRO_PREFIXES = ["110", "400", "411", "500", "560", "600", "700"]  # Delhi, Mumbai, Pune, Hyderabad, Bengaluru, Chennai, Kolkata
NOT_SERVED = "194101"  # Leh
CONTIGUOUS_STATES = [
    *("AL", "AZ", "AR", "CA", "CO", "CT", "DE", "DC", "FL", "GA", "ID", "IL", "IN", "IA", "KS", "KY", "LA"),
    *("ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND", "OH"),
    *("OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY"),
]
Methods = dict[str, dict[str, Any]]  # columns by code
ZONES: dict[str, list[tuple[dict[str, Any], Methods]]] = {
    "in": [
        ({"name": "Leh (not served)", "countries": ["IN"], "postal_from": NOT_SERVED, "postal_to": NOT_SERVED, "priority": 20}, {}),
        (
            {"name": "Metro cities", "countries": ["IN"], "postal_prefixes": METRO_PREFIXES, "priority": 10},
            {
                "metro": {"name": "Standard delivery", "price": 49, "free_from": 999, "days_min": 2, "days_max": 4},
                "express": {"name": "Express delivery", "price": 149, "days_min": 1, "days_max": 1},
            },
        ),
        (
            {"name": "Rest of India", "countries": ["IN"]},
            {
                "india": {
                    **{"name": "Standard delivery", "price": 79, "free_from": 1999, "days_min": 4, "days_max": 8},
                    **{"cod_fee": 40, "cod_max": 25000},
                },
            },
        ),
    ],
    "us": [
        (
            {"name": "Contiguous states", "countries": ["US"], "states": CONTIGUOUS_STATES},
            {
                "us-ground": {"name": "Ground", "price": "5.99", "free_from": 75, "days_min": 3, "days_max": 6},
                "us-express": {"name": "Express", "price": "19.99", "days_min": 1, "days_max": 2},
            },
        ),
        (
            {"name": "Alaska and Hawaii", "countries": ["US"], "states": ["AK", "HI"]},
            {"us-far": {"name": "Air mail", "price": "14.99", "days_min": 6, "days_max": 12}},
        ),
    ],
}


@transaction.atomic
def create_zones(markets: Iterable[Market]) -> None:
    """Create the zones of the markets whose currency is that of the demo, unless the shop has zones; elsewhere SHIPPING holds."""
    if Zone.objects.exists():
        return
    for market in markets:
        if FILE_MARKETS.get(market.code) == market.currency:
            _create_zones(market)
    rules.rebuild()


def _create_zones(market: Market) -> None:
    for columns, methods in ZONES[market.code]:
        zone = Zone.objects.create(market=market.code, **columns)
        for code, values in methods.items():
            ShippingMethod.objects.create(zone=zone, code=code, **values)
