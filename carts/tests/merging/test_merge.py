"""Registration and login merge the guest's cart into the user's."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user
from carts.models import Cart, CartItem
from carts.tests.factories import (
    HEADERS,
    add_to_cart,
    get_audit_log,
    get_cart,
    get_cart_rows,
    guest_client,
    make_guest_cart,
    sign_in,
    signed_in_client,
    units_by_sku,
)
from products.tests.factories import make_product, set_price
from tests.schema_client import SchemaClient

LOGIN = {"email": "ada@example.com", "password": PASSWORD}


def test_a_new_account_gets_the_guests_cart(api: SchemaClient) -> None:
    add_to_cart(api, make_product("Lamp", sku="LAMP"), 2)
    add_to_cart(api, make_product("Mug", sku="MUG"))

    response = api.post("/api/auth/register/", LOGIN)

    assert response.status_code == 201
    assert response.json()["data"]["cart_merge"] == {"merged": 2, "capped": [], "skipped": []}
    cart = get_cart(api)
    assert units_by_sku(cart) == {"LAMP": 2, "MUG": 1}
    assert cart["owner"] == {"type": "user", "user_id": User.objects.get().pk, "session_key": None}


def test_at_login_both_carts_become_one(db: None) -> None:
    lamp, mug = make_product("Lamp", sku="LAMP"), make_product("Mug", sku="MUG")
    user = make_user()
    add_to_cart(signed_in_client(user), lamp, 3)
    client = SchemaClient()
    add_to_cart(client, lamp, 2)
    add_to_cart(client, mug)

    response = client.post("/api/auth/login/", LOGIN)

    assert response.json()["data"]["cart_merge"] == {"merged": 2, "capped": [], "skipped": []}
    assert units_by_sku(get_cart(signed_in_client(user))) == {"LAMP": 5, "MUG": 1}
    assert Cart.objects.filter(user=user).count() == 1


@pytest.mark.parametrize("carrier", ["sessionid", "cart_token", *HEADERS, "body"])
def test_the_key_may_come_in_any_way(db: None, carrier: str) -> None:
    user = make_user()
    key = make_guest_cart(make_product(sku="LAMP"), 2)

    sign_in(user, {carrier: key})

    assert units_by_sku(get_cart(signed_in_client(user))) == {"LAMP": 2}


def test_the_first_live_key_is_taken_and_the_other_stays(db: None) -> None:
    user = make_user()
    first, second = make_guest_cart(make_product("Lamp", sku="LAMP")), make_guest_cart(make_product("Mug", sku="MUG"))

    sign_in(user, {"cart_token": first, "X-Cart-Token": second})

    assert units_by_sku(get_cart(signed_in_client(user))) == {"LAMP": 1}
    assert units_by_sku(get_cart(guest_client(second))) == {"MUG": 1}


def test_the_guests_cookies_are_deleted(api: SchemaClient) -> None:
    make_user()
    add_to_cart(api, make_product())

    response = api.post("/api/auth/login/", LOGIN)

    deleted = {name: (cookie.value, cookie["max-age"], cookie["path"]) for name, cookie in response.cookies.items()}
    assert deleted["cart_token"] == deleted["sessionid"] == ("", 0, "/")


def test_a_second_login_with_the_same_key_adds_nothing(db: None) -> None:
    user = make_user()
    key = make_guest_cart(make_product(sku="LAMP"), 2)
    sign_in(user, {"X-Cart-Token": key})

    second_login = sign_in(user, {"X-Cart-Token": key})

    assert "cart_merge" not in second_login
    assert units_by_sku(get_cart(signed_in_client(user))) == {"LAMP": 2}


def test_the_key_opens_an_empty_cart_afterwards_and_can_be_used_again(db: None) -> None:
    key = make_guest_cart(make_product(sku="LAMP"), 2)
    sign_in(make_user(), {"X-Cart-Token": key})

    read = guest_client(key).get("/api/cart/").json()

    assert (read["cart_token"], read["data"]["id"], read["data"]["items"]) == (key, None, [])
    assert units_by_sku(add_to_cart(guest_client(key), make_product("Mug", sku="MUG"))["cart"]) == {"MUG": 1}


def test_the_guests_row_loses_lines_and_key_and_keeps_its_log(db: None) -> None:
    user = make_user()
    key = make_guest_cart(make_product())
    row = Cart.objects.get()

    sign_in(user, {"X-Cart-Token": key})

    row.refresh_from_db()
    assert (row.key_hash, row.expires_at, row.merged_into) == (None, None, Cart.objects.get(user=user))
    assert [(entry.action, entry.changes) for entry in row.log.order_by("id")] == [
        ("ADD", {"quantity": 1, "price": "20.00"}),
        ("MERGE", {"items_moved": 1, "into": row.merged_into_id}),
    ]
    assert not row.items.exists()


def test_an_expired_guest_cart_is_not_merged(db: None) -> None:
    user = make_user()
    key = make_guest_cart(make_product(), 2)
    Cart.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    data = sign_in(user, {"X-Cart-Token": key})

    assert "cart_merge" not in data
    assert get_cart(signed_in_client(user))["items"] == []


def test_the_carts_of_every_market_are_merged(db: None) -> None:
    user, lamp = make_user(), make_product("Lamp", sku="LAMP", price="1700.00", prices={"us": "19.99"})
    key = make_guest_cart(lamp)
    us = {"X-Market": "us"}
    guest_client(key).post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 3}, headers=us)

    data = sign_in(user, {"X-Cart-Token": key})

    assert data["cart_merge"]["merged"] == 2
    client = signed_in_client(user)
    assert (units_by_sku(get_cart(client)), get_cart(client)["subtotal"]) == ({"LAMP": 1}, "1700.00")
    foreign = client.get("/api/cart/", headers=us).json()["data"]
    assert (units_by_sku(foreign), foreign["subtotal"]) == ({"LAMP": 3}, "59.97")


def test_the_price_that_the_user_had_wins_and_else_the_guests(db: None) -> None:
    lamp, mug = make_product("Lamp", price="20.00"), make_product("Mug", price="5.00")
    user = make_user()
    add_to_cart(signed_in_client(user), lamp)
    set_price(lamp, "25.00")
    key = make_guest_cart(lamp)
    add_to_cart(guest_client(key), mug)
    set_price(mug, "6.00")

    sign_in(user, {"X-Cart-Token": key})

    prices = {line["name"]: line["price_at_addition"] for line in get_cart(signed_in_client(user))["items"]}
    assert prices == {"Lamp": "20.00", "Mug": "5.00"}


def test_each_line_is_written_down_as_merged(db: None) -> None:
    lamp, mug = make_product("Lamp"), make_product("Mug", price="5.00")
    user = make_user()
    add_to_cart(signed_in_client(user), lamp, 3)
    key = make_guest_cart(lamp, 2)
    add_to_cart(guest_client(key), mug)
    before = get_audit_log()

    sign_in(user, {"X-Cart-Token": key})

    merged: list[tuple[str, str, dict[str, Any]]] = [
        ("MERGE", "Lamp", {"old_quantity": 3, "new_quantity": 5, "price": "20.00"}),
        ("MERGE", "Mug", {"old_quantity": 0, "new_quantity": 1, "price": "5.00"}),
    ]
    cart = Cart.objects.get(user=user)
    assert get_audit_log() == [*before, *merged, ("MERGE", "", {"items_moved": 2, "into": cart.pk})]
    entries = cart.log.filter(action="MERGE")
    assert {(entry.cart.user, entry.user, entry.ip_address) for entry in entries} == {(user, user, "127.0.0.1")}


@pytest.mark.parametrize("nonsense", [None, 5, True, [], {}, "", "x", "x" * 5000, "\x00", "550e8400-e29b-41d4-a716-446655440000"])
def test_an_invalid_key_does_not_stop_a_sign_in(api: SchemaClient, nonsense: object) -> None:
    make_user()

    login = api.post("/api/auth/login/", {**LOGIN, "cart_token": nonsense})
    register = api.post("/api/auth/register/", {"email": "bob@example.com", "password": PASSWORD, "cart_token": nonsense})

    assert (login.status_code, register.status_code) == (200, 201)
    assert "cart_merge" not in login.json()["data"]
    assert not Cart.objects.exists()


def test_a_refused_login_leaves_the_guests_cart_alone(db: None) -> None:
    make_user()
    key = make_guest_cart(make_product(), 2)
    before = get_cart_rows()

    response = SchemaClient().post("/api/auth/login/", {**LOGIN, "password": "wrong", "cart_token": key})

    assert response.status_code == 401
    assert get_cart_rows() == before


def test_logging_out_and_in_again_loses_nothing(api: SchemaClient) -> None:
    add_to_cart(api, make_product(sku="LAMP"), 2)
    api.post("/api/auth/register/", LOGIN)
    api.post("/api/auth/logout/")
    as_guest = get_cart(api)["items"]

    api.post("/api/auth/login/", LOGIN)

    assert as_guest == []
    assert units_by_sku(get_cart(api)) == {"LAMP": 2}
    assert CartItem.objects.count() == 1
