"""POST /api/cart/"""

import pytest

from carts.models import Cart
from carts.tests.factories import add_to_cart, get_cart, make_guest_cart
from products.tests.factories import make_product, set_price, update_variant
from tests.schema_client import SchemaClient


@pytest.mark.parametrize("address", ["/api/cart/", "/api/cart", "/cart/", "/cart"])
def test_it_is_the_same_cart_with_a_number_for_subtotal_at_todays_prices(api: SchemaClient, address: str) -> None:
    lamp = make_product(price="200.33")
    add_to_cart(api, lamp, 2)
    set_price(lamp, "210.35")

    response = api.post(address, {})

    assert response.status_code == 200
    assert response.json()["message"] == "Cart retrieved successfully"
    assert response.json()["data"] == get_cart(api) | {"subtotal": 420.7}
    assert b'"subtotal":420.7,' in response.content


def test_what_is_not_for_sale_any_more_is_not_in_the_number(api: SchemaClient) -> None:
    add_to_cart(api, make_product("Lamp", price="20.00", sku="LAMP"))
    add_to_cart(api, make_product("Mug", price="5.00"), 3)
    update_variant("LAMP", is_active=False)

    data = api.post("/api/cart/", {}).json()["data"]

    assert data["subtotal"] == 15.0


def test_it_needs_no_body_and_writes_no_row(api: SchemaClient) -> None:
    response = api.post("/api/cart/")

    assert response.status_code == 200
    assert response.json()["data"]["subtotal"] == 0.0
    assert not Cart.objects.exists()


def test_the_key_may_stand_in_the_body(api: SchemaClient) -> None:
    key = make_guest_cart(make_product(price="20.00"), 2)

    body = api.post("/api/cart/", {"cart_token": key}).json()

    assert (body["cart_token"], body["data"]["subtotal"]) == (key, 40.0)
