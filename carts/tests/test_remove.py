"""DELETE and POST /api/cart/remove/ and /api/cart/remove/<item_id>/, DELETE /api/cart/items/<item_id>/"""

from typing import Any

import pytest

from carts.models import CartItem
from carts.tests.factories import add_to_cart, get_cart, get_cart_rows, get_product_refs, get_sku_id, make_shirt, units_by_sku
from products.tests.factories import make_product, update_variant
from tests.schema_client import SchemaClient

WAYS = [
    *(("delete", form) for form in ("/api/cart/remove{}/", "/api/cart/remove{}", "/cart/remove{}/", "/cart/remove{}")),
    ("post", "/api/cart/remove{}/"),
]


@pytest.mark.parametrize(("method", "form"), WAYS)
@pytest.mark.parametrize("named", ["body", "query", "line"])
def test_a_line_is_taken_out(api: SchemaClient, method: str, form: str, named: str) -> None:
    lamp = make_product(sku="LAMP")
    line = add_to_cart(api, lamp, 2)["data"]["id"]
    add_to_cart(api, make_product("Mug", sku="MUG"))
    address = form.format(f"/{line}" if named == "line" else "") + (f"?product_id={lamp.pk}" if named == "query" else "")

    response = getattr(api, method)(address, {"product_id": lamp.pk} if named == "body" else {})

    body = response.json()
    assert response.status_code == 200
    assert body["message"] == "Item removed from cart successfully"
    assert body["data"] is None
    assert units_by_sku(body["cart"]) == {"MUG": 1}
    assert body["cart"] == get_cart(api)


@pytest.mark.parametrize("way", ["number", "text", "uuid", "sku_id"])
def test_the_product_can_be_named_in_many_ways(api: SchemaClient, way: str) -> None:
    lamp = make_product(sku="LAMP")
    add_to_cart(api, lamp, 2)

    response = api.delete("/api/cart/remove/", get_product_refs(lamp)[way])

    assert response.json()["cart"]["items"] == []


@pytest.mark.parametrize("form", ["/api/cart/remove/{}/", "/api/cart/items/{}/", "/cart/items/{}"])
def test_it_needs_no_body(api: SchemaClient, form: str) -> None:
    line = add_to_cart(api, make_product())["data"]["id"]

    response = api.delete(form.format(line))

    assert (response.status_code, response.json()["cart"]["items"]) == (200, [])
    assert not CartItem.objects.exists()


@pytest.mark.parametrize("state", ["saved for later", "not for sale"])
def test_any_line_can_be_taken_out(api: SchemaClient, state: str) -> None:
    lamp = make_product(sku="LAMP")
    add_to_cart(api, lamp)
    if state == "saved for later":
        api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 0})
    else:
        update_variant("LAMP", is_active=False)

    response = api.delete("/api/cart/remove/", {"product_id": lamp.pk})

    assert response.status_code == 200
    assert not CartItem.objects.exists()


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/api/cart/remove/", {"product_id": 999_999}),
        ("/api/cart/remove/", {"product_id": "nonsense"}),
        ("/api/cart/remove/", {"sku_id": 999_999}),
        ("/api/cart/remove/?product_id=999999", {}),
        ("/api/cart/remove/999999/", {}),
        ("/api/cart/remove/0/", {}),
    ],
)
def test_what_is_not_in_the_cart_is_not_found(api: SchemaClient, address: str, body: dict[str, Any]) -> None:
    add_to_cart(api, make_product())
    before = get_cart_rows()

    response = api.delete(address, body)

    assert response.status_code == 404
    assert response.json()["message"] == "Item not found in cart"
    assert get_cart_rows() == before


def test_removing_a_line_twice_is_not_found(api: SchemaClient) -> None:
    lamp = make_product()
    add_to_cart(api, lamp)
    api.delete("/api/cart/remove/", {"product_id": lamp.pk})
    before = get_cart_rows()

    response = api.delete("/api/cart/remove/", {"product_id": lamp.pk})

    assert response.status_code == 404
    assert get_cart_rows() == before


def test_nothing_named_is_refused(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    before = get_cart_rows()

    response = api.delete("/api/cart/remove/")

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["product_id"]
    assert get_cart_rows() == before


def test_of_two_variants_in_the_cart_one_must_be_named(api: SchemaClient) -> None:
    shirt = make_shirt()
    add_to_cart(api, shirt, variant_id=get_sku_id("SHIRT-S"))
    add_to_cart(api, shirt, variant_id=get_sku_id("SHIRT-M"))

    unnamed = api.delete("/api/cart/remove/", {"product_id": shirt.pk})
    named = api.delete("/api/cart/remove/", {"product_id": shirt.pk, "variant_id": get_sku_id("SHIRT-S")})

    assert (unnamed.status_code, list(unnamed.json()["errors"])) == (400, ["variant_id"])
    assert units_by_sku(named.json()["cart"]) == {"SHIRT-M": 1}


def test_a_variant_of_another_product_is_not_found(api: SchemaClient) -> None:
    lamp, mug = make_product("Lamp", sku="LAMP"), make_product("Mug", sku="MUG")
    add_to_cart(api, lamp)
    add_to_cart(api, mug)
    before = get_cart_rows()

    response = api.delete("/api/cart/remove/", {"product_id": lamp.pk, "variant_id": get_sku_id("MUG")})

    assert response.status_code == 404
    assert get_cart_rows() == before


def test_the_query_counts_only_where_the_body_names_no_item(api: SchemaClient) -> None:
    lamp, mug = make_product("Lamp", sku="LAMP"), make_product("Mug", sku="MUG")
    add_to_cart(api, lamp)
    add_to_cart(api, mug)

    response = api.delete(f"/api/cart/remove/?product_id={mug.pk}", {"sku_id": lamp.variants.get().pk})

    assert response.status_code == 200
    assert units_by_sku(response.json()["cart"]) == {"MUG": 1}
