"""Signing in by phone and using the cart, as a mobile app does: /auth/verify-code, /cart/items, /cart, /auth/logout"""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from accounts.tests.factories import decode_claims, sell_products
from accounts.tests.phones import PHONE, SentTexts, request_code, use_sms_file, verify_code
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Path) -> SentTexts:
    """Write text messages to a file."""
    return use_sms_file(tmp_path, settings)


def sell_in_both_markets(folder: Path) -> tuple[int, int]:
    """Put a product on sale in both markets, and return its id and the id of its variant."""
    row = {"sku": "LAMP", "name": "Lamp", "category": "Home", "price": "20.00", "stock": 50, "prices": {"us": "9.99"}}
    (folder / "sold.json").write_text(json.dumps([row]))
    call_command("import_products", file=folder / "sold.json", verbosity=0)
    (product,) = SchemaClient().get("/api/products/").json()["data"]
    return product["id"], product["sku_id"]


def sign_in_by_code(texts: SentTexts, mount: str, suffix: str) -> str:
    """Request a code, sign in with it, and return the token at the top level of the body."""
    headers = {"X-Market": "us"}
    assert SchemaClient().post(f"{mount}/auth/send-code{suffix}", {"phone": PHONE}, headers=headers).status_code == 202
    payload = {"phone": PHONE, "verification_code": texts.code()}
    response = SchemaClient().post(f"{mount}/auth/verify-code{suffix}", payload, headers=headers)
    assert response.status_code == 200
    token: str = response.json()["access_token"]
    return token


def get_lines(body: dict[str, Any]) -> list[tuple[int, int]]:
    """Return the product id and quantity of each line."""
    return [(line["product_id"], line["quantity"]) for line in body["data"]["items"]]


@pytest.mark.parametrize("mount", ["", "/api"])
@pytest.mark.parametrize("suffix", ["", "/"])
def test_the_cart_outlives_signing_out_and_in_again(tmp_path: Path, texts: SentTexts, mount: str, suffix: str) -> None:
    lamp, sku_id = sell_in_both_markets(tmp_path)
    old_token = sign_in_by_code(texts, mount, suffix)
    claims = decode_claims(old_token)
    assert (claims["market"], claims["exp"] - claims["iat"]) == ("us", 1800)
    client = SchemaClient().bearer(old_token)
    headers = {"X-Market": "us"}

    response = client.post(f"{mount}/cart/items{suffix}", {"sku_id": sku_id, "quantity": 2}, headers=headers)
    assert response.status_code == 201
    assert get_lines(client.get(f"{mount}/cart{suffix}", headers=headers).json()) == [(lamp, 2)]
    assert client.post(f"{mount}/auth/logout{suffix}", headers=headers).status_code == 200
    assert client.get(f"{mount}/cart{suffix}", headers=headers).status_code == 401
    new_token = sign_in_by_code(texts, mount, suffix)

    cart = SchemaClient().bearer(new_token).get(f"{mount}/cart{suffix}", headers=headers)
    assert cart.status_code == 200
    assert get_lines(cart.json()) == [(lamp, 2)]
    assert cart.json()["data"]["items"][0]["total_price"] == "19.98"
    assert cart.json()["owner"] == {"type": "user", "user_id": claims["user_id"], "session_key": None}
    assert decode_claims(new_token)["user_id"] == claims["user_id"]
    assert SchemaClient().bearer(old_token).get(f"{mount}/cart{suffix}", headers=headers).status_code == 401


def test_the_guest_cart_comes_along(api: SchemaClient, tmp_path: Path, texts: SentTexts) -> None:
    lamp, mug = sell_products(tmp_path, "Lamp", "Mug")
    for product_id in (lamp, mug):
        key = api.post("/api/cart/add/", {"product_id": product_id, "quantity": 2}).json()["cart_token"]
    code = request_code(texts)

    response = api.post("/api/auth/verify-code/", {"phone": PHONE, "verification_code": code})

    assert response.json()["data"]["cart_merge"] == {"merged": 2, "capped": [], "skipped": []}
    assert [response.cookies[name]["max-age"] for name in ("cart_token", "sessionid")] == [0, 0]
    shopper = SchemaClient().bearer(response.json()["access_token"])
    assert get_lines(shopper.get("/api/cart/").json()) == [(lamp, 2), (mug, 2)]
    assert get_lines(SchemaClient().get("/api/cart/", headers={"X-Cart-Token": key}).json()) == []


@pytest.mark.parametrize("how", ["header", "body"])
def test_the_guest_key_may_come_by_header_or_body(api: SchemaClient, tmp_path: Path, texts: SentTexts, how: str) -> None:
    (lamp,) = sell_products(tmp_path, "Lamp")
    key = SchemaClient().post("/api/cart/add/", {"product_id": lamp}).json()["cart_token"]
    payload = {"phone": PHONE, "verification_code": request_code(texts), **({"cart_token": key} if how == "body" else {})}

    response = api.post("/api/auth/verify-code/", payload, headers={"X-Cart-Token": key} if how == "header" else {})

    assert response.json()["data"]["cart_merge"] == {"merged": 1, "capped": [], "skipped": []}


def test_a_wrong_code_leaves_the_guest_cart_where_it_is(tmp_path: Path, texts: SentTexts) -> None:
    (lamp,) = sell_products(tmp_path, "Lamp")
    key = SchemaClient().post("/api/cart/add/", {"product_id": lamp, "quantity": 2}).json()["cart_token"]
    request_code(texts)

    response = verify_code("0", headers={"X-Cart-Token": key})

    assert response.status_code == 401
    assert get_lines(SchemaClient().get("/api/cart/", headers={"X-Cart-Token": key}).json()) == [(lamp, 2)]
