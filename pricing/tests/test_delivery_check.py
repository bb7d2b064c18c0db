"""GET /api/delivery/check/"""

import pytest
from django.test import Client
from pytest_django import Settings

from pricing.tests.zones import make_area, make_zone
from products.models import Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def test_a_place_with_and_without_cash(api: SchemaClient) -> None:
    make_zone(methods={"post": {"price": "50.00"}})
    make_area("411001")
    make_area("560001", cod=False)

    served = [api.get(f"/api/delivery/check/?postal_code={code}").json()["data"] for code in ("411 001", "560-001", "194101")]

    assert [(place["postal_code"], place["serviceable"], place["cod"]) for place in served] == [
        *(("411001", True, True), ("560001", True, False), ("194101", False, False)),
    ]


def test_a_place_where_no_payment_method_works_is_not_served(api: SchemaClient) -> None:
    make_zone(methods={"van": {"cod": False}})
    make_area("411001", prepaid=False)

    data = api.get("/api/delivery/check/?postal_code=411001").json()["data"]

    assert (data["serviceable"], data["cod"], data["methods"]) == (False, False, [])


def test_where_only_cash_is_taken_methods_without_it_are_not_offered(api: SchemaClient) -> None:
    make_zone(methods={"van": {"cod": False}, "post": {"price": "50.00"}})
    make_area("411001", prepaid=False)

    data = api.get("/api/delivery/check/?postal_code=411001").json()["data"]

    assert (data["serviceable"], data["cod"], [method["code"] for method in data["methods"]]) == (True, True, ["post"])


def test_the_price_is_for_one_unit_of_the_product(api: SchemaClient) -> None:
    make_zone(methods={"post": {"price": "50.00", "price_per_kg": "10.00", "free_from": "900.00", "max_weight_grams": 5000}})
    lamp, shelf = make_product("Lamp", price="500.00"), make_product("Shelf", price="800.00")
    Variant.objects.filter(product=lamp).update(weight_grams=1001)
    Variant.objects.filter(product=shelf).update(weight_grams=5001)

    checks = [
        api.get(f"/api/delivery/check/{query}").json()["data"]["methods"]
        for query in ("", f"?product_id={lamp.pk}", f"?product_id={shelf.pk}")
    ]

    assert [[method["price"] for method in methods] for methods in checks] == [["50.00"], ["70.00"], []]


def test_any_cache_may_keep_it_and_revalidate_it(api: SchemaClient, settings: Settings) -> None:
    settings.CATALOG_MAX_AGE = 60
    make_zone()

    first = api.get("/api/delivery/check/?postal_code=411001")
    again = Client().get("/api/delivery/check/?postal_code=411001", headers={"If-None-Match": first["ETag"]})

    assert first["Cache-Control"] == "public, max-age=60, stale-while-revalidate=120"
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ("", "postal_code_needed", "postal_code"),
        ("?country=US", "state_needed", "state"),
        ("?country=Atlantis", "invalid", "country"),
    ],
)
def test_what_is_missing_is_asked_for(api: SchemaClient, query: str, code: str, field: str) -> None:
    make_zone("Pune", countries=["IN"], postal_prefixes=["411"])
    make_zone("West", methods={"west": {}}, countries=["US"], states=["CA"])

    response = api.get(f"/api/delivery/check/{query}")

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert list(response.json()["errors"]) == [field]


def test_a_product_that_is_not_for_sale_is_not_found(api: SchemaClient) -> None:
    response = api.get("/api/delivery/check/?product_id=no-such-lamp")

    assert (response.status_code, response.json()["code"]) == (404, "product_not_found")
