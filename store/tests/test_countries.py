"""GET /api/config/countries/"""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from carts.tests.factories import add_to_cart
from orders.address_forms import list_address_forms
from orders.address_rules import get_country_rules
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

FULL = {"line1": "1 Long Road", "line2": "", "city": "Town", "state": "Area"}


def get_form(api: SchemaClient, code: str) -> dict[str, Any]:
    """Return the form of a country."""
    rows: list[dict[str, Any]] = api.get("/api/config/countries/").json()["data"]
    (form,) = [row for row in rows if row["code"] == code]
    return form


@pytest.mark.parametrize(
    ("code", "name", "fields", "required", "labels", "example"),
    [
        ("IN", "India", "line1 line2 city state postal_code", "line1 city postal_code", "City State PIN code", "110034"),
        (
            "US",
            "United States of America",
            "line1 line2 city state postal_code",
            "line1 city postal_code",
            "City State ZIP code",
            "95014",
        ),
        (
            "GB",
            "United Kingdom",
            "line1 line2 city postal_code",
            "line1 city postal_code",
            "Town or city State or region Postal code",
            "EC1Y 8SY",
        ),
        ("AE", "United Arab Emirates", "line1 line2 state", "line1 state", "City Emirate Postal code", ""),
        ("XK", "Kosovo", "line1 line2 city postal_code", "line1 city", "City State or region Postal code", "10000"),
        ("IE", "Ireland", "line1 line2 city state postal_code", "line1 city", "City County Eircode", "A65 F4E2"),
    ],
)
def test_each_country_says_what_its_addresses_hold_and_how_that_is_called(
    api: SchemaClient, code: str, name: str, fields: str, required: str, labels: str, example: str
) -> None:
    form = get_form(api, code)

    assert (form["name"], form["fields"], form["required"]) == (name, fields.split(), required.split())
    assert " ".join(form["labels"][part] for part in ("city", "state", "postal_code")) == labels
    assert form["postal_code_example"] == example


def test_all_countries_are_listed_by_name_without_a_statement(
    api: SchemaClient, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        response = api.get("/api/config/countries/")

    names = [row["name"] for row in response.json()["data"]]
    assert len(names) == 250
    assert names[:3] == ["Afghanistan", "Åland Islands", "Albania"]
    assert response["Cache-Control"] == "public, max-age=3600"


@pytest.mark.parametrize("form", list_address_forms(), ids=lambda form: form.code)
def test_what_the_form_requires_is_what_the_checkout_requires(form: Any) -> None:
    filled = {**FULL, "postal_code": form.postal_code_example}
    only_required = {name: filled[name] if name in form.required else "" for name in filled}
    rules = get_country_rules(form.code)

    assert set(form.required) <= set(form.fields)
    assert rules.find_problems(only_required, checks_format=False) == {}
    for name in form.required:
        assert rules.find_problems({**only_required, name: ""}, checks_format=False), name


@pytest.mark.django_db
def test_a_shop_with_lax_rules_requires_a_street_only(api: SchemaClient, settings: Settings) -> None:
    settings.ADDRESS_RULES = "lax"
    add_to_cart(api, make_product())

    form = get_form(api, "IN")
    order = {
        "payment_method": "cod",
        "phone": "+919876543210",
        "name": "Ada",
        "email": "a@example.com",
        "address": {"line1": "Hill", "country": "IN"},
    }

    assert form["required"] == ["line1"]
    assert api.post("/api/orders/create/", order).status_code == 201
