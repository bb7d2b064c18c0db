"""The two guest cookies: their attributes, and when they are set."""

import pytest
from pytest_django import Settings

from carts.tests.factories import CART_CHANGES, add_to_cart, change_cart, make_guest_cart
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

READS = [("get", "/api/cart/"), ("get", "/api/cart/current/"), ("post", "/api/cart/"), ("get", "/api/cart/summary/")]


def test_one_cookie_is_for_scripts_and_the_other_is_not(api: SchemaClient) -> None:
    response = api.get("/api/cart/")

    attributes = {
        name: {key: response.cookies[name][key] for key in ("path", "max-age", "domain", "samesite", "httponly", "secure")}
        for name in ("cart_token", "sessionid")
    }
    plain = {"path": "/", "max-age": 259200, "domain": "", "samesite": "Lax", "secure": ""}
    assert attributes == {"cart_token": {**plain, "httponly": ""}, "sessionid": {**plain, "httponly": True}}


def test_in_production_both_are_secure_and_the_hidden_one_is_bound_to_the_host(api: SchemaClient, settings: Settings) -> None:
    settings.AUTH_COOKIE_SECURE = True

    response = api.get("/api/cart/")

    assert set(response.cookies) == {"cart_token", "__Host-sessionid"}
    hidden = response.cookies["__Host-sessionid"]
    assert (hidden["secure"], hidden["httponly"], hidden["path"], hidden["domain"]) == (True, True, "/", "")
    assert response.cookies["cart_token"]["secure"] is True
    assert response.cookies["cart_token"]["httponly"] == ""


def test_in_production_a_planted_plain_cookie_is_not_read(db: None, settings: Settings) -> None:
    key = make_guest_cart(make_product("Lamp"))
    settings.AUTH_COOKIE_SECURE = True
    client = SchemaClient()
    client.cookies["sessionid"] = key

    body = client.get("/api/cart/").json()

    assert body["cart_token"] != key
    assert body["data"]["items"] == []


@pytest.mark.parametrize("name", ["cart_token", "sessionid"])
@pytest.mark.parametrize("header", ["{name}={key}; {name}=", "{name}=; {name}={key}", '{name}={key}; {name}=""'])
def test_an_empty_cookie_of_another_path_hides_no_cart(db: None, header: str, name: str) -> None:
    key = make_guest_cart(make_product("Lamp"))

    body = SchemaClient().get("/api/cart/", HTTP_COOKIE=header.format(name=name, key=key)).json()

    assert body["cart_token"] == key
    assert len(body["data"]["items"]) == 1


def test_for_a_front_on_another_site_they_are_partitioned(api: SchemaClient, settings: Settings) -> None:
    settings.AUTH_COOKIE_SAMESITE = "None"
    settings.AUTH_COOKIE_SECURE = True

    response = api.get("/api/cart/")

    cookies = [response.cookies["cart_token"], response.cookies["__Host-sessionid"]]
    assert [(cookie["samesite"], cookie["partitioned"]) for cookie in cookies] == [("None", True), ("None", True)]


@pytest.mark.parametrize(("method", "address"), READS)
def test_a_read_that_carries_both_sets_none(api: SchemaClient, method: str, address: str) -> None:
    add_to_cart(api, make_product("Lamp"))

    response = getattr(api, method)(address)

    assert response.status_code == 200
    assert not response.cookies


@pytest.mark.parametrize(("carried", "missing"), [("cart_token", "sessionid"), ("sessionid", "cart_token")])
def test_a_read_that_carries_one_sets_the_other(db: None, carried: str, missing: str) -> None:
    key = make_guest_cart(make_product("Lamp"))
    client = SchemaClient()
    client.cookies[carried] = key

    response = client.get("/api/cart/")

    assert {name: cookie.value for name, cookie in response.cookies.items()} == {missing: key}


def test_a_read_that_carries_another_key_is_set_right(db: None) -> None:
    key, other = make_guest_cart(make_product("Lamp")), make_guest_cart(make_product("Mug"))
    client = SchemaClient()
    client.cookies["sessionid"] = key
    client.cookies["cart_token"] = other

    response = client.get("/api/cart/")

    assert {name: cookie.value for name, cookie in response.cookies.items()} == {"cart_token": key}


@pytest.mark.parametrize("change", CART_CHANGES)
def test_a_write_extends_both(api: SchemaClient, change: str) -> None:
    lamp = make_product("Lamp")
    key = add_to_cart(api, lamp)["cart_token"]

    response = change_cart(api, change, lamp)

    assert response.status_code == 200
    assert {name: cookie.value for name, cookie in response.cookies.items()} == {"cart_token": key, "sessionid": key}
    assert [cookie["max-age"] for cookie in response.cookies.values()] == [259200, 259200]


@pytest.mark.parametrize(("method", "path"), [("post", "/api/cart/accept-prices/"), ("delete", "/api/cart/clear/")])
def test_a_write_that_changes_nothing_extends_nothing(api: SchemaClient, method: str, path: str) -> None:
    add_to_cart(api, make_product())
    if method == "delete":
        api.delete(path)

    assert not getattr(api, method)(path).cookies
