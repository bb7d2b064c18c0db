"""Signing in by phone, and the cart, as an app calls them: /auth/verify-code, /cart/items, /cart, /auth/logout"""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import Settings

from accounts.tests.factories import claims_of, sell
from accounts.tests.phones import PHONE, Texts, asked, texts_in, verify
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Path) -> Texts:
    """Text messages go to a file."""
    return texts_in(tmp_path, settings)


def sell_in_both_markets(folder: Path) -> tuple[int, int]:
    """Put a product on sale in both markets, and return its id and that of its one variant."""
    row = {"sku": "LAMP", "name": "Lamp", "category": "Home", "price": "20.00", "stock": 50, "prices": {"us": "9.99"}}
    (folder / "sold.json").write_text(json.dumps([row]))
    call_command("import_products", file=folder / "sold.json", verbosity=0)
    (shown,) = SchemaClient().get("/api/products/").json()["data"]
    return shown["id"], shown["sku_id"]


def signed_in(texts: Texts, mount: str, end: str) -> str:
    """Have a code sent, sign in with it, and return the token that the top of the body holds."""
    headers = {"X-Market": "us"}
    assert SchemaClient().post(f"{mount}/auth/send-code{end}", {"phone": PHONE}, headers=headers).status_code == 202
    given = {"phone": PHONE, "verification_code": texts.code()}
    response = SchemaClient().post(f"{mount}/auth/verify-code{end}", given, headers=headers)
    assert response.status_code == 200
    token: str = response.json()["access_token"]
    return token


def lines(body: dict[str, Any]) -> list[tuple[int, int]]:
    """Return product and quantity of each line."""
    return [(line["product_id"], line["quantity"]) for line in body["data"]["items"]]


@pytest.mark.parametrize("mount", ["", "/api"])
@pytest.mark.parametrize("end", ["", "/"])
def test_the_cart_outlives_signing_out_and_in_again(tmp_path: Path, texts: Texts, mount: str, end: str) -> None:
    lamp, sku_id = sell_in_both_markets(tmp_path)
    old = signed_in(texts, mount, end)
    claims = claims_of(old)
    assert (claims["market"], claims["exp"] - claims["iat"]) == ("us", 1800)
    app = SchemaClient().bearer(old)
    headers = {"X-Market": "us"}

    added = app.post(f"{mount}/cart/items{end}", {"sku_id": sku_id, "quantity": 2}, headers=headers)
    assert added.status_code == 201
    assert lines(app.get(f"{mount}/cart{end}", headers=headers).json()) == [(lamp, 2)]
    assert app.post(f"{mount}/auth/logout{end}", headers=headers).status_code == 200
    assert app.get(f"{mount}/cart{end}", headers=headers).status_code == 401
    new = signed_in(texts, mount, end)

    again = SchemaClient().bearer(new).get(f"{mount}/cart{end}", headers=headers)
    assert again.status_code == 200
    assert lines(again.json()) == [(lamp, 2)]
    assert again.json()["data"]["items"][0]["total_price"] == "19.98"
    assert again.json()["owner"] == {"type": "user", "user_id": claims["user_id"], "session_key": None}
    assert claims_of(new)["user_id"] == claims["user_id"]
    assert SchemaClient().bearer(old).get(f"{mount}/cart{end}", headers=headers).status_code == 401


def test_the_guest_cart_comes_along(api: SchemaClient, tmp_path: Path, texts: Texts) -> None:
    lamp, mug = sell(tmp_path, "Lamp", "Mug")
    for product_id in (lamp, mug):
        key = api.post("/api/cart/add/", {"product_id": product_id, "quantity": 2}).json()["cart_token"]
    code = asked(texts)

    response = api.post("/api/auth/verify-code/", {"phone": PHONE, "verification_code": code})

    assert response.json()["data"]["cart_merge"] == {"merged": 2, "capped": [], "skipped": []}
    assert [response.cookies[name]["max-age"] for name in ("cart_token", "sessionid")] == [0, 0]
    shopper = SchemaClient().bearer(response.json()["access_token"])
    assert lines(shopper.get("/api/cart/").json()) == [(lamp, 2), (mug, 2)]
    assert lines(SchemaClient().get("/api/cart/", headers={"X-Cart-Token": key}).json()) == []


@pytest.mark.parametrize("how", ["header", "body"])
def test_the_guest_key_may_come_by_header_or_body(api: SchemaClient, tmp_path: Path, texts: Texts, how: str) -> None:
    (lamp,) = sell(tmp_path, "Lamp")
    key = SchemaClient().post("/api/cart/add/", {"product_id": lamp}).json()["cart_token"]
    given = {"phone": PHONE, "verification_code": asked(texts), **({"cart_token": key} if how == "body" else {})}

    response = api.post("/api/auth/verify-code/", given, headers={"X-Cart-Token": key} if how == "header" else {})

    assert response.json()["data"]["cart_merge"] == {"merged": 1, "capped": [], "skipped": []}


def test_a_wrong_code_leaves_the_guest_cart_where_it_is(tmp_path: Path, texts: Texts) -> None:
    (lamp,) = sell(tmp_path, "Lamp")
    key = SchemaClient().post("/api/cart/add/", {"product_id": lamp, "quantity": 2}).json()["cart_token"]
    asked(texts)

    response = verify("0", headers={"X-Cart-Token": key})

    assert response.status_code == 401
    assert lines(SchemaClient().get("/api/cart/", headers={"X-Cart-Token": key}).json()) == [(lamp, 2)]
