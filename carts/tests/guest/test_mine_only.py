"""Lines in other shoppers' carts are not found."""

import pytest

from accounts.tests.factories import make_user
from carts.models import CartItem
from carts.tests.factories import add_to_cart, get_cart_rows, guest_client, make_guest_cart, sign_in, signed_in_client
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

CHANGES = [("patch", "/api/cart/update/{}/"), ("put", "/api/cart/update/{}/"), ("delete", "/api/cart/remove/{}/")]


def make_stranger(who: str) -> SchemaClient:
    """Return a client of another shopper, with another product in their cart, if any."""
    mug = make_product("Mug")
    if who == "another user":
        client = signed_in_client(make_user("bob@example.com"))
        add_to_cart(client, mug)
        return client
    return guest_client(make_guest_cart(mug)) if who == "a guest with a cart" else SchemaClient()


@pytest.mark.sampled
@pytest.mark.parametrize("owner", ["a user", "a guest"])
@pytest.mark.parametrize("who", ["another user", "a guest with a cart", "a guest without"])
@pytest.mark.parametrize(("method", "address"), CHANGES)
def test_the_line_of_another_owner_is_not_found_like_an_unknown_one(
    db: None, owner: str, who: str, method: str, address: str
) -> None:
    add_to_cart(signed_in_client(make_user()) if owner == "a user" else SchemaClient(), make_product("Lamp"), 2)
    theirs = CartItem.objects.get().pk
    client = make_stranger(who)
    before = get_cart_rows()

    foreign = getattr(client, method)(address.format(theirs), {"quantity": 1})
    unknown = getattr(client, method)(address.format(999_999), {"quantity": 1})

    assert foreign.status_code == 404
    assert foreign.json() == unknown.json()
    assert get_cart_rows() == before


@pytest.mark.parametrize(("method", "address"), CHANGES)
def test_the_key_that_a_cart_came_from_opens_none_of_its_lines(db: None, method: str, address: str) -> None:
    user, key = make_user(), make_guest_cart(make_product("Lamp"), 2)
    sign_in(user, {"X-Cart-Token": key})
    before = get_cart_rows()

    response = getattr(guest_client(key), method)(address.format(CartItem.objects.get().pk), {"quantity": 1})

    assert response.status_code == 404
    assert get_cart_rows() == before


def test_the_line_of_ones_own_cart_in_another_market_is_not_found_in_this(db: None) -> None:
    client = signed_in_client(make_user())
    line = add_to_cart(client, make_product(prices={"us": "9.99"}))["data"]["id"]

    response = client.patch(f"/api/cart/update/{line}/", {"quantity": 2}, headers={"X-Market": "us"})

    assert response.status_code == 404
    assert CartItem.objects.get().quantity == 1


def test_a_product_that_lies_only_in_anothers_cart_is_not_in_mine(db: None) -> None:
    lamp = make_product("Lamp")
    add_to_cart(signed_in_client(make_user()), lamp, 2)
    client = make_stranger("another user")
    before = get_cart_rows()

    answers = [
        client.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 1}),
        client.delete("/api/cart/remove/", {"product_id": lamp.pk}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert get_cart_rows() == before
