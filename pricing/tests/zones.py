"""Zones and service areas for tests."""

from typing import Any

from pricing import rules
from pricing.models import ServiceArea, ShippingMethod, Zone


def make_zone(name: str = "Everywhere", *, methods: dict[str, dict[str, Any]] | None = None, **columns: Any) -> Zone:
    """Create a zone of the Indian market with methods, {code: columns}; by default with one for 50.00 that is called `post`."""
    zone = Zone.objects.create(**{"name": name, "market": "in"} | columns)
    for code, values in ({"post": {"price": "50.00"}} if methods is None else methods).items():
        ShippingMethod.objects.create(zone=zone, code=code, **{"name": code.capitalize()} | values)
    rules.rebuild()
    return zone


def change_method(code: str, **columns: Any) -> None:
    """Change a method."""
    ShippingMethod.objects.filter(code=code).update(**columns)
    rules.rebuild()


def make_area(postal_code: str, **columns: Any) -> ServiceArea:
    """Let a carrier serve an Indian postal code."""
    area = ServiceArea.objects.create(**{"market": "in", "country": "IN", "postal_code": postal_code, "carrier": "Post"} | columns)
    rules.rebuild()
    return area
