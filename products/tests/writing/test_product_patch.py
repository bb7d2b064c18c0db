"""PATCH /api/products/<pk>/: only what is named changes"""

from decimal import Decimal
from typing import Any

import pytest

from products.models import MarketPrice, Product, Variant
from products.services import listings
from products.tests.editors import (
    assert_refused,
    catalog,
    detail,
    facts,
    history,
    listed,
    make_tee,
    movements,
    on_record,
    seller,
    sold_by,
    staff,
    variant,
)
from products.tests.factories import add_picture, change_variant, make_category, make_product

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"name": "Table lamp"}, {"name": "Table lamp"}),
        ({"description": "New"}, {"description": "New"}),
        ({"description": ""}, {"description": ""}),
        ({"price": "25"}, {"price": "25.00"}),
        ({"compare_at_price": "40"}, {"compare_at_price": "40.00"}),
        ({"compare_at_price": None}, {"compare_at_price": None}),
        ({"stock": 3}, {"stock": 3, "is_low_stock": True}),
        ({"low_stock_threshold": 10}, {"is_low_stock": True}),
        ({"category": None}, {"category": None}),
        ({"slug": "other"}, {"slug": "other"}),
        ({"is_active": False}, {"is_available": False}),
        ({}, {}),
    ],
)
def test_only_what_is_named_changes(given: dict[str, Any], shown: dict[str, Any]) -> None:
    client = seller()
    lamp = sold_by("seller@example.com", description="Old", category=make_category("Lighting"), prices={"us": "2.00"}, sku="L-1")
    change_variant("L-1", compare_at_price=30)
    before = client.get(f"/api/products/{lamp.pk}/").json()["data"]

    response = client.patch(f"/api/products/{lamp.pk}/", given)

    assert response.status_code == 200
    assert response.json()["message"] == "Product updated successfully"
    after = response.json()["data"]
    assert {name: value for name, value in after.items() if name != "variants" and value != before[name]} == shown
    assert client.get(f"/api/products/{lamp.pk}/").json()["data"] == after
    row = variant("L-1")
    assert (row.product_id, row.deleted_at) == (lamp.pk, None)
    assert dict(MarketPrice.objects.values_list("market", "price")) == {"us": Decimal(2)}


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_product_is_named_by_id_uuid_or_slug(method: str) -> None:
    lamp = make_product("Desk lamp")
    client = staff()

    for number, ref in enumerate([lamp.pk, f"0{lamp.pk}", lamp.uuid, str(lamp.uuid).upper(), "desk-lamp"]):
        response = getattr(client, method)(f"/api/products/{ref}/", {"name": f"Lamp {number}", "price": "20"})
        assert (response.status_code, response.json()["data"]["name"]) == (200, f"Lamp {number}")


@pytest.mark.parametrize("sent_back_by", ["put", "patch"])
@pytest.mark.parametrize("rich", [False, True])
def test_what_get_answered_changes_nothing_when_it_is_sent_back(rich: bool, sent_back_by: str) -> None:
    shelf = make_category("Lighting")
    lamp = make_tee(category=shelf, description="Cotton") if rich else make_product(category=shelf, description="Brass")
    Variant.objects.update(reserved=1, compare_at_price=50)
    listings.list_anew([lamp.pk])
    client = staff()
    body = client.get(f"/api/products/{lamp.pk}/").json()["data"]
    before = facts()

    response = getattr(client, sent_back_by)(f"/api/products/{lamp.pk}/", body)

    assert response.status_code == 200
    assert response.json()["data"] == body
    assert facts() == before


@pytest.mark.parametrize("sent_back_by", ["put", "patch"])
@pytest.mark.parametrize("rich", [False, True])
def test_what_get_answered_without_its_category_changes_nothing_when_it_is_sent_back(rich: bool, sent_back_by: str) -> None:
    lamp = make_tee(description="Cotton") if rich else make_product(description="Brass", prices={"us": "2.00"})
    add_picture(lamp)
    Product.objects.update(low_stock_threshold=2)
    Variant.objects.update(reserved=1, compare_at_price=50)
    client = staff()
    client.patch(f"/api/products/{lamp.pk}/", {})
    body = client.get(f"/api/products/{lamp.pk}/").json()["data"]
    before = facts()

    for given in (body, {name: value for name, value in body.items() if name != "variants"}):
        response = getattr(client, sent_back_by)(f"/api/products/{lamp.pk}/", given)
        assert response.status_code == 200
        assert response.json()["data"] == body

    assert facts() == before


def test_a_stock_that_differs_is_a_movement_of_the_difference() -> None:
    lamp = make_product(sku="L-1", stock=10)
    client = staff()

    for wanted in (7, 7, 12):
        assert client.patch(f"/api/products/{lamp.pk}/", {"stock": wanted}).json()["data"]["stock"] == wanted

    assert movements("L-1") == [(10, "initial", ""), (-3, "correction", ""), (5, "correction", "")]
    assert variant("L-1").stock == 12
    assert variant("L-1").movements.latest("id").user is not None


@pytest.mark.parametrize(("wanted", "delta"), [(0, -6), (6, None), (7, 1), (10, 4)])
def test_units_on_hand_are_what_can_be_bought_and_what_is_reserved(wanted: int, delta: int | None) -> None:
    lamp = make_product(sku="L-1", stock=10)
    Variant.objects.update(reserved=4)

    response = staff().patch(f"/api/products/{lamp.pk}/", {"stock": wanted})

    assert response.json()["data"]["stock"] == wanted
    row = variant("L-1")
    assert (row.stock, row.reserved, on_record("L-1")) == (wanted + 4, 4, wanted + 4)
    assert [one[0] for one in movements("L-1")] == [10, *([delta] if delta else [])]


@pytest.mark.parametrize(
    "given",
    [
        *({"price": "19.99"}, {"price": "25"}, {"stock": 13}, {"stock": 0}, {"compare_at_price": "30"}, {"sku": "TEE"}),
        *({"prices": {"us": "3"}}, {"prices": {"us": None}}, {"compare_at_prices": {"us": "9"}}, {"prices": {"us": "2.00"}}),
    ],
)
@pytest.mark.parametrize("method", ["put", "patch"])
def test_of_several_variants_one_must_be_named_and_nothing_changes(method: str, given: dict[str, Any]) -> None:
    tee = make_tee(description="Cotton")
    client = staff()
    before = catalog()
    whole = {"name": "Shirt", "price": "20"}

    response = getattr(client, method)(f"/api/products/{tee.pk}/", {**whole, **given})

    assert_refused(response, 400, "variant_required", "variant_id")
    assert catalog() == before


@pytest.mark.parametrize("method", ["put", "patch"])
def test_of_several_variants_what_is_shown_already_may_be_named(method: str) -> None:
    tee = make_tee()
    Variant.objects.filter(sku="TEE-M").update(reserved=3)
    given = {"name": "Shirt", "price": 20.0, "stock": 11, "compare_at_price": None, "sku": "", "prices": {}}

    response = getattr(staff(), method)(f"/api/products/{tee.pk}/", given)

    assert response.status_code == 200
    assert response.json()["data"]["name"] == "Shirt"
    assert [(row.sku, row.price, row.stock) for row in Variant.objects.order_by("id")] == [("TEE-S", 20, 4), ("TEE-M", 25, 10)]
    assert (movements("TEE-S"), history("TEE-S"), history("TEE-M")) == ([(4, "initial", "")], ["20.00"], ["25.00"])


def test_a_sku_is_changed_and_a_taken_one_refused() -> None:
    make_product("Mug", sku="TAKEN")
    lamp = make_product(sku="L-1")
    client = staff()

    assert client.patch(f"/api/products/{lamp.pk}/", {"sku": "L-2"}).json()["data"]["variants"][0]["sku"] == "L-2"
    before = catalog()
    response = client.patch(f"/api/products/{lamp.pk}/", {"name": "Other", "sku": "TAKEN", "stock": 3})

    assert_refused(response, 400, "sku_taken", "sku")
    assert catalog() == before
    assert client.patch(f"/api/products/{lamp.pk}/", {"sku": ""}).json()["data"]["variants"][0]["sku"] == "L-2"


def test_search_follows_name_and_text() -> None:
    lamp = make_product("Desk lamp", description="brass")
    client = staff()

    client.patch(f"/api/products/{lamp.pk}/", {"name": "Caf\u00e9 kettle", "description": "copper"})

    found = {word: [one["id"] for one in listed(search=word)] for word in ("lamp", "brass", "cafe", "kettle", "copper")}
    assert found == {"lamp": [], "brass": [], "cafe": [lamp.pk], "kettle": [lamp.pk], "copper": [lamp.pk]}
    assert [one["id"] for one in listed(search="kettel")] == [lamp.pk]  # the new word is known to whoever mistypes it


def test_the_price_is_the_default_markets_whatever_market_is_looked_at() -> None:
    lamp = make_product(sku="L-1", price="500", prices={"us": "5"})

    response = staff().patch(f"/api/products/{lamp.pk}/", {"price": "600", "prices": {"us": "6"}}, headers={"X-Market": "us"})

    assert (response.json()["data"]["price"], response.json()["data"]["currency"]) == ("6.00", "USD")
    assert (detail(lamp)["price"], detail(lamp, "us")["price"]) == ("600.00", "6.00")
    assert (history("L-1"), history("L-1", "us")) == (["500.00", "600.00"], ["5.00", "6.00"])


@pytest.mark.parametrize("rich", [False, True])
def test_what_get_answered_in_another_market_changes_nothing_when_it_is_sent_back(rich: bool) -> None:
    lamp = make_tee() if rich else make_product(prices={"us": "2.00"})
    client = staff()
    body = client.get(f"/api/products/{lamp.pk}/", headers={"X-Market": "us"}).json()["data"]
    before = facts()

    client.patch(f"/api/products/{lamp.pk}/", body, headers={"X-Market": "us"})

    assert facts() == before
