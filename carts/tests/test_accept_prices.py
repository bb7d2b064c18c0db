"""POST /api/cart/accept-prices/"""

import pytest

from accounts.tests.factories import make_user
from carts.models import CartItem
from carts.tests.factories import add_to_cart, get_audit_log, get_cart, get_cart_rows, signed_in_client
from products.models import Product
from products.tests.factories import make_product, set_price
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

URL = "/api/cart/accept-prices/"


def test_todays_prices_become_those_of_addition_and_the_changed_lines_are_listed(api: SchemaClient) -> None:
    lamp, mug = make_product("Lamp", price="20.00"), make_product("Mug", price="5.00")
    line = add_to_cart(api, lamp, 2)["data"]
    add_to_cart(api, mug)
    set_price(lamp, "25.00")

    response = api.post(URL)

    assert response.status_code == 200
    body = response.json()
    assert body["message"] == "Prices accepted"
    assert body["data"]["changed"] == [
        {
            "id": line["id"],
            "product_id": lamp.pk,
            "sku_id": line["sku_id"],
            "name": "Lamp",
            "old_price": "20.00",
            "new_price": "25.00",
        }
    ]
    assert body["cart"]["subtotal"] == "55.00"
    assert body["cart"]["has_price_changes"] is False
    assert body["warnings"] == []
    assert get_audit_log()[-1] == ("ACCEPT", "Lamp", {"old_price": "20.00", "new_price": "25.00"})


def test_nothing_is_written_if_no_price_has_changed(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    before = get_cart_rows()

    response = api.post(URL)

    assert (response.status_code, response.json()["message"]) == (200, "No prices have changed")
    assert response.json()["data"] == {"changed": []}
    assert get_cart_rows() == before


def test_a_guest_without_a_cart_gets_none(api: SchemaClient) -> None:
    assert api.post(URL).json()["data"] == {"changed": []}
    assert get_cart_rows() == [[], [], []]


def test_what_is_saved_for_later_is_accepted_too_and_what_is_gone_is_not(api: SchemaClient) -> None:
    lamp, mug = make_product("Lamp"), make_product("Mug")
    for product in (lamp, mug):
        add_to_cart(api, product)
        set_price(product, "25.00")
    api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 0})
    Product.objects.filter(pk=mug.pk).update(is_active=False)

    api.post(URL)

    prices = {item.variant.product_id: f"{item.price_at_addition:.2f}" for item in CartItem.objects.select_related("variant")}
    assert prices == {lamp.pk: "25.00", mug.pk: "20.00"}


def test_afterwards_the_order_goes_through(db: None) -> None:
    client = signed_in_client(make_user())
    lamp = make_product(price="20.00")
    add_to_cart(client, lamp)
    set_price(lamp, "25.00")
    order = {"payment_method": "cod", "address": "12 Hill Road, Pune"}
    assert client.post("/api/orders/create/", order).json()["code"] == "cart_changed"

    client.post(URL)

    response = client.post("/api/orders/create/", order)
    assert (response.status_code, response.json()["data"]["total"]) == (201, "25.00")


def test_only_the_callers_cart_is_changed(api: SchemaClient) -> None:
    lamp = make_product()
    other = SchemaClient()
    add_to_cart(api, lamp)
    add_to_cart(other, lamp)
    set_price(lamp, "25.00")

    api.post(URL)

    assert get_cart(other)["has_price_changes"] is True


@pytest.mark.parametrize("lines", [1, 50])
def test_it_costs_seven_statements(api: SchemaClient, unthrottled: None, lines: int) -> None:
    for number in range(lines):
        product = make_product(f"Lamp {number}", sku=f"L{number}")
        add_to_cart(api, product)
        set_price(product, "21.00")

    with capture_statements() as statements:
        assert len(api.post(URL).json()["data"]["changed"]) == lines

    assert len(statements) == 7
