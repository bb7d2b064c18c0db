"""POST /api/cart/merge/"""

import pytest

from accounts.tests.factories import make_user
from carts import guest_keys
from carts.models import Cart
from carts.tests.factories import add, cart_of, everything, guest, guest_with, held, signed_in
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

URL = "/api/cart/merge/"
NOTHING = {"merged": 0, "capped": [], "skipped": []}


def test_a_signed_in_user_takes_a_guests_cart_over_later(db: None) -> None:
    lamp = make_product(sku="LAMP", stock=50)
    client = signed_in(make_user())
    add(client, lamp, 3)
    key = guest_with(lamp, 2)

    response = client.post(URL, {"cart_token": key})

    assert response.status_code == 200
    body = response.json()
    assert (body["message"], body["data"]) == ("Carts merged", {"merged": 1, "capped": [], "skipped": []})
    assert held(body["cart"]) == held(cart_of(client)) == {"LAMP": 5}
    assert held(cart_of(guest(key))) == {}
    assert {cookie.value for cookie in response.cookies.values()} == {""}


def test_what_is_left_out_or_cut_is_named(db: None) -> None:
    lamp = make_product("Lamp", stock=4)
    seller = make_user()
    mine = make_product("Mine", seller_id=seller.pk)
    client = signed_in(seller)
    add(client, lamp, 3)
    key = guest_with(lamp, 2)
    add(guest(key), mine)

    data = client.post(URL, {"cart_token": key}).json()["data"]

    assert [(line["name"], line["wanted"], line["quantity"], line["reason"]) for line in data["capped"]] == [
        ("Lamp", 5, 4, "out_of_stock")
    ]
    assert [(line["name"], line["reason"]) for line in data["skipped"]] == [("Mine", "own_product")]


def test_twice_counts_once(db: None) -> None:
    client = signed_in(make_user())
    key = guest_with(make_product(sku="LAMP"), 2)

    first, second = client.post(URL, {"cart_token": key}), client.post(URL, {"cart_token": key})

    assert first.json()["data"]["merged"] == 1
    assert (second.status_code, second.json()["data"], second.json()["message"]) == (200, NOTHING, "There was nothing to merge")
    assert held(cart_of(client)) == {"LAMP": 2}


def test_without_a_key_in_the_body_the_cookies_and_headers_name_the_guest(db: None) -> None:
    client = signed_in(make_user())
    key = guest_with(make_product(sku="LAMP"))

    client.post(URL, {}, headers={"X-Session-Key": key})

    assert held(cart_of(client)) == {"LAMP": 1}


def test_the_key_in_the_body_is_the_one_that_is_meant(db: None) -> None:
    client = signed_in(make_user())
    meant, other = guest_with(make_product("Lamp", sku="LAMP")), guest_with(make_product("Mug", sku="MUG"))
    client.cookies["cart_token"] = other

    client.post(URL, {"cart_token": meant})

    assert held(cart_of(client)) == {"LAMP": 1}
    assert held(cart_of(guest(other))) == {"MUG": 1}


@pytest.mark.parametrize(
    "key", [None, "", "x", 5, [], {}, "\0", "x" * 5_000, "550e8400-e29b-41d4-a716-446655440000", guest_keys.mint()]
)
def test_a_key_that_opens_nothing_merges_nothing(db: None, key: object) -> None:
    client = signed_in(make_user())
    add(client, make_product())
    before = everything()

    response = client.post(URL, {"cart_token": key})

    assert (response.status_code, response.json()["data"]) == (200, NOTHING)
    assert everything() == before


def test_a_guest_has_no_cart_to_merge_into(api: SchemaClient) -> None:
    key = guest_with(make_product())

    assert api.post(URL, {"cart_token": key}).status_code == 401
    assert Cart.objects.get().merged_into is None
