"""POST /api/cart/merge/"""

import pytest

from accounts.tests.factories import make_user
from carts import guest_keys
from carts.models import Cart
from carts.tests.factories import (
    add_to_cart,
    get_cart,
    get_cart_rows,
    guest_client,
    make_guest_cart,
    signed_in_client,
    units_by_sku,
)
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

URL = "/api/cart/merge/"
NOTHING = {"merged": 0, "capped": [], "skipped": []}


def test_a_signed_in_user_takes_a_guests_cart_over_later(db: None) -> None:
    lamp = make_product(sku="LAMP", stock=50)
    client = signed_in_client(make_user())
    add_to_cart(client, lamp, 3)
    key = make_guest_cart(lamp, 2)

    response = client.post(URL, {"cart_token": key})

    assert response.status_code == 200
    body = response.json()
    assert (body["message"], body["data"]) == ("Carts merged", {"merged": 1, "capped": [], "skipped": []})
    assert units_by_sku(body["cart"]) == units_by_sku(get_cart(client)) == {"LAMP": 5}
    assert units_by_sku(get_cart(guest_client(key))) == {}
    assert {cookie.value for cookie in response.cookies.values()} == {""}


def test_what_is_left_out_or_cut_is_named(db: None) -> None:
    lamp = make_product("Lamp", stock=4)
    seller = make_user()
    mine = make_product("Mine", seller_id=seller.pk)
    client = signed_in_client(seller)
    add_to_cart(client, lamp, 3)
    key = make_guest_cart(lamp, 2)
    add_to_cart(guest_client(key), mine)

    data = client.post(URL, {"cart_token": key}).json()["data"]

    assert [(line["name"], line["wanted"], line["quantity"], line["reason"]) for line in data["capped"]] == [
        ("Lamp", 5, 4, "out_of_stock")
    ]
    assert [(line["name"], line["reason"]) for line in data["skipped"]] == [("Mine", "own_product")]


def test_twice_counts_once(db: None) -> None:
    client = signed_in_client(make_user())
    key = make_guest_cart(make_product(sku="LAMP"), 2)

    first, second = client.post(URL, {"cart_token": key}), client.post(URL, {"cart_token": key})

    assert first.json()["data"]["merged"] == 1
    assert (second.status_code, second.json()["data"], second.json()["message"]) == (200, NOTHING, "There was nothing to merge")
    assert units_by_sku(get_cart(client)) == {"LAMP": 2}


def test_without_a_key_in_the_body_the_cookies_and_headers_name_the_guest(db: None) -> None:
    client = signed_in_client(make_user())
    key = make_guest_cart(make_product(sku="LAMP"))

    client.post(URL, {}, headers={"X-Session-Key": key})

    assert units_by_sku(get_cart(client)) == {"LAMP": 1}


def test_the_key_in_the_body_is_the_one_that_is_meant(db: None) -> None:
    client = signed_in_client(make_user())
    meant, other = make_guest_cart(make_product("Lamp", sku="LAMP")), make_guest_cart(make_product("Mug", sku="MUG"))
    client.cookies["cart_token"] = other

    client.post(URL, {"cart_token": meant})

    assert units_by_sku(get_cart(client)) == {"LAMP": 1}
    assert units_by_sku(get_cart(guest_client(other))) == {"MUG": 1}


@pytest.mark.parametrize(
    "key", [None, "", "x", 5, [], {}, "\0", "x" * 5_000, "550e8400-e29b-41d4-a716-446655440000", guest_keys.mint()]
)
def test_a_key_that_opens_nothing_merges_nothing(db: None, key: object) -> None:
    client = signed_in_client(make_user())
    add_to_cart(client, make_product())
    before = get_cart_rows()

    response = client.post(URL, {"cart_token": key})

    assert (response.status_code, response.json()["data"]) == (200, NOTHING)
    assert get_cart_rows() == before


def test_a_guest_has_no_cart_to_merge_into(api: SchemaClient) -> None:
    key = make_guest_cart(make_product())

    assert api.post(URL, {"cart_token": key}).status_code == 401
    assert Cart.objects.get().merged_into is None
