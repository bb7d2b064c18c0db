"""How the shop delivers to a place: pure, in minor units of the market's currency."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from django.conf import settings

from core import money
from core.markets import Market
from pricing.breakdown import DeliveryRate
from pricing.delivery.places import Place

DEFAULT_CODE, DEFAULT_NAME = "standard", "Standard delivery"
GRAMS_PER_KG = 1000
COD = "cod"
NOWHERE = Place()
Problem = Literal["country_needed", "state_needed", "postal_code_needed", "not_serviceable", "too_heavy"]


@dataclass(frozen=True, slots=True)
class Method:
    """A way of delivery. Weights are in grams, days are calendar days."""

    code: str
    name: str
    price: int = 0
    free_from: int | None = None
    price_per_kg: int = 0
    max_weight: int | None = None
    days_min: int | None = None
    days_max: int | None = None
    allows_cod: bool = True
    cod_fee: int = 0
    cod_max: int | None = None

    def get_rate(self, weight: int) -> DeliveryRate:
        """Return what it costs to deliver this weight; a started kilogram counts as a whole one."""
        return get_rate(self.price, self.free_from, self.price_per_kg, weight)

    def takes_weight(self, weight: int) -> bool:
        """Return whether it delivers this weight."""
        return self.max_weight is None or weight <= self.max_weight

    def exceeds_cod_max(self, total: int) -> bool:
        """Return whether a total without the fee is above the limit of Cash on Delivery."""
        return self.cod_max is not None and total > self.cod_max


def get_rate(price: int, free_from: int | None, price_per_kg: int, weight: int) -> DeliveryRate:
    """Return a rate for a weight in grams."""
    return DeliveryRate(price + price_per_kg * -(-weight // GRAMS_PER_KG), free_from)


@dataclass(frozen=True, slots=True)
class AreaService:
    """What the carriers of a postal code do together, and the days that the fastest of them takes."""

    prepaid: bool = False
    cod: bool = False
    days: int | None = None


@dataclass(frozen=True, slots=True)
class DeliveryOptions:
    """The methods for a place, in the order of their base prices, or why there are none."""

    place: Place = NOWHERE
    methods: Sequence[Method] = ()
    problem: Problem | None = None
    takes_prepaid: bool = True
    takes_cod: bool = True
    days: int | None = None

    def list_methods(self, weight: int, payment_method: str | None = None) -> list[Method]:
        """Return the methods that take this weight, and this payment method, or any if none is given."""
        fitting = [method for method in self.methods if method.takes_weight(weight)]
        if payment_method != COD and self.takes_prepaid:
            return fitting
        return [method for method in fitting if method.allows_cod and self.takes_cod] if payment_method in (COD, None) else []

    def list_prices(self, weight: int, goods: int) -> list[tuple[Method, int]]:
        """Return the methods that take this weight with their prices for goods of this value, cheapest first."""
        prices = [(method, method.get_rate(weight).get_price(goods)) for method in self.list_methods(weight)]
        return sorted(prices, key=lambda entry: entry[1])

    def find_problem(self, weight: int) -> Problem | None:
        """Return why this weight is not delivered; None if it is, or if nothing is known."""
        if self.problem is not None or not self.methods or self.list_methods(weight):
            return self.problem
        return "not_serviceable" if any(method.takes_weight(weight) for method in self.methods) else "too_heavy"

    def get_dates(self, method: Method, today: date) -> tuple[date | None, date | None]:
        """Return the earliest and the latest day on which an order of today can arrive; None where it is not known."""
        days_max = self.days if method.days_min is method.days_max is None else method.days_max
        return self._get_date(method.days_min, today), self._get_date(days_max, today)

    def _get_date(self, days: int | None, today: date) -> date | None:
        return None if days is None else today + timedelta(days=max(days, self.days or 0))


UNKNOWN = DeliveryOptions()  # of a cart that is not stored yet


def resolve(data: Mapping[str, Any], market: Market, place: Place, area: AreaService) -> DeliveryOptions:
    """Return how a market delivers to a place, from its derived zones. A market without zones has one default method."""
    zones = data.get("zones") or ()
    methods = [get_default_method(market)]
    if zones:
        zone, problem = find_zone(zones, place)
        if zone is None:
            return DeliveryOptions(place, problem=problem)
        methods = [Method(**method) for method in zone["methods"]]
    if not methods:
        return DeliveryOptions(place, problem="not_serviceable")
    if place.country not in data.get("area_countries", ()):
        return DeliveryOptions(place, methods)
    if not place.postal_code:
        return DeliveryOptions(place, problem="postal_code_needed")
    if not (area.prepaid or area.cod):
        return DeliveryOptions(place, problem="not_serviceable")
    return DeliveryOptions(place, methods, takes_prepaid=area.prepaid, takes_cod=area.cod, days=area.days)


def get_default_method(market: Market) -> Method:
    """Return the method of a market without zones: the flat rate of SHIPPING."""
    price, free_from = settings.SHIPPING.get(market.code, (Decimal(0), None))
    threshold = None if free_from is None else money.to_minor(free_from, market.currency)
    return Method(DEFAULT_CODE, DEFAULT_NAME, money.to_minor(price, market.currency), threshold)


def find_zone(zones: Sequence[Mapping[str, Any]], place: Place) -> tuple[Mapping[str, Any] | None, Problem]:
    """Return the first zone that fits a place, or None and the part of the address without which none fits."""
    problem: Problem = "not_serviceable"
    for zone in zones:
        failed = list(list_failures(zone, place))
        if not failed:
            return zone, problem
        missing = next((name for name in failed if name is not None), None)
        if problem == "not_serviceable" and missing is not None and None not in failed:
            problem = missing
    return None, problem


def list_failures(zone: Mapping[str, Any], place: Place) -> Iterator[Problem | None]:
    """Yield, for each condition that does not hold, what is missing of the place, or None if it is another place."""
    if zone["countries"] and place.country not in zone["countries"]:
        yield None if place.country else "country_needed"
    if zone["states"] and place.state not in zone["states"]:
        yield "country_needed" if not place.country else None if place.state else "state_needed"
    if (zone["postal_from"] or zone["postal_prefixes"]) and not _has_postal_code(zone, place.postal_code):
        yield None if place.postal_code else "postal_code_needed"


def _has_postal_code(zone: Mapping[str, Any], code: str) -> bool:
    """Return whether a postal code is in the zone's range, or has one of its prefixes. Ranges compare codes of equal length."""
    first, last = zone["postal_from"], zone["postal_to"]
    is_in_range = len(code) == len(first) and first <= code <= last
    return bool(code) and (is_in_range or code.startswith(tuple(zone["postal_prefixes"])))
