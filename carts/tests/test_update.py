"""PATCH, POST and PUT /api/cart/update/ and /api/cart/update/<item_id>/, PATCH /api/cart/items/<item_id>/"""

from typing import Any

import pytest

from carts.models import CartItem
from carts.tests.factories import add_to_cart, get_cart, get_cart_rows, get_product_refs, get_sku_id, make_shirt, units_by_sku
from products.models import MarketPrice
from products.tests.factories import make_product, set_price, update_variant
from tests.schema_client import SchemaClient

WAYS = [
    *(("patch", form) for form in ("/api/cart/update{}/", "/api/cart/update{}", "/cart/update{}/", "/cart/update{}")),
    *(("post", "/api/cart/update{}/"), ("put", "/api/cart/update{}")),
]


@pytest.mark.parametrize(("method", "form"), WAYS)
def test_it_sets_the_units_of_the_line_of_a_product(api: SchemaClient, method: str, form: str) -> None:
    lamp = make_product(price="20.00")
    add_to_cart(api, lamp, 2)

    response = getattr(api, method)(form.format(""), {"product_id": lamp.pk, "quantity": 5})

    body = response.json()
    assert response.status_code == 200
    assert body["message"] == "Cart item updated successfully"
    assert (body["data"]["quantity"], body["data"]["total_price"]) == (5, "100.00")
    assert body["cart"] == get_cart(api)
    assert body["data"] == body["cart"]["items"][0]


@pytest.mark.parametrize(("method", "form"), [*WAYS, ("patch", "/api/cart/items{}/"), ("patch", "/cart/items{}")])
def test_it_sets_the_units_of_a_line(api: SchemaClient, method: str, form: str) -> None:
    line = add_to_cart(api, make_product(price="20.00"), 2)["data"]["id"]

    response = getattr(api, method)(form.format(f"/{line}"), {"quantity": 5})

    body = response.json()
    assert response.status_code == 200
    assert body["message"] == "Cart item updated successfully"
    assert (body["data"]["id"], body["data"]["quantity"]) == (line, 5)
    assert body["cart"] == get_cart(api)


@pytest.mark.parametrize("way", ["number", "text", "uuid", "sku_id"])
def test_the_product_can_be_named_in_many_ways(api: SchemaClient, way: str) -> None:
    lamp = make_product(sku="LAMP")
    add_to_cart(api, lamp, 2)

    response = api.patch("/api/cart/update/", {**get_product_refs(lamp)[way], "qty": 4})

    assert units_by_sku(response.json()["cart"]) == {"LAMP": 4}


def test_zero_keeps_the_line(api: SchemaClient) -> None:
    lamp = make_product(sku="LAMP")
    line = add_to_cart(api, lamp, 2)["data"]["id"]

    response = api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 0})

    assert response.json()["data"]["id"] == line
    assert units_by_sku(response.json()["cart"]) == {"LAMP": 0}
    assert CartItem.objects.get().quantity == 0


def test_the_price_of_addition_stays(api: SchemaClient) -> None:
    lamp = make_product(price="20.00")
    add_to_cart(api, lamp)
    set_price(lamp, "25.00")

    response = api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 2})

    assert response.json()["data"]["price_at_addition"] == "20.00"


def test_more_than_the_stock_is_refused(api: SchemaClient) -> None:
    lamp = make_product(stock=3)
    line = add_to_cart(api, lamp, 2)["data"]["id"]
    before = get_cart_rows()

    responses = [
        api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 4}),
        api.patch(f"/api/cart/update/{line}/", {"quantity": 4}),
    ]

    assert [response.status_code for response in responses] == [400, 400]
    assert {str(response.json()["errors"]) for response in responses} == {"{'quantity': ['Only 3 unit(s) available']}"}
    assert get_cart_rows() == before


@pytest.mark.parametrize("lost", ["switched off", "no price in the market"])
def test_a_line_that_is_not_for_sale_can_shrink_but_not_grow(api: SchemaClient, lost: str) -> None:
    lamp = make_product(sku="LAMP", prices={"us": "9.99"})
    us = {"X-Market": "us"}
    api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 3}, headers=us)
    if lost == "switched off":
        update_variant("LAMP", is_active=False)
    else:
        MarketPrice.objects.all().delete()

    more = api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 4}, headers=us)
    less = api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 1}, headers=us)

    assert (more.status_code, more.json()["message"]) == (404, "Product not found or unavailable")
    assert less.status_code == 200
    assert CartItem.objects.get().quantity == 1


@pytest.mark.parametrize("body", [{"product_id": 999_999}, {"product_id": "nonsense"}, {"sku_id": 999_999}])
def test_what_is_not_in_the_cart_is_not_found(api: SchemaClient, body: dict[str, Any]) -> None:
    add_to_cart(api, make_product(), 2)
    before = get_cart_rows()

    response = api.patch("/api/cart/update/", {**body, "quantity": 1})

    assert response.status_code == 404
    assert response.json()["message"] == "Item not found in cart"
    assert get_cart_rows() == before


@pytest.mark.parametrize("line", ["0", "999999", "999999999999999999"])
def test_an_unknown_line_is_not_found(api: SchemaClient, line: str) -> None:
    add_to_cart(api, make_product(), 2)
    before = get_cart_rows()

    response = api.patch(f"/api/cart/update/{line}/", {"quantity": 1})

    assert response.status_code == 404
    assert response.json()["message"] == "Item not found in cart"
    assert get_cart_rows() == before


def test_without_a_cart_nothing_is_found(api: SchemaClient) -> None:
    lamp = make_product()

    response = api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 1})

    assert response.status_code == 404
    assert response.json()["message"] == "Item not found in cart"


@pytest.mark.parametrize(("body", "field"), [({"quantity": 1}, "product_id"), ({"product_id": 1}, "quantity"), ({}, "quantity")])
def test_product_and_quantity_must_be_there(api: SchemaClient, body: dict[str, Any], field: str) -> None:
    add_to_cart(api, make_product(), 2)
    before = get_cart_rows()

    response = api.patch("/api/cart/update/", body)

    assert response.status_code == 400
    assert field in response.json()["errors"]
    assert get_cart_rows() == before


def test_of_two_variants_in_the_cart_one_must_be_named(api: SchemaClient) -> None:
    shirt = make_shirt()
    add_to_cart(api, shirt, variant_id=get_sku_id("SHIRT-S"))
    add_to_cart(api, shirt, variant_id=get_sku_id("SHIRT-M"))
    before = get_cart_rows()

    response = api.patch("/api/cart/update/", {"product_id": shirt.pk, "quantity": 2})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["variant_id"]
    assert get_cart_rows() == before


def test_the_named_variant_is_changed(api: SchemaClient) -> None:
    shirt = make_shirt()
    add_to_cart(api, shirt, variant_id=get_sku_id("SHIRT-S"))
    add_to_cart(api, shirt, variant_id=get_sku_id("SHIRT-M"))

    response = api.patch("/api/cart/update/", {"product_id": shirt.pk, "variant_id": get_sku_id("SHIRT-M"), "quantity": 2})

    assert units_by_sku(response.json()["cart"]) == {"SHIRT-S": 1, "SHIRT-M": 2}


def test_a_variant_of_another_product_is_not_found(api: SchemaClient) -> None:
    lamp, mug = make_product("Lamp", sku="LAMP"), make_product("Mug", sku="MUG")
    add_to_cart(api, lamp)
    add_to_cart(api, mug)
    before = get_cart_rows()

    response = api.patch("/api/cart/update/", {"product_id": lamp.pk, "variant_id": get_sku_id("MUG"), "quantity": 2})

    assert response.status_code == 404
    assert get_cart_rows() == before


@pytest.mark.parametrize("nonsense", ["9" * 40, "no such lamp", "\x00"])
def test_a_malformed_product_reference_matches_no_line(api: SchemaClient, nonsense: str) -> None:
    add_to_cart(api, make_product())
    before = get_cart_rows()

    response = api.patch("/api/cart/update/", {"product_id": nonsense, "quantity": 2})

    assert (response.status_code, response.json()["message"]) == (404, "Item not found in cart")
    assert get_cart_rows() == before
