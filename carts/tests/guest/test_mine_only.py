"""Another shopper's line does not exist."""

import pytest

from accounts.tests.factories import make_user
from carts.models import CartItem
from carts.tests.factories import add, everything, guest, guest_with, sign_in, signed_in
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

CHANGES = [("patch", "/api/cart/update/{}/"), ("put", "/api/cart/update/{}/"), ("delete", "/api/cart/remove/{}/")]


def stranger(who: str) -> SchemaClient:
    """Return a client that has a cart of its own, with another product in it."""
    mug = make_product("Mug")
    if who == "another user":
        client = signed_in(make_user("bob@example.com"))
        add(client, mug)
        return client
    return guest(guest_with(mug)) if who == "a guest with a cart" else SchemaClient()


@pytest.mark.parametrize("owner", ["a user", "a guest"])
@pytest.mark.parametrize("who", ["another user", "a guest with a cart", "a guest without"])
@pytest.mark.parametrize(("method", "address"), CHANGES)
def test_the_line_of_another_is_not_found_like_one_that_never_was(
    db: None, owner: str, who: str, method: str, address: str
) -> None:
    add(signed_in(make_user()) if owner == "a user" else SchemaClient(), make_product("Lamp"), 2)
    theirs = CartItem.objects.get().pk
    client = stranger(who)
    before = everything()

    foreign = getattr(client, method)(address.format(theirs), {"quantity": 1})
    unknown = getattr(client, method)(address.format(999_999), {"quantity": 1})

    assert foreign.status_code == 404
    assert foreign.json() == unknown.json()
    assert everything() == before


@pytest.mark.parametrize(("method", "address"), CHANGES)
def test_the_key_that_a_cart_came_from_opens_none_of_its_lines(db: None, method: str, address: str) -> None:
    user, key = make_user(), guest_with(make_product("Lamp"), 2)
    sign_in(user, {"X-Cart-Token": key})
    before = everything()

    response = getattr(guest(key), method)(address.format(CartItem.objects.get().pk), {"quantity": 1})

    assert response.status_code == 404
    assert everything() == before


def test_the_line_of_ones_own_cart_in_another_market_is_not_found_in_this(db: None) -> None:
    client = signed_in(make_user())
    line = add(client, make_product(prices={"us": "9.99"}))["data"]["id"]

    response = client.patch(f"/api/cart/update/{line}/", {"quantity": 2}, headers={"X-Market": "us"})

    assert response.status_code == 404
    assert CartItem.objects.get().quantity == 1


def test_a_product_that_lies_only_in_anothers_cart_is_not_in_mine(db: None) -> None:
    lamp = make_product("Lamp")
    add(signed_in(make_user()), lamp, 2)
    client = stranger("another user")
    before = everything()

    answers = [
        client.patch("/api/cart/update/", {"product_id": lamp.pk, "quantity": 1}),
        client.delete("/api/cart/remove/", {"product_id": lamp.pk}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert everything() == before
