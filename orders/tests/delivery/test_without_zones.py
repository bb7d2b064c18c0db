"""Addresses of any form are ordered to as before where no zone is set; where there are, what is missing is asked for."""

from typing import Any

import pytest
from pytest_django import Settings

from carts.tests.factories import add_to_cart
from orders.tests.factories import ADDRESS, create, database_rows
from pricing.tests.zones import make_area, make_zone
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

PUNE = "Ada Lovelace, 12 MG Road, Pune 411001"
NO_COUNTRY = {name: text for name, text in ADDRESS.items() if name != "country"}
CONTACT = {"name": "Ada Lovelace", "phone": "+91 98765 43210"}
FORMS: dict[str, Any] = {
    "plain text": PUNE,
    "a street alone": {"full_name": "Ada Lovelace", "phone": "+91 98765 43210", "line1": "12 MG Road"},
    "without a country": NO_COUNTRY,
    "without a postal code": {**NO_COUNTRY, "postal_code": ""},
    "an English name": {**ADDRESS, "country": "United Kingdom"},
    "a country of free text": {**ADDRESS, "country": "Blighty"},
    "aliases": {
        "name": "Ada Lovelace",
        "phone": "+91 98765 43210",
        "address_line_1": "12 MG Road",
        "city": "Pune",
        "pincode": "411001",
    },
}
LAX = ("a street alone", "without a postal code")  # refused in India, unless ADDRESS_RULES are lax
OF_INDIA = ("plain text", *LAX)


@pytest.fixture(autouse=True)
def address_rules(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Be lax where a test needs it."""
    if request.node.callspec.params["form"] in LAX:
        settings.ADDRESS_RULES = "lax"


def order_to(api: SchemaClient, form: str) -> Any:
    """Order a lamp of 20.00 to an address of this form."""
    add_to_cart(api, make_product(price="20.00"))
    return create(api, **CONTACT, address=FORMS[form])


@pytest.mark.parametrize("others", ["nothing", "areas of another country", "areas and zones of another market"])
@pytest.mark.parametrize("form", FORMS)
def test_without_zones_every_address_is_ordered_to(api: SchemaClient, form: str, others: str) -> None:
    if others != "nothing":
        make_area("94103", country="US")
    if others == "areas and zones of another market":
        make_zone(market="us", countries=["US"], postal_prefixes=["941"], methods={"local": {"price": "9.00"}})
        make_area("411001", market="us")

    response = order_to(api, form)

    assert response.status_code == 201, response.json()
    order = response.json()["data"]
    assert (order["total"], order["shipping"]["code"], response.json()["warnings"]) == ("20.00", "standard", [])


@pytest.mark.parametrize("form", FORMS)
def test_zones_without_conditions_take_every_address(api: SchemaClient, form: str) -> None:
    make_zone()

    response = order_to(api, form)

    assert (response.status_code, response.json()["data"]["total"]) == (201, "70.00")


@pytest.mark.parametrize("form", OF_INDIA)
def test_an_address_without_a_postal_code_is_in_the_zone_that_needs_none(api: SchemaClient, form: str) -> None:
    make_zone("Pune", countries=["IN"], postal_prefixes=["411"], priority=2, methods={"local": {"price": "10.00"}})
    make_zone("India", countries=["IN"])

    order = order_to(api, form).json()["data"]

    assert (order["shipping"]["code"], order["total"]) == ("post", "70.00")


@pytest.mark.parametrize("form", OF_INDIA)
@pytest.mark.parametrize("need", ["zone", "area"])
def test_a_postal_code_is_asked_for_where_it_decides(api: SchemaClient, need: str, form: str) -> None:
    if need == "zone":
        make_zone("Pune", countries=["IN"], postal_from="411000", postal_to="411999")
        make_zone("London", countries=["GB"], methods={"air": {"price": "90.00"}})
    else:
        make_area("411001")
    add_to_cart(api, make_product(price="20.00"))
    before = database_rows()

    response = create(api, **CONTACT, address=FORMS[form])

    assert (response.status_code, response.json()["code"]) == (400, "postal_code_needed")
    assert list(response.json()["errors"]) == ["address.postal_code"]
    assert database_rows() == before


@pytest.mark.parametrize("form", ["a country of free text"])
def test_a_country_of_free_text_is_asked_for_where_zones_have_countries(api: SchemaClient, form: str) -> None:
    make_zone("India", countries=["IN"])
    add_to_cart(api, make_product(price="20.00"))
    before = database_rows()

    response = create(api, address=FORMS[form])

    assert (response.status_code, response.json()["code"]) == (400, "country_needed")
    assert list(response.json()["errors"]) == ["address.country"]
    assert database_rows() == before
