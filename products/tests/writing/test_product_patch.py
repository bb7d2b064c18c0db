"""PATCH /api/products/<pk>/: only what is named changes"""

from decimal import Decimal
from typing import Any

import pytest

from products.models import MarketPrice, Product, Variant
from products.services import listings
from products.tests.editors import (
    assert_refused,
    dump_catalog,
    dump_without_timestamps,
    get_detail,
    get_variant,
    list_movements,
    list_prices,
    list_products,
    make_product_of,
    make_tee,
    seller_client,
    staff_client,
    sum_movements,
)
from products.tests.factories import add_picture, make_category, make_product, update_variant

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"name": "Table lamp"}, {"name": "Table lamp"}),
        ({"description": "New"}, {"description": "New"}),
        ({"description": ""}, {"description": ""}),
        ({"price": "25"}, {"price": "25.00"}),
        ({"compare_at_price": "40"}, {"compare_at_price": "40.00"}),
        ({"compare_at_price": None}, {"compare_at_price": None}),
        ({"compare_at_price": "0.00"}, {"compare_at_price": None}),
        ({"stock": 3}, {"stock": 3, "is_low_stock": True}),
        ({"low_stock_threshold": 10}, {"is_low_stock": True}),
        ({"category": None}, {"category": None}),
        ({"slug": "other"}, {"slug": "other"}),
        ({"is_active": False}, {"is_available": False}),
        ({}, {}),
    ],
)
def test_only_what_is_named_changes(payload: dict[str, Any], expected: dict[str, Any]) -> None:
    client = seller_client()
    lamp = make_product_of(
        "seller@example.com", description="Old", category=make_category("Lighting"), prices={"us": "2.00"}, sku="L-1"
    )
    update_variant("L-1", compare_at_price=30)
    before = client.get(f"/api/products/{lamp.pk}/").json()["data"]

    response = client.patch(f"/api/products/{lamp.pk}/", payload)

    assert response.status_code == 200
    assert response.json()["message"] == "Product updated successfully"
    after = response.json()["data"]
    assert {name: value for name, value in after.items() if name != "variants" and value != before[name]} == expected
    assert client.get(f"/api/products/{lamp.pk}/").json()["data"] == after
    row = get_variant("L-1")
    assert (row.product_id, row.deleted_at) == (lamp.pk, None)
    assert dict(MarketPrice.objects.values_list("market", "price")) == {"us": Decimal(2)}


@pytest.mark.parametrize("method", ["put", "patch"])
def test_a_product_is_named_by_id_uuid_or_slug(method: str) -> None:
    lamp = make_product("Desk lamp")
    client = staff_client()

    for number, ref in enumerate([lamp.pk, f"0{lamp.pk}", lamp.uuid, str(lamp.uuid).upper(), "desk-lamp"]):
        response = getattr(client, method)(f"/api/products/{ref}/", {"name": f"Lamp {number}", "price": "20"})
        assert (response.status_code, response.json()["data"]["name"]) == (200, f"Lamp {number}")


@pytest.mark.parametrize("sent_back_by", ["put", "patch"])
@pytest.mark.parametrize("has_variants", [False, True])
def test_what_get_answered_changes_nothing_when_it_is_sent_back(has_variants: bool, sent_back_by: str) -> None:
    category = make_category("Lighting")
    lamp = (
        make_tee(category=category, description="Cotton") if has_variants else make_product(category=category, description="Brass")
    )
    Variant.objects.update(reserved=1, compare_at_price=50)
    listings.rebuild_listings([lamp.pk])
    client = staff_client()
    body = client.get(f"/api/products/{lamp.pk}/").json()["data"]
    before = dump_without_timestamps()

    response = getattr(client, sent_back_by)(f"/api/products/{lamp.pk}/", body)

    assert response.status_code == 200
    assert response.json()["data"] == body
    assert dump_without_timestamps() == before


@pytest.mark.parametrize("sent_back_by", ["put", "patch"])
@pytest.mark.parametrize("has_variants", [False, True])
def test_what_get_answered_without_its_category_changes_nothing_when_it_is_sent_back(has_variants: bool, sent_back_by: str) -> None:
    lamp = make_tee(description="Cotton") if has_variants else make_product(description="Brass", prices={"us": "2.00"})
    add_picture(lamp)
    Product.objects.update(low_stock_threshold=2)
    Variant.objects.update(reserved=1, compare_at_price=50)
    client = staff_client()
    client.patch(f"/api/products/{lamp.pk}/", {})
    body = client.get(f"/api/products/{lamp.pk}/").json()["data"]
    before = dump_without_timestamps()

    for payload in (body, {name: value for name, value in body.items() if name != "variants"}):
        response = getattr(client, sent_back_by)(f"/api/products/{lamp.pk}/", payload)
        assert response.status_code == 200
        assert response.json()["data"] == body

    assert dump_without_timestamps() == before


def test_a_stock_that_differs_is_a_movement_of_the_difference() -> None:
    lamp = make_product(sku="L-1", stock=10)
    client = staff_client()

    for available in (7, 7, 12):
        assert client.patch(f"/api/products/{lamp.pk}/", {"stock": available}).json()["data"]["stock"] == available

    assert list_movements("L-1") == [(10, "initial", ""), (-3, "correction", ""), (5, "correction", "")]
    assert get_variant("L-1").stock == 12
    assert get_variant("L-1").movements.latest("id").user is not None


@pytest.mark.parametrize(("available", "delta"), [(0, -6), (6, None), (7, 1), (10, 4)])
def test_units_on_hand_are_what_can_be_bought_and_what_is_reserved(available: int, delta: int | None) -> None:
    lamp = make_product(sku="L-1", stock=10)
    Variant.objects.update(reserved=4)

    response = staff_client().patch(f"/api/products/{lamp.pk}/", {"stock": available})

    assert response.json()["data"]["stock"] == available
    row = get_variant("L-1")
    assert (row.stock, row.reserved, sum_movements("L-1")) == (available + 4, 4, available + 4)
    assert [item[0] for item in list_movements("L-1")] == [10, *([delta] if delta else [])]


@pytest.mark.sampled
@pytest.mark.parametrize(
    "payload",
    [
        *({"price": "19.99"}, {"price": "25"}, {"stock": 13}, {"stock": 0}, {"compare_at_price": "30"}, {"sku": "TEE"}),
        *({"prices": {"us": "3"}}, {"prices": {"us": None}}, {"compare_at_prices": {"us": "9"}}, {"prices": {"us": "2.00"}}),
    ],
)
@pytest.mark.parametrize("method", ["put", "patch"])
def test_of_several_variants_one_must_be_named_and_nothing_changes(method: str, payload: dict[str, Any]) -> None:
    tee = make_tee(description="Cotton")
    client = staff_client()
    before = dump_catalog()
    required = {"name": "Shirt", "price": "20"}

    response = getattr(client, method)(f"/api/products/{tee.pk}/", {**required, **payload})

    assert_refused(response, 400, "variant_required", "variant_id")
    assert dump_catalog() == before


@pytest.mark.parametrize("method", ["put", "patch"])
def test_of_several_variants_what_is_shown_already_may_be_named(method: str) -> None:
    tee = make_tee()
    Variant.objects.filter(sku="TEE-M").update(reserved=3)
    payload = {"name": "Shirt", "price": 20.0, "stock": 11, "compare_at_price": None, "sku": "", "prices": {}}

    response = getattr(staff_client(), method)(f"/api/products/{tee.pk}/", payload)

    assert response.status_code == 200
    assert response.json()["data"]["name"] == "Shirt"
    assert [(row.sku, row.price, row.stock) for row in Variant.objects.order_by("id")] == [("TEE-S", 20, 4), ("TEE-M", 25, 10)]
    assert (list_movements("TEE-S"), list_prices("TEE-S"), list_prices("TEE-M")) == ([(4, "initial", "")], ["20.00"], ["25.00"])


def test_a_sku_is_changed_and_a_taken_one_refused() -> None:
    make_product("Mug", sku="TAKEN")
    lamp = make_product(sku="L-1")
    client = staff_client()

    assert client.patch(f"/api/products/{lamp.pk}/", {"sku": "L-2"}).json()["data"]["variants"][0]["sku"] == "L-2"
    before = dump_catalog()
    response = client.patch(f"/api/products/{lamp.pk}/", {"name": "Other", "sku": "TAKEN", "stock": 3})

    assert_refused(response, 400, "sku_taken", "sku")
    assert dump_catalog() == before
    assert client.patch(f"/api/products/{lamp.pk}/", {"sku": ""}).json()["data"]["variants"][0]["sku"] == "L-2"


def test_search_follows_name_and_text() -> None:
    lamp = make_product("Desk lamp", description="brass")
    client = staff_client()

    client.patch(f"/api/products/{lamp.pk}/", {"name": "Caf\u00e9 kettle", "description": "copper"})

    ids_by_word = {
        word: [item["id"] for item in list_products(search=word)] for word in ("lamp", "brass", "cafe", "kettle", "copper")
    }
    assert ids_by_word == {"lamp": [], "brass": [], "cafe": [lamp.pk], "kettle": [lamp.pk], "copper": [lamp.pk]}
    assert [item["id"] for item in list_products(search="kettel")] == [lamp.pk]  # misspelled searches are corrected to the new word


def test_the_price_is_the_default_markets_whatever_market_is_looked_at() -> None:
    lamp = make_product(sku="L-1", price="500", prices={"us": "5"})

    response = staff_client().patch(
        f"/api/products/{lamp.pk}/", {"price": "600", "prices": {"us": "6"}}, headers={"X-Market": "us"}
    )

    assert (response.json()["data"]["price"], response.json()["data"]["currency"]) == ("6.00", "USD")
    assert (get_detail(lamp)["price"], get_detail(lamp, "us")["price"]) == ("600.00", "6.00")
    assert (list_prices("L-1"), list_prices("L-1", "us")) == (["500.00", "600.00"], ["5.00", "6.00"])


@pytest.mark.parametrize("has_variants", [False, True])
def test_what_get_answered_in_another_market_changes_nothing_when_it_is_sent_back(has_variants: bool) -> None:
    lamp = make_tee() if has_variants else make_product(prices={"us": "2.00"})
    client = staff_client()
    body = client.get(f"/api/products/{lamp.pk}/", headers={"X-Market": "us"}).json()["data"]
    before = dump_without_timestamps()

    client.patch(f"/api/products/{lamp.pk}/", body, headers={"X-Market": "us"})

    assert dump_without_timestamps() == before
