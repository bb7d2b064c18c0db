"""A cart in each market, at that market's prices."""

import pytest

from accounts.tests.factories import make_user
from carts.models import Cart
from carts.tests.factories import add_to_cart, get_audit_log, get_cart, signed_in_client, units_by_sku
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

US = {"X-Market": "us"}


def test_a_market_has_its_own_currency_and_prices(api: SchemaClient) -> None:
    lamp = make_product(price="1700.00", prices={"us": "19.99"})

    cart = api.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 3}, headers=US).json()["cart"]

    assert (cart["market"], cart["currency"], cart["subtotal"], cart["current_subtotal"]) == ("us", "USD", "59.97", "59.97")
    line = cart["items"][0]
    assert (line["price_at_addition"], line["price"], line["product"]["price"]) == ("19.99", "19.99", "19.99")
    assert get_audit_log() == [("ADD", "Lamp", {"quantity": 3, "price": "19.99"})]


def test_what_has_no_price_in_a_market_is_not_for_sale_there(api: SchemaClient) -> None:
    lamp = make_product()

    response = api.post("/api/cart/add/", {"product_id": lamp.pk}, headers=US)

    assert response.status_code == 404
    assert response.json()["message"] == "Product not found or unavailable"
    assert not Cart.objects.exists()


def test_a_user_has_one_cart_in_each_market(db: None) -> None:
    user, lamp = make_user(), make_product(price="1700.00", prices={"us": "19.99"}, sku="LAMP")
    client = signed_in_client(user)
    add_to_cart(client, lamp)

    client.post("/api/cart/add/", {"product_id": lamp.pk, "quantity": 2}, headers=US)

    us = client.get("/api/cart/", headers=US).json()["data"]
    assert (units_by_sku(us), us["subtotal"]) == ({"LAMP": 2}, "39.98")
    assert (units_by_sku(get_cart(client)), get_cart(client)["subtotal"]) == ({"LAMP": 1}, "1700.00")
    assert client.get("/api/cart/summary/", headers=US).json()["data"]["subtotal"] == "39.98"


def test_a_session_begun_in_a_market_stays_there(db: None) -> None:
    client = signed_in_client(make_user(), "us")

    data = get_cart(client)

    assert (data["market"], data["currency"]) == ("us", "USD")


@pytest.mark.sampled
@pytest.mark.parametrize("market", ["zz", "../", "u", "usa", "us" * 150])
def test_an_unknown_market_is_refused(api: SchemaClient, market: str) -> None:
    lamp = make_product()

    response = api.post("/api/cart/add/", {"product_id": lamp.pk}, headers={"X-Market": market})

    assert (response.status_code, response.json()["code"]) == (400, "unknown_market")
    assert not Cart.objects.exists()
