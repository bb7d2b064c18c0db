"""GET /api/cart/summary/"""

import pytest

from accounts.tests.factories import make_user
from carts.models import Cart
from carts.tests.factories import add_to_cart, signed_in_client
from products.tests.factories import make_product, set_price
from tests.schema_client import SchemaClient


@pytest.mark.parametrize("address", ["/api/cart/summary/", "/api/cart/summary", "/cart/summary/", "/cart/summary"])
def test_it_counts_the_cart(api: SchemaClient, address: str) -> None:
    lamp = make_product("Lamp", price="20.00")
    add_to_cart(api, lamp, 3)
    add_to_cart(api, make_product("Mug", price="5.50"), 2)
    set_price(lamp, "30.00")

    response = api.get(address)

    assert response.status_code == 200
    assert response.json()["message"] == "Cart summary retrieved successfully"
    assert response.json()["data"] == {"id": Cart.objects.get().pk, "total_items": 5, "subtotal": "71.00"}


def test_a_line_saved_for_later_counts_nothing(api: SchemaClient) -> None:
    lamp = make_product()
    add_to_cart(api, lamp, 3)
    api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 0})

    data = api.get("/api/cart/summary/").json()["data"]

    assert (data["total_items"], data["subtotal"]) == (0, "0.00")


def test_without_a_cart_it_is_all_zero_and_writes_no_row(db: None) -> None:
    user = make_user()

    bodies = [client.get("/api/cart/summary/").json() for client in (SchemaClient(), signed_in_client(user))]

    assert [body["data"] for body in bodies] == [{"id": None, "total_items": 0, "subtotal": "0.00"}] * 2
    assert [body["owner"]["type"] for body in bodies] == ["guest", "user"]
    assert not Cart.objects.exists()
