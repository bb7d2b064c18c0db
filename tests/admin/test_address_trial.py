"""*Try an address*: which zone is used, what its methods cost, and why the others are not used"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format
from pytest_django import Settings

from pricing.tests.zones import make_area, make_zone
from tests.admin.order_pages import read
from tests.admin.staff_clients import make_staff_client
from tests.admin.zone_pages import TRY

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> Client:
    """The client of a member of staff who may view zones."""
    return make_staff_client("view_zone")


def try_address(client: Client, **query: str) -> Any:
    """Return what the page shows for an Indian address."""
    response = client.get(TRY, {"market": "in", **query})
    assert response.status_code == 200
    return response.context


def format_day(days: int) -> str:
    """Return the day after this many days."""
    return date_format(timezone.localdate() + timedelta(days=days), "DATE_FORMAT")


def list_zones(context: Any) -> dict[str, str]:
    """Return what the page says about each zone, without markup."""
    texts = {}
    for link, text in context["zones"]["rows"]:
        name, result = (part.partition(">")[2].partition("<")[0].strip() if part.startswith("<") else part for part in (link, text))
        texts[name] = result
    return texts


def test_the_methods_of_the_zone_that_is_used_have_prices_and_dates(staff: Client) -> None:
    make_zone(
        "India",
        countries=["IN"],
        methods={
            "post": {"price": "50", "free_from": "500", "days_min": 2, "days_max": 4, "cod_fee": "30"},
            "express": {"price": "100", "price_per_kg": "10", "cod": False},
            "parcel": {"price": "10", "cod_max": "400"},
            "letter": {"price": "5", "max_weight_grams": 1000},
            "pigeon": {"is_active": False},
        },
    )

    context = try_address(staff, weight="1200", value="499.99")

    assert context["problem"] == ""
    assert context["place"] == "India"
    assert context["methods"]["rows"] == [
        ["Parcel (parcel)", "₹10.00", "not known", "no: only up to ₹400.00"],
        ["Post (post)", "₹50.00", f"{format_day(2)} to {format_day(4)}", "yes, for ₹30.00"],
        ["Express (express)", "₹120.00", "not known", "no"],
    ]
    assert context["other_methods"]["rows"] == [
        ["Letter (letter)", "It takes up to 1,000 g."],
        ["Pigeon (pigeon)", "It is switched off."],
    ]


def test_delivery_is_free_from_the_value_of_the_goods(staff: Client) -> None:
    make_zone(methods={"post": {"price": "50", "free_from": "500"}})

    assert try_address(staff, value="500")["methods"]["rows"][0][1] == "free"


def test_the_page_says_why_other_zones_are_not_used(staff: Client) -> None:
    make_zone("Goa", countries=["IN"], states=["GA"], priority=9, methods={"a": {}})
    make_zone("Far", countries=["NP"], postal_prefixes=["5"], priority=8, methods={"b": {}})
    make_zone("Mumbai", countries=["IN"], postal_prefixes=["400"], priority=7, methods={"c": {}})
    make_zone("India", countries=["IN"], methods={"d": {}})
    make_zone("World", methods={"e": {}})

    context = try_address(staff, postal_code="411 001")

    assert list_zones(context) == {
        "Goa": "It needs a state.",
        "Far": "It is for other countries and other postal codes.",
        "Mumbai": "It is for other postal codes.",
        "India": "used",
        "World": "It fits, but is tried later.",
    }


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({}, "The address needs a postal code."),
        ({"postal_code": "560001"}, "Nothing is delivered to this address: no zone is for it."),
        ({"postal_code": "194101"}, "Nothing is delivered to this address: the zone has no active method."),
        ({"postal_code": "400001"}, ""),
        ({"postal_code": "400001", "weight": "1001"}, "Nothing of this weight is delivered to this address."),
    ],
)
def test_an_address_that_gets_nothing_is_told_so(staff: Client, query: dict[str, str], problem: str) -> None:
    make_zone("Mumbai", postal_prefixes=["400"], methods={"letter": {"max_weight_grams": 1000}})
    make_zone("Leh", postal_prefixes=["194"], methods={})

    assert try_address(staff, **query)["problem"] == problem


def test_the_carriers_of_the_postal_code_are_listed(staff: Client) -> None:
    make_zone(methods={"post": {"price": "50", "days_max": 1}})
    make_area("411001", cod=False, days=3)

    context, other = try_address(staff, postal_code="411001"), try_address(staff, postal_code="560001")

    assert context["areas"]["rows"] == [["Post", "yes", "no", 3]]
    assert context["methods"]["rows"][0][3] == "no: no carrier takes it at this postal code"
    assert other["areas"]["none"] == "No carrier serves this postal code."
    assert other["problem"] == "Nothing is delivered to this address: no carrier serves its postal code."
    assert other["methods"]["rows"] == other["other_methods"]["rows"] == []
    assert list_zones(other) == {"Everywhere": "It fits."}


def test_an_address_without_a_postal_code_is_told_nothing_but_that_carriers_need_one(staff: Client) -> None:
    make_zone("India", countries=["IN"], methods={"post": {"price": "50"}})
    make_zone("Leh", postal_prefixes=["194"], priority=9, methods={})
    make_area("411001")

    context = try_address(staff)

    assert context["problem"] == "The address needs a postal code."
    assert context["methods"]["rows"] == context["other_methods"]["rows"] == []
    assert list_zones(context) == {"Leh": "It needs a postal code.", "India": "It fits."}
    assert context["areas"] == {"none": "Enter a postal code to see which carriers serve it."}


def test_a_method_without_cash_is_not_offered_where_carriers_only_collect(staff: Client) -> None:
    make_zone(methods={"post": {"price": "50"}, "express": {"cod": False}})
    make_area("411001", prepaid=False)

    context = try_address(staff, postal_code="411001")

    assert context["problem"] == ""
    assert context["methods"]["rows"] == [["Post (post)", "₹50.00", "not known", "yes, and nothing else"]]
    reason = "It does not take Cash on Delivery, and carriers deliver nothing else there."
    assert context["other_methods"]["rows"] == [["Express (express)", reason]]


def test_a_place_where_no_method_takes_the_only_payment_of_its_carriers_gets_nothing(staff: Client) -> None:
    make_zone(methods={"express": {"cod": False}})
    make_area("411001", prepaid=False)

    problem = try_address(staff, postal_code="411001")["problem"]

    assert problem == "Nothing is delivered to this address: carriers only collect cash there, and no method takes it."


def test_a_market_without_zones_has_its_default_method(staff: Client, settings: Settings) -> None:
    settings.SHIPPING = {"in": (Decimal(50), None)}

    context = try_address(staff)

    assert context["methods"]["rows"] == [["Standard delivery (standard)", "₹50.00", "not known", "yes"]]
    assert context["no_zones"] == "The market has no zones, so its default method is used."


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ({"country": "Narnia"}, "This is not a country. Enter its code or its English name."),
        ({"value": "1.005"}, "INR has 2 decimal places."),
        ({"postal_code": "4110"}, "Enter a valid postal code."),
        ({"country": "Nepal", "postal_code": "411001"}, "Enter a valid postal code."),
        ({"value": "-1"}, "Enter an amount from 0 to 9,999,999."),
        ({"value": "10000000"}, "Enter an amount from 0 to 9,999,999."),
        ({"weight": "-1"}, "Ensure this value is greater than or equal to 0."),
        ({"market": "zz"}, "Select a valid choice. zz is not one of the available choices."),
    ],
)
def test_what_is_no_address_is_refused(staff: Client, query: dict[str, str], error: str) -> None:
    page = read(staff.get(TRY, {"market": "in", **query}))

    assert error in page
    assert "Zones, in the order" not in page


def test_the_page_is_for_staff_who_may_view_zones() -> None:
    assert make_staff_client("view_promotion").get(TRY).status_code == 403
