"""Shipping zones and their methods in the admin"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from pytest_django import Settings

from core import markets
from pricing.models import PriceRules, ShippingMethod, Zone
from pricing.tests.zones import make_zone
from pricing.zones import suggest_code
from tests.admin.order_pages import read
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.admin.zone_pages import ZONES, list_errors, list_messages, save, save_new
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> Client:
    """The client of a member of staff."""
    return make_superuser_client()


@pytest.fixture
def four_markets(settings: Settings) -> Iterator[None]:
    """A shop with currencies of zero, two and three digits."""
    settings.MARKETS = {"in": "INR", "jp": "JPY", "us": "USD", "kw": "KWD"}
    markets.get_markets.cache_clear()
    yield
    markets.get_markets.cache_clear()


def check(**query: str) -> Any:
    """Return what the shop says about delivery to a place."""
    return SchemaClient().get("/api/delivery/check/", query).json()["data"]


def test_a_new_zone_counts_at_once_and_is_logged(staff: Client) -> None:
    zone = save_new(
        staff,
        countries="India",
        states="Maharashtra, goa",
        postal_from="411 001",
        postal_to="411-062",
        postal_prefixes="40*, 41\n403",
        priority="5",
        methods=[{"days_min": "1", "days_max": "3", "free_from": "999.50", "cod_fee": "30", "cod_max": "5000"}],
    )

    answer = check(postal_code="411001", state="MH")

    assert (zone.countries, zone.states, zone.priority) == (["IN"], ["MH", "GA"], 5)
    assert (zone.postal_from, zone.postal_to, zone.postal_prefixes) == ("411001", "411062", ["40", "41", "403"])
    assert [(method["code"], method["price"], method["free_from"]) for method in answer["methods"]] == [
        ("express", "50.00", "999.50")
    ]
    assert not check(postal_code="560001", state="MH")["serviceable"]
    assert LogEntry.objects.get().get_change_message() == "Added. Added shipping method “Express”."


def test_a_change_counts_at_once_and_is_logged(staff: Client) -> None:
    zone = save_new(staff)

    response = save(staff, zone, methods=[{"price": "75"}])

    assert response.status_code == 302
    assert check()["methods"][0]["price"] == "75.00"
    assert LogEntry.objects.count() == 2


def test_a_method_is_removed_from_its_zone(staff: Client) -> None:
    zone = save_new(staff, methods=[{}, {"code": "post", "name": "Post"}])

    save(staff, zone, methods=[{"DELETE": "on"}, {"code": "post", "name": "Post"}])

    assert [method["code"] for method in check()["methods"]] == ["post"]


@pytest.mark.parametrize("way", ["page", "action"])
def test_a_deleted_zone_is_no_longer_used(staff: Client, way: str) -> None:
    zone = save_new(staff)
    make_zone("Rest", priority=-1, methods={"post": {}})

    if way == "page":
        staff.post(f"{ZONES}{zone.pk}/delete/", {"post": "yes"})
    else:
        staff.post(ZONES, {"action": "delete_selected", "_selected_action": [zone.pk], "post": "yes"})

    assert [method["code"] for method in check()["methods"]] == ["post"]
    assert not ShippingMethod.objects.filter(code="express").exists()
    assert LogEntry.objects.filter(action_flag=3).count() == 1


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": "\u200b"}, {"name": ["Enter a name that staff can read."]}),
        (
            {"countries": "IN, Narnia, XX"},
            {"countries": ["Unknown: Narnia, XX. Enter ISO 3166 codes or English names of countries."]},
        ),
        ({"states": "MH", "countries": ""}, {"states": ["Enter exactly one country above: states belong to one."]}),
        (
            {"states": "MH", "countries": "IN, NP"},
            {"states": ["Enter exactly one country above: states belong to one."]},
        ),
        ({"states": "MH, Bavaria"}, {"states": ["Not a state of India: Bavaria."]}),
        ({"postal_from": "411001"}, {"postal_to": ["Enter both ends of the range, or neither."]}),
        ({"postal_to": "411001"}, {"postal_from": ["Enter both ends of the range, or neither."]}),
        ({"postal_from": "411062", "postal_to": "411001"}, {"postal_to": ["The range must end after it begins."]}),
        (
            {"countries": "", "postal_from": "1000", "postal_to": "20000"},
            {"postal_to": ["Both ends must have the same length."]},
        ),
        (
            {"postal_from": "4110", "postal_to": "4119"},
            {
                "postal_from": ["This is not a whole postal code of India. Enter beginnings of postal codes below."],
                "postal_to": ["This is not a whole postal code of India. Enter beginnings of postal codes below."],
            },
        ),
        ({"postal_prefixes": "40, *"}, {"postal_prefixes": ["Not the beginning of a postal code: *."]}),
        ({"market": "zz"}, {"market": ["Select a valid choice. zz is not one of the available choices."]}),
        ({"priority": "40000"}, {"priority": ["Ensure this value is less than or equal to 10000."]}),
    ],
)
def test_a_zone_that_no_address_fits_is_refused(staff: Client, fields: dict[str, str], errors: dict[str, list[str]]) -> None:
    response = save(staff, **fields)

    assert list_errors(response) == errors
    assert not Zone.objects.exists()


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"name": "\u200b"}, {"0-name": ["Enter a name that buyers can read."]}),
        ({"price": "10.005"}, {"0-price": ["INR has 2 decimal places."]}),
        ({"price": "-1"}, {"0-price": ["Ensure this value is greater than or equal to 0."]}),
        ({"price": ""}, {"0-price": ["This field is required."]}),
        (
            {"free_from": "0"},
            {"0-free_from": ["Enter an amount above 0, or leave it empty. A method that is always free has the price 0."]},
        ),
        ({"days_min": "5", "days_max": "3"}, {"0-days_max": ["Enter at least as many days as the minimum."]}),
        ({"days_max": "366"}, {"0-days_max": ["Enter 365 or less."]}),
        (
            {"max_weight_grams": "0"},
            {"0-max_weight_grams": ["Enter a weight from 1 to 100,000,000, or leave it empty for any weight."]},
        ),
        ({"code": "two words"}, {"0-code": ["Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."]}),
        ({"code": "post"}, {"0-code": ["Another method has this code. post-2 is free."]}),
    ],
)
def test_a_method_that_cannot_be_charged_is_refused(staff: Client, fields: dict[str, Any], errors: dict[str, list[str]]) -> None:
    make_zone()

    response = save(staff, methods=[fields])

    assert list_errors(response) == errors
    assert Zone.objects.count() == 1


@pytest.mark.parametrize(
    ("countries", "typed"),
    [
        ("IN", "70-74"),
        ("IN", "70 – 74, 80"),
        ("IN", "70* to 74*"),
        ("IN, NP", "70-74"),
        ("", "70-74"),
        ("GB", "AB1-AB4"),
        ("JP", "10-12"),
        ("US", "100-102"),
        ("PT", "1000-1999"),
    ],
)
def test_a_range_is_not_the_beginning_of_a_postal_code(staff: Client, countries: str, typed: str) -> None:
    response = save(staff, countries=countries, postal_prefixes=typed)

    text = f"This looks like a range: {typed.removesuffix(', 80')}."
    assert list_errors(response) == {
        "postal_prefixes": [f"{text} Enter each beginning by itself, such as 70, 71, 72, or use the range."]
    }
    assert not Zone.objects.exists()


@pytest.mark.parametrize(
    ("countries", "typed", "stored"),
    [
        ("JP", "100-0001, 101-000", ["1000001", "101000"]),
        ("PL", "00-95", ["0095"]),
        ("BR", "40301-110", ["40301110"]),
        ("US", "10001-1234", ["10001"]),
        ("IR, IN", "11936-12345", ["1193612345"]),
        ("CA", "H3Z-2Y7", ["H3Z2Y7"]),
        ("LV", "LV-10", ["10"]),
        ("", "100-0001", ["1000001"]),
    ],
)
def test_the_hyphen_of_a_postal_code_does_not_count(staff: Client, countries: str, typed: str, stored: list[str]) -> None:
    assert save_new(staff, countries=countries, postal_prefixes=typed).postal_prefixes == stored


def test_cash_on_delivery_is_switched_off_while_its_amounts_stand(staff: Client) -> None:
    zone = save_new(staff, methods=[{"cod_fee": "10", "cod_max": "1000"}])

    response = save(staff, zone, methods=[{"cod": None, "cod_fee": "10", "cod_max": "1000"}])

    assert response.status_code == 302
    assert check()["methods"][0]["price"] == "50.00"
    assert not check()["cod"]


def test_the_texts_of_a_method_are_plain(staff: Client) -> None:
    page = read(staff.get(f"{ZONES}add/"))

    assert "Unique in the shop; empty: made from the name" in page
    assert "<span>Add another shipping method</span>" in page


def test_the_price_of_a_new_method_is_to_be_entered(staff: Client) -> None:
    zone = make_zone(methods={"post": {"price": "50"}})

    def get_prices(path: str) -> list[str | None]:
        formset = staff.get(path).context["inline_admin_formsets"][0].formset
        return [form["price"].value() for form in (*formset.forms, formset.empty_form)]

    assert get_prices(f"{ZONES}add/") == [None, None]
    assert get_prices(f"{ZONES}{zone.pk}/change/") == ["50.00", None]


@pytest.mark.usefixtures("four_markets")
@pytest.mark.parametrize(("price", "error"), [("1.5", "JPY has 0 decimal places."), ("100", None)])
def test_amounts_have_the_digits_of_the_market(staff: Client, price: str, error: str | None) -> None:
    response = save(staff, market="jp", methods=[{"price": price}])

    assert (list_errors(response)["0-price"] if error else response.status_code) == ([error] if error else 302)


@pytest.mark.usefixtures("four_markets")
def test_a_zone_that_moves_to_another_market_is_checked_in_its_currency(staff: Client) -> None:
    zone = save_new(staff, methods=[{"price": "10.50"}])

    response = save(staff, zone, market="jp", methods=[{"price": "10.50"}])

    assert list_errors(response) == {"0-price": ["JPY has 0 decimal places."]}


@pytest.mark.usefixtures("four_markets")
def test_amounts_are_multiples_of_what_can_be_charged(staff: Client) -> None:
    response = save(staff, market="kw", methods=[{"price": "1.005"}])

    assert list_errors(response) == {"0-price": ["Enter a multiple of 0.010 KWD."]}


def test_codes_that_are_left_empty_are_made_from_the_names(staff: Client) -> None:
    make_zone(methods={"express": {}})

    save_new(staff, methods=[{"code": ""}, {"code": ""}, {"code": "", "name": "Über Nacht!"}, {"code": "", "name": "快递"}])

    assert list(ShippingMethod.objects.values_list("code", flat=True)) == [
        *("express", "express-2", "express-3", "uber-nacht", "delivery"),
    ]


def test_a_code_that_is_too_long_is_cut() -> None:
    make_zone(methods={"a" * 40: {}})

    assert suggest_code("A" * 100) == "a" * 38 + "-2"


def test_staff_hear_that_a_zone_delivers_nothing(staff: Client) -> None:
    save(staff, methods=[{"is_active": None}])

    assert "Nothing is delivered to India: it has no active method." in list_messages(staff)


def test_staff_hear_that_the_market_no_longer_delivers_in_its_own_country(staff: Client) -> None:
    save(staff, name="Nepal", countries="NP")

    assert "Nothing is delivered to India, the country of market in: no zone is for it." in list_messages(staff)


WIDE = {"countries": ["IN"], "priority": 1}


@pytest.mark.parametrize(
    ("wide", "narrow", "is_hidden"),
    [
        ({}, {"countries": ["IN"]}, True),
        ({"countries": ["IN", "NP"]}, {"countries": ["NP"]}, True),
        ({"countries": ["IN"]}, {"countries": ["IN", "NP"]}, False),
        ({"countries": ["IN"]}, {}, False),
        (WIDE, {"countries": ["IN"], "states": ["MH"]}, True),
        ({**WIDE, "states": ["MH"]}, {"countries": ["IN"]}, False),
        ({**WIDE, "states": ["MH", "GA"]}, {"countries": ["IN"], "states": ["GA"]}, True),
        ({**WIDE, "postal_prefixes": ["40"]}, {"countries": ["IN"]}, False),
        ({**WIDE, "postal_prefixes": ["40"]}, {"countries": ["IN"], "postal_prefixes": ["400", "401"]}, True),
        ({**WIDE, "postal_prefixes": ["400"]}, {"countries": ["IN"], "postal_prefixes": ["40"]}, False),
        ({**WIDE, "postal_prefixes": ["4"]}, {"countries": ["IN"], "postal_from": "400001", "postal_to": "499999"}, True),
        ({**WIDE, "postal_prefixes": ["4"]}, {"countries": ["IN"], "postal_from": "400001", "postal_to": "500000"}, False),
        (
            {**WIDE, "postal_from": "400001", "postal_to": "400999"},
            {"countries": ["IN"], "postal_from": "400100", "postal_to": "400200"},
            True,
        ),
        (
            {**WIDE, "postal_from": "400001", "postal_to": "400999"},
            {"countries": ["IN"], "postal_from": "400100", "postal_to": "401000"},
            False,
        ),
        (
            {**WIDE, "postal_from": "400001", "postal_to": "400999"},
            {"countries": ["IN"], "postal_from": "400100", "postal_to": "400200", "postal_prefixes": ["5"]},
            False,
        ),
    ],
)
def test_the_list_tells_of_zones_that_are_never_used(
    staff: Client, wide: dict[str, Any], narrow: dict[str, Any], is_hidden: bool
) -> None:
    make_zone("Wide", methods={"a": {}}, **{"priority": 1, **wide})
    make_zone("Narrow", methods={"b": {}}, **narrow)

    page = read(staff.get(ZONES))

    assert ("Narrow is never used: Wide is tried before it, and fits all of its addresses." in page) is is_hidden


def test_a_zone_of_another_market_hides_nothing(staff: Client) -> None:
    make_zone("Wide", market="us", priority=1, methods={"a": {}})
    make_zone("Narrow", methods={"b": {}})

    assert "is never used" not in read(staff.get(ZONES))


def test_the_list_shows_what_zones_are_for_and_finds_them_by_method(staff: Client) -> None:
    make_zone("Pune", countries=["IN"], states=["MH"], postal_from="411001", postal_to="411062", methods={"bike": {}})
    make_zone("Abroad", countries=["NP", "LK", "BD", "BT"], market="us", methods={})

    everything, found = read(staff.get(ZONES)), read(staff.get(ZONES, {"q": "bike"}))

    assert "411001 to 411062 in MH" in everything
    assert "Nepal, Sri Lanka, Bangladesh and 1 more" in everything
    assert "nothing is delivered" in everything
    assert "Pune" in found
    assert "Abroad" not in found.partition("result_list")[2]


def test_a_list_of_zones_takes_as_many_statements_as_one_zone(staff: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(20):
        make_zone(f"Zone {number}", countries=["NP"], methods={f"m{number}": {}})

    with django_assert_max_num_queries(14):
        staff.get(ZONES)


def test_the_page_of_a_zone_takes_as_many_statements_for_ten_methods_as_for_two(
    staff: Client, django_assert_max_num_queries: Any
) -> None:
    zone = make_zone(methods={f"m{number}": {} for number in range(10)})

    with django_assert_max_num_queries(6):
        staff.get(f"{ZONES}{zone.pk}/change/")


def test_staff_who_may_only_view_zones_see_them_as_text() -> None:
    zone = make_zone("Pune", countries=["IN"], postal_prefixes=["411"], methods={"bike": {"price": "50", "cod_fee": "30"}})
    clerk = make_staff_client("view_zone")

    page = read(clerk.get(f"{ZONES}{zone.pk}/change/"))
    refused = save(clerk, zone)

    assert "411…" in page
    assert "₹50.00" in page
    assert "yes, fee ₹30.00" in page
    assert 'name="countries"' not in page
    assert 'name="methods-0-price"' not in page
    assert refused.status_code == 403
    assert PriceRules.objects.get(market="in").delivery["zones"][0]["methods"][0]["price"] == 5000


def test_staff_who_may_change_zones_change_their_methods() -> None:
    zone = make_zone(methods={"express": {"price": "10"}})
    clerk = make_staff_client("change_zone")

    response = save(clerk, zone, methods=[{"price": "20"}])

    assert response.status_code == 302
    assert ShippingMethod.objects.get().price == Decimal(20)


def test_staff_without_a_permission_see_no_zones() -> None:
    clerk = make_staff_client("view_promotion")

    assert clerk.get(ZONES).status_code == 403
    assert "Shipping zones" not in read(clerk.get("/admin/"))
