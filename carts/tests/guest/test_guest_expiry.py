"""Guest carts expire three days after their last write; a key has one cart per market."""

from datetime import timedelta

import pytest
from django.utils import timezone

from carts.models import Cart, CartItem
from carts.tests.factories import CART_CHANGES, add_to_cart, change_cart, get_cart, guest_client, make_guest_cart, units_by_sku
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

THREE_DAYS = timedelta(days=3)
READS = [("get", "/api/cart/"), ("get", "/api/cart/current/"), ("post", "/api/cart/"), ("get", "/api/cart/summary/")]


def expire_cart(market: str = "in") -> None:
    """Set the expiry of the market's only cart to a second ago."""
    Cart.objects.filter(market=market).update(expires_at=timezone.now() - timedelta(seconds=1))


def test_a_new_cart_lives_three_days(api: SchemaClient) -> None:
    add_to_cart(api, make_product())

    cart = Cart.objects.get()

    assert cart.expires_at is not None
    assert cart.expires_at - cart.created_at == THREE_DAYS


def test_an_expired_cart_is_empty_at_once_under_the_same_key(db: None) -> None:
    key = make_guest_cart(make_product("Lamp"), 2)
    expire_cart()

    cart, summary = guest_client(key).get("/api/cart/"), guest_client(key).get("/api/cart/summary/")

    assert cart.status_code == summary.status_code == 200
    assert cart.json()["cart_token"] == summary.json()["cart_token"] == key
    assert (cart.json()["data"]["id"], cart.json()["data"]["items"]) == (None, [])
    assert summary.json()["data"] == {"id": None, "total_items": 0, "subtotal": "0.00"}


def test_a_line_of_an_expired_cart_cannot_be_changed(db: None) -> None:
    lamp = make_product("Lamp")
    key = make_guest_cart(lamp, 2)
    expire_cart()

    answers = [change_cart(guest_client(key), change, lamp) for change in ("update", "update by id", "remove", "remove by id")]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert {answer.json()["message"] for answer in answers} == {"Item not found in cart"}
    assert CartItem.objects.get().quantity == 2


def test_an_expired_cart_restarts_under_the_same_key_without_its_old_lines(db: None) -> None:
    key = make_guest_cart(make_product("Lamp", sku="LAMP"), 2)
    expire_cart()

    body = add_to_cart(guest_client(key), make_product("Mug", sku="MUG"))

    assert body["cart_token"] == key
    assert units_by_sku(body["cart"]) == units_by_sku(get_cart(guest_client(key))) == {"MUG": 1}
    assert CartItem.objects.count() == 1
    cart = Cart.objects.get()
    assert cart.expires_at is not None
    assert cart.expires_at - cart.updated_at == THREE_DAYS


@pytest.mark.parametrize("change", CART_CHANGES)
def test_a_write_extends_it(api: SchemaClient, change: str) -> None:
    lamp = make_product()
    add_to_cart(api, lamp)
    Cart.objects.update(expires_at=timezone.now() + timedelta(days=1))

    change_cart(api, change, lamp)

    cart = Cart.objects.get()
    assert cart.expires_at is not None
    assert cart.expires_at - cart.updated_at == THREE_DAYS


@pytest.mark.parametrize(("method", "address"), READS)
def test_a_read_does_not_extend_it(api: SchemaClient, method: str, address: str) -> None:
    add_to_cart(api, make_product())
    ends = timezone.now() + timedelta(days=1)
    Cart.objects.update(expires_at=ends)

    getattr(api, method)(address)

    assert Cart.objects.get().expires_at == ends


def test_one_key_has_a_cart_in_each_market(api: SchemaClient) -> None:
    key = add_to_cart(api, make_product("Lamp", sku="LAMP"))["cart_token"]
    mug = make_product("Mug", sku="MUG", prices={"us": "9.99"})

    response = api.post("/api/cart/add/", {"product_id": mug.pk}, headers={"X-Market": "us"})

    assert response.json()["cart_token"] == key
    assert units_by_sku(response.json()["cart"]) == {"MUG": 1}
    assert units_by_sku(get_cart(api)) == {"LAMP": 1}
    assert list(Cart.objects.order_by("market").values_list("market", flat=True)) == ["in", "us"]


def test_a_key_is_live_while_its_cart_in_any_market_is(db: None) -> None:
    mug = make_product("Mug", sku="MUG", prices={"us": "9.99"})
    key = make_guest_cart(mug)
    guest_client(key).post("/api/cart/add/", {"product_id": mug.pk}, headers={"X-Market": "us"})
    expire_cart("in")

    body = guest_client(key).get("/api/cart/", headers={"X-Session-Key": make_guest_cart(make_product("Lamp"))}).json()

    assert body["cart_token"] == key
    assert body["data"]["items"] == []
    assert units_by_sku(guest_client(key).get("/api/cart/", headers={"X-Market": "us"}).json()["data"]) == {"MUG": 1}


def test_an_expired_empty_cart_restarts_too(api: SchemaClient) -> None:
    lamp = make_product()
    add_to_cart(api, lamp)
    api.delete("/api/cart/clear/")
    expire_cart()

    add_to_cart(api, lamp)

    assert list(Cart.objects.get().log.order_by("id").values_list("action", flat=True)) == ["ADD", "CLEAR", "ADD"]
