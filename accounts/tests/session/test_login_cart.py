"""The cart at POST /api/auth/login/ and logout/"""

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps

from accounts.tests.factories import PASSWORD, make_expired, make_user, sell_products, sign_in
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}
pytestmark = pytest.mark.django_db


def fill_cart(client: SchemaClient, *product_ids: int) -> str | None:
    """Add two units of each product to the client's cart, and return its guest key."""
    key: str | None = None
    for product_id in product_ids:
        response = client.post("/api/cart/add/", {"product_id": product_id, "quantity": 2})
        assert response.status_code == 201
        key = response.json()["cart_token"]
    return key


def get_lines(client: SchemaClient, **headers: str) -> list[tuple[int, int]]:
    """Return the product id and quantity of each line in the client's cart."""
    data: dict[str, Any] = client.get("/api/cart/", headers=headers).json()["data"]
    return [(line["product_id"], line["quantity"]) for line in data["items"]]


def test_the_guest_cart_comes_along_and_the_answer_says_so(api: SchemaClient, tmp_path: Path) -> None:
    make_user()
    lamp, mug = sell_products(tmp_path, "Lamp", "Mug")
    fill_cart(api, lamp, mug)

    response = api.post("/api/auth/login/", CREDENTIALS)

    assert response.json()["data"]["cart_merge"] == {"merged": 2, "capped": [], "skipped": []}
    assert [response.cookies[name]["max-age"] for name in ("cart_token", "sessionid")] == [0, 0]
    assert get_lines(api) == [(lamp, 2), (mug, 2)]


def test_a_guest_cart_is_merged_once(api: SchemaClient, tmp_path: Path) -> None:
    make_user()
    lamp, mug = sell_products(tmp_path, "Lamp", "Mug")
    key = str(fill_cart(SchemaClient(), lamp, mug))
    for _ in range(2):
        assert api.post("/api/auth/login/", CREDENTIALS, headers={"X-Cart-Token": key}).status_code == 200

    assert get_lines(api) == [(lamp, 2), (mug, 2)]
    assert get_lines(SchemaClient(), **{"X-Cart-Token": key}) == []


def test_a_guest_key_beside_a_token_is_not_looked_at(tmp_path: Path) -> None:
    user = make_user()
    lamp, mug = sell_products(tmp_path, "Lamp", "Mug")
    key = str(fill_cart(SchemaClient(), lamp, mug))
    ada = SchemaClient().bearer(sign_in()[0])
    fill_cart(ada, mug)

    response = ada.get("/api/cart/", headers={"X-Session-Key": key, "X-Cart-Token": key})

    assert [(line["product_id"], line["quantity"]) for line in response.json()["data"]["items"]] == [(mug, 2)]
    assert response.json()["owner"] == {"type": "user", "user_id": user.pk, "session_key": None}
    assert get_lines(SchemaClient(), **{"X-Cart-Token": key}) == [(lamp, 2), (mug, 2)]


def test_the_cart_is_there_after_signing_out_and_in_again(tmp_path: Path) -> None:
    make_user()
    lamp, mug = sell_products(tmp_path, "Lamp", "Mug")
    old_token, _ = sign_in()
    fill_cart(SchemaClient().bearer(old_token), lamp, mug)
    SchemaClient().bearer(old_token).post("/api/auth/logout/")

    new_token, _ = sign_in()

    assert SchemaClient().bearer(old_token).get("/api/cart/").status_code == 401
    assert get_lines(SchemaClient().bearer(new_token)) == [(lamp, 2), (mug, 2)]


def test_signing_in_with_a_full_cart_costs_what_it_costs_with_one_line(tmp_path: Path) -> None:
    make_user()
    make_user("eve@example.com")
    products = sell_products(tmp_path, *(f"Lamp {number}" for number in range(12)))
    small_cart, full_cart = str(fill_cart(SchemaClient(), products[0])), str(fill_cart(SchemaClient(), *products))

    with capture_statements() as small_statements:
        SchemaClient().post("/api/auth/login/", CREDENTIALS, headers={"X-Cart-Token": small_cart})
    with capture_statements() as full_statements:
        response = SchemaClient().post(
            "/api/auth/login/", {**CREDENTIALS, "email": "eve@example.com"}, headers={"X-Cart-Token": full_cart}
        )

    assert response.json()["data"]["cart_merge"]["merged"] == 12
    assert len(full_statements) == len(small_statements)


def test_an_expired_access_cookie_makes_no_guest_of_a_customer(api: SchemaClient, tmp_path: Path) -> None:
    make_user()
    (lamp,) = sell_products(tmp_path, "Lamp")
    api.cookies["access_token"] = make_expired(sign_in()[0])

    response = api.post("/api/cart/add/", {"product_id": lamp})

    assert response.status_code == 401
    assert response.json()["code"] == "token_expired"
    assert not response.cookies
    assert apps.get_model("carts", "Cart")._default_manager.count() == 0
