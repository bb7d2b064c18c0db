"""POST /api/cart/add/ while a concurrent request creates the same cart."""

from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart
from carts.tests.faults import clashing
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


def test_it_is_tried_again(api: SchemaClient) -> None:
    lamp = make_product()

    with clashing("carts_cart", 4):
        add_to_cart(api, lamp)

    assert (Cart.objects.count(), CartItem.objects.count()) == (1, 1)


def test_it_is_not_tried_forever(api: SchemaClient) -> None:
    lamp = make_product()

    with clashing("carts_cart", 99):
        response = api.post("/api/cart/add/", {"product_id": lamp.pk})

    assert (response.status_code, response.json()["code"]) == (409, "cart_busy")
    assert not CartItem.objects.exists()
