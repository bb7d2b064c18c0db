"""The catalog and HTTP caches: who may keep an answer, and for how long"""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from pytest_django import Settings

from products.tests.factories import make_category, make_product
from tests.schema_client import SchemaClient

ADDRESSES = ["/api/products/", "/api/products/lamp/", "/api/products/categories/"]
PASSWORD = "a lamp on the hill"


@pytest.fixture(autouse=True)
def shelf(db: None) -> None:
    make_product("Lamp", category=make_category())


def token_of(api: SchemaClient, **fields: Any) -> str:
    """Sign a new user in and return the access token."""
    get_user_model().objects.create_user("ada@example.com", PASSWORD, **fields)
    given = {"email": "ada@example.com", "password": PASSWORD, "mode": "token"}
    token: str = api.post("/api/auth/login/", given).json()["data"]["access_token"]
    return token


@pytest.mark.parametrize("address", ADDRESSES)
def test_any_cache_may_keep_what_was_asked_for_without_credentials(api: SchemaClient, address: str) -> None:
    for headers in ({}, {"Origin": "http://localhost:5173"}, {"X-Market": "in"}, {"Authorization": ""}):
        response = api.get(address, headers=headers)
        assert response["Cache-Control"] == "public, max-age=30, stale-while-revalidate=60"
        assert not response.cookies


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("name", ["access_token", "sessionid", "cart_token", "theme"])
def test_with_any_cookie_only_the_callers_own_cache_may(api: SchemaClient, address: str, name: str) -> None:
    api.cookies[name] = "x"

    assert api.get(address)["Cache-Control"] == "private, max-age=30, stale-while-revalidate=60"


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("way", ["header", "cookie"])
def test_a_customers_answers_are_private(api: SchemaClient, address: str, way: str) -> None:
    token = token_of(api)
    if way == "header":
        api.bearer(token)
    else:
        api.cookies["access_token"] = token

    assert api.get(address)["Cache-Control"] == "private, max-age=30, stale-while-revalidate=60"


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("way", ["header", "cookie"])
@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_seller": True}])
def test_those_who_sell_here_ask_each_time(api: SchemaClient, address: str, way: str, fields: dict[str, bool]) -> None:
    token = token_of(api, **fields)
    if way == "header":
        api.bearer(token)
    else:
        api.cookies["access_token"] = token

    assert api.get(address)["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "max-age=0, stale-while-revalidate=0"), (300, "max-age=300, stale-while-revalidate=600")]
)
def test_how_long_is_a_setting(api: SchemaClient, settings: Settings, seconds: int, said: str) -> None:
    settings.CATALOG_MAX_AGE = seconds

    assert {api.get(address)["Cache-Control"] for address in ADDRESSES} == {f"public, {said}"}


@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_seller": True}])
def test_what_is_off_sale_is_shown_to_those_who_may_see_it_and_never_shared(api: SchemaClient, fields: dict[str, bool]) -> None:
    token = token_of(api, **fields)
    make_product("Hidden", is_active=False, seller_id=get_user_model().objects.get().pk)

    own = api.get("/api/products/hidden/", headers={"Authorization": f"Bearer {token}"})
    other = api.get("/api/products/hidden/")

    assert (own.status_code, own["Cache-Control"]) == (200, "private, no-cache")
    assert (other.status_code, other["Cache-Control"]) == (404, "no-store")


def test_no_other_answer_of_the_catalog_is_kept(api: SchemaClient) -> None:
    api.bearer(token_of(api, is_staff=True))

    made = api.post("/api/products/", {"name": "Mug", "price": "5.00", "stock": 1})
    moved = api.get("/api/products/mug/stock/")

    assert (made.status_code, moved.status_code) == (201, 200)
    for response in (made, moved):
        assert response["Cache-Control"] == "no-store"
        assert "ETag" not in response.headers
