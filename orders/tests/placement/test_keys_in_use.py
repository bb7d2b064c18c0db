"""A guest keeps their cookies after an order or a merge while a cart of the key still holds a line, in whatever market"""

from typing import Any

import pytest

from accounts.tests.factories import PASSWORD, make_access_token, make_user
from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart, get_cart, make_guest_cart, units_by_sku
from orders.tests.factories import create, order_body
from products.models import Product
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp() -> Product:
    """A lamp that is sold in both markets."""
    return make_product("Lamp", sku="LAMP", prices={"us": "10.00"}, stock=50)


def in_market(client: SchemaClient, market: str) -> SchemaClient:
    """Return the client after it has chosen this market."""
    client.credentials(HTTP_X_MARKET=market)
    return client


def get_deleted_cookies(response: Any) -> set[str]:
    """Return the names of the cookies that a response deletes."""
    return {name for name, cookie in response.cookies.items() if cookie.value == ""}


@pytest.mark.parametrize(("kept", "units"), [("in", 2), ("us", 2), ("us", 0)])
def test_the_key_of_another_markets_cart_is_kept(api: SchemaClient, lamp: Product, kept: str, units: int) -> None:
    ordered = {"in": "us", "us": "in"}[kept]
    line = add_to_cart(in_market(api, kept), lamp, 2)["data"]["id"]
    api.patch(f"/api/cart/update/{line}/", {"quantity": units})
    add_to_cart(in_market(api, ordered), lamp)

    response = create(api, name="Ada")

    assert (response.status_code, get_deleted_cookies(response)) == (201, set())
    assert units_by_sku(get_cart(in_market(api, kept))) == {"LAMP": units}
    last = create(api, name="Ada") if units else None
    assert last is None or get_deleted_cookies(last) == {"cart_token", "sessionid"}


def test_a_replay_keeps_it_too(api: SchemaClient, lamp: Product) -> None:
    add_to_cart(in_market(api, "us"), lamp)
    add_to_cart(in_market(api, "in"), lamp)
    create(api, "k-1", name="Ada")

    response = create(api, "k-1", name="Ada")

    assert (response.status_code, get_deleted_cookies(response)) == (200, set())


def test_an_expired_cart_of_another_market_does_not_count(api: SchemaClient, lamp: Product) -> None:
    add_to_cart(in_market(api, "us"), lamp)
    Cart.objects.update(expires_at="2026-01-01T00:00:00Z")
    add_to_cart(in_market(api, "in"), lamp)

    response = create(api, name="Ada")

    assert get_deleted_cookies(response) == {"cart_token", "sessionid"}


def test_of_two_cookies_the_one_that_holds_a_line_is_kept(lamp: Product) -> None:
    client, key = SchemaClient(), make_guest_cart(lamp)
    client.cookies["sessionid"], client.cookies["cart_token"] = make_guest_cart(lamp, 3), key

    response = client.post("/api/orders/create/", order_body(name="Ada"))

    assert (response.status_code, get_deleted_cookies(response)) == (201, {"sessionid"})
    assert units_by_sku(get_cart(client)) == {"LAMP": 1}


def test_a_key_in_the_header_leaves_the_browsers_cookies_alone_while_it_holds_a_line(lamp: Product) -> None:
    client, key = SchemaClient(), make_guest_cart(lamp)
    client.credentials(HTTP_X_CART_TOKEN=key, HTTP_X_MARKET="us")
    add_to_cart(client, lamp)

    response = create(client, name="Ada")

    assert (response.status_code, get_deleted_cookies(response)) == (201, set())


def test_signing_in_keeps_the_key_of_a_cart_that_was_not_merged(lamp: Product) -> None:
    client, user, other = SchemaClient(), make_user(), make_guest_cart(lamp, 3)
    client.cookies["sessionid"], client.cookies["cart_token"] = make_guest_cart(lamp), other

    response = client.post("/api/auth/login/", {"email": user.email, "password": PASSWORD})

    assert response.json()["data"]["cart_merge"]["merged"] == 1
    assert get_deleted_cookies(response) == {"sessionid"}
    merged = client.post("/api/cart/merge/", {})
    assert (merged.json()["data"]["merged"], get_deleted_cookies(merged)) == (1, {"cart_token", "sessionid"})
    assert units_by_sku(get_cart(client)) == {"LAMP": 4}


def test_merging_a_named_cart_keeps_the_key_of_another(lamp: Product) -> None:
    user, client = make_user(), SchemaClient()
    client.bearer(make_access_token(user))
    client.cookies["cart_token"] = make_guest_cart(lamp, 3)

    response = client.post("/api/cart/merge/", {"cart_token": make_guest_cart(lamp)})

    assert response.json()["data"]["merged"] == 1
    assert get_deleted_cookies(response) == set()
    assert CartItem.objects.filter(quantity=3).exists()
