"""The market of a request: X-Market, the token's claim, the user's market, or the default."""

from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import make_access_token, make_user
from carts.models import CartItem
from orders.models import Order
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.once

UNKNOWN = ["zz", "../", "x" * 300, "u", "usa", "us,in", "u s", "%75s", "é", "0"]


def get_market(api: SchemaClient, **headers: Any) -> tuple[str, str]:
    """Return the market and the currency of the caller's cart."""
    cart = api.post("/api/cart/", {}, **headers).json()["data"]
    return cart["market"], cart["currency"]


def test_the_default_holds_where_nothing_is_said(api: SchemaClient) -> None:
    assert get_market(api) == ("in", "INR")
    assert get_market(api, HTTP_X_MARKET="") == ("in", "INR")


@pytest.mark.parametrize("value", ["us", "US", "Us"])
def test_the_header_names_the_market(api: SchemaClient, value: str) -> None:
    assert get_market(api, HTTP_X_MARKET=value) == ("us", "USD")


def test_the_header_picks_the_prices(api: SchemaClient) -> None:
    make_product("Lamp", price="500.00", prices={"us": "9.99"})

    default = api.get("/api/products/").json()["data"]
    american = api.get("/api/products/", HTTP_X_MARKET="us").json()["data"]

    assert [(row["price"], row["currency"]) for row in default] == [("500.00", "INR")]
    assert [(row["price"], row["currency"]) for row in american] == [("9.99", "USD")]


def test_the_tokens_claim_beats_the_users_market(api: SchemaClient) -> None:
    api.bearer(make_access_token(make_user(market="in"), "us"))

    assert get_market(api) == ("us", "USD")


def test_the_users_market_holds_where_the_token_claims_none(api: SchemaClient) -> None:
    api.bearer(make_access_token(make_user(market="us")))

    assert get_market(api) == ("us", "USD")


def test_the_header_beats_the_claim(api: SchemaClient) -> None:
    api.bearer(make_access_token(make_user(market="us"), "us"))

    assert get_market(api, HTTP_X_MARKET="in") == ("in", "INR")


def test_a_claim_of_a_market_that_is_no_more_counts_for_nothing(api: SchemaClient) -> None:
    api.bearer(make_access_token(make_user(), "zz"))

    assert get_market(api) == ("in", "INR")


@pytest.mark.parametrize("value", UNKNOWN)
@pytest.mark.parametrize(
    "url", ["/api/products/", "/api/products/lamp/", "/api/cart/", "/api/cart/summary/", "/api/config/", "/api/nothing/"]
)
def test_an_unknown_market_is_refused_and_the_known_ones_are_named(api: SchemaClient, url: str, value: str) -> None:
    make_product("Lamp")

    response = api.get(url, HTTP_X_MARKET=value)

    assert response.status_code == 400
    assert response.json() == {
        "success": False,
        "status": 400,
        "code": "unknown_market",
        "message": "This market does not exist",
        "detail": "This market does not exist",
        "errors": {},
        "details": {"markets": ["in", "us"]},
    }


@pytest.mark.parametrize("url", ["/api/cart/add/", "/api/orders/create/", "/api/auth/register/"])
def test_in_an_unknown_market_nothing_is_written(api: SchemaClient, url: str) -> None:
    lamp = make_product()
    value = {"product_id": lamp.pk, "email": "ada@example.com", "password": "a lamp on the hill", "payment_method": "cod"}

    response = api.post(url, value, HTTP_X_MARKET="zz")

    assert response.status_code == 400
    assert response.json()["code"] == "unknown_market"
    assert not response.cookies
    assert not CartItem.objects.exists()
    assert not Order.objects.exists()
    assert not User.objects.exists()
