"""DELETE and POST /api/cart/clear/, DELETE /api/cart/"""

import pytest

from accounts.tests.factories import make_user
from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart, get_audit_log, get_cart, get_cart_rows, signed_in_client
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

ROUTES = [(method, f"{mount}/cart/clear{slash}") for method in ("delete", "post") for mount in ("/api", "") for slash in ("/", "")]
ROUTES += [("delete", address) for address in ("/api/cart/", "/api/cart", "/cart/", "/cart")]


@pytest.mark.sampled
@pytest.mark.parametrize(("method", "address"), ROUTES)
def test_it_takes_every_line_out_also_those_saved_for_later(api: SchemaClient, method: str, address: str) -> None:
    lamp = make_product("Lamp")
    cart = add_to_cart(api, lamp, 5)["cart"]["id"]
    add_to_cart(api, make_product("Mug"), 2)
    api.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 0})

    response = getattr(api, method)(address)

    assert response.status_code == 200
    assert response.json()["message"] == "Cart cleared successfully"
    assert response.json()["data"] == {"items_removed": 2}
    assert not CartItem.objects.exists()
    data = get_cart(api)
    assert (data["id"], data["items"], data["subtotal"]) == (cart, [], "0.00")
    assert response.json()["cart"] == data


def test_an_empty_cart_has_nothing_to_clear(api: SchemaClient) -> None:
    add_to_cart(api, make_product())
    api.delete("/api/cart/clear/")
    before = get_audit_log()

    response = api.delete("/api/cart/clear/")

    assert (response.status_code, response.json()["data"]) == (200, {"items_removed": 0})
    assert get_audit_log() == before


def test_without_a_cart_nothing_is_written(api: SchemaClient) -> None:
    response = api.delete("/api/cart/clear/")

    assert (response.status_code, response.json()["data"]) == (200, {"items_removed": 0})
    assert not Cart.objects.exists()


def test_it_leaves_the_carts_of_others_and_of_other_markets_alone(db: None) -> None:
    lamp = make_product(prices={"us": "9.99"})
    ada, bob = signed_in_client(make_user()), signed_in_client(make_user("bob@example.com"))
    add_to_cart(ada, lamp)
    ada.post("/api/cart/add/", {"product_id": lamp.pk}, headers={"X-Market": "us"})
    add_to_cart(bob, lamp)
    before = get_cart_rows()

    response = SchemaClient().delete("/api/cart/clear/")

    assert response.json()["data"] == {"items_removed": 0}
    assert get_cart_rows() == before
    ada.delete("/api/cart/clear/")
    assert sorted(CartItem.objects.values_list("cart__user__email", "cart__market")) == [
        ("ada@example.com", "us"),
        ("bob@example.com", "in"),
    ]
