"""How places are compared, and which zone one is in"""

from datetime import date
from typing import Any

import pytest

from core.markets import get_market
from pricing.delivery.methods import AreaService, DeliveryOptions, Method, find_zone, resolve
from pricing.delivery.places import Place, build_place

INDIA = get_market("in")
TODAY = date(2026, 11, 29)


def zone(name: str, **conditions: Any) -> dict[str, Any]:
    """Return a derived zone with a method of its name."""
    empty: dict[str, Any] = {"countries": [], "states": [], "postal_from": "", "postal_to": "", "postal_prefixes": []}
    return {**empty, "methods": [{"code": name, "name": name}], **conditions}


def find(zones: list[dict[str, Any]], place: Place) -> str:
    """Return the method of the zone of a place, or why there is none."""
    found, problem = find_zone(zones, place)
    return problem if found is None else found["methods"][0]["code"]


def test_a_place_without_a_country_is_in_that_of_the_market() -> None:
    assert build_place(INDIA, postal_code="411 001", state="Maharashtra") == Place("IN", "411001", "MH")
    assert build_place(INDIA, country="Germany") == Place("DE")
    assert build_place(INDIA, country="Atlantis") == Place("")


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place("IN", "411001"), "range"),
        (Place("IN", "411999"), "range"),
        (Place("IN", "412000"), "india"),
        (Place("IN", "4110011"), "india"),
        (Place("IN", "560034"), "prefix"),
        (Place("IN", "600001", "TN"), "state"),
        (Place("IN", "600001", "KA"), "india"),
        (Place("IN"), "india"),
        (Place("DE", "411001"), "not_serviceable"),
        (Place(""), "country_needed"),
    ],
)
def test_the_first_zone_that_fits_counts(place: Place, expected: str) -> None:
    zones = [
        zone("range", countries=["IN"], postal_from="411000", postal_to="411999"),
        zone("prefix", countries=["IN"], postal_prefixes=["56", "57"]),
        zone("state", countries=["IN"], states=["TN"]),
        zone("india", countries=["IN"]),
    ]

    assert find(zones, place) == expected


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place("IN"), "postal_code_needed"),
        (Place("IN", "700001"), "not_serviceable"),
        (Place("US"), "state_needed"),
        (Place("US", state="CA"), "state"),
        (Place("US", state="HI"), "not_serviceable"),
        (Place("", "411001", "hawaii"), "country_needed"),
        (Place("DE"), "not_serviceable"),
    ],
)
def test_what_is_missing_is_asked_for_only_if_it_can_help(place: Place, expected: str) -> None:
    zones = [
        zone("range", countries=["IN"], postal_from="411000", postal_to="411999"),
        zone("state", countries=["US"], states=["CA"]),
    ]

    assert find(zones, place) == expected


def test_a_zone_for_an_unknown_country_has_no_countries() -> None:
    assert find([zone("india", countries=["IN"]), zone("world")], Place("")) == "world"


@pytest.mark.parametrize(
    ("area", "days", "dates"),
    [
        (None, (None, None), (None, None)),
        (None, (2, 4), (date(2026, 12, 1), date(2026, 12, 3))),
        (3, (2, 4), (date(2026, 12, 2), date(2026, 12, 3))),
        (6, (2, 4), (date(2026, 12, 5), date(2026, 12, 5))),
        (6, (None, None), (None, date(2026, 12, 5))),
        (6, (2, None), (date(2026, 12, 5), None)),
    ],
)
def test_a_delivery_takes_at_least_the_days_of_its_area(
    area: int | None, days: tuple[int | None, int | None], dates: tuple[date | None, date | None]
) -> None:
    options, method = DeliveryOptions(days=area), Method("post", "Post", days_min=days[0], days_max=days[1])

    assert options.get_dates(method, TODAY) == dates


@pytest.mark.parametrize(("weight", "price"), [(0, 5000), (1, 6000), (1000, 6000), (1001, 7000)])
def test_each_started_kilogram_costs(weight: int, price: int) -> None:
    assert Method("post", "Post", price=5000, price_per_kg=1000).get_rate(weight).get_price(0) == price


@pytest.mark.parametrize(
    ("area", "expected"),
    [
        (AreaService(), ([], [], [])),
        (AreaService(prepaid=True), (["post", "van"], [], ["post", "van"])),
        (AreaService(cod=True), (["post"], ["post"], [])),
        (AreaService(prepaid=True, cod=True), (["post", "van"], ["post"], ["post", "van"])),
    ],
)
def test_a_country_with_areas_is_limited_to_them(area: AreaService, expected: tuple[list[str], ...]) -> None:
    methods = [{"code": "post", "name": "Post"}, {"code": "van", "name": "Van", "allows_cod": False}]
    data = {"zones": [zone("india", methods=methods)], "area_countries": ["IN"]}

    options = resolve(data, INDIA, Place("IN", "411001"), area)

    found = tuple([method.code for method in options.list_methods(0, payment)] for payment in (None, "cod", "stripe"))
    assert found == expected
    assert options.problem == (None if expected[0] else "not_serviceable")
    assert resolve(data, INDIA, Place("IN"), area).problem == "postal_code_needed"
    assert resolve(data, INDIA, Place("DE"), AreaService()).problem is None
    assert resolve({**data, "zones": [zone("india", methods=[])]}, INDIA, Place("IN"), area).problem == "not_serviceable"


def test_a_method_takes_no_more_than_its_weight() -> None:
    options = DeliveryOptions(methods=[Method("letter", "Letter", max_weight=500), Method("parcel", "Parcel")])

    assert [method.code for method in options.list_methods(500)] == ["letter", "parcel"]
    assert [method.code for method in options.list_methods(501)] == ["parcel"]
