"""The catalog and HTTP caches: who may store a response, and for how long"""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from pytest_django import Settings

from products.tests.factories import make_category, make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.once

URLS = ["/api/products/", "/api/products/lamp/", "/api/products/categories/"]
PASSWORD = "a lamp on the hill"


@pytest.fixture(autouse=True)
def catalog(db: None) -> None:
    make_product("Lamp", category=make_category())


def sign_in(api: SchemaClient, **fields: Any) -> str:
    """Sign a new user in and return the access token."""
    get_user_model().objects.create_user("ada@example.com", PASSWORD, **fields)
    credentials = {"email": "ada@example.com", "password": PASSWORD, "mode": "token"}
    token: str = api.post("/api/auth/login/", credentials).json()["data"]["access_token"]
    return token


@pytest.mark.parametrize("url", URLS)
def test_any_cache_may_keep_what_was_asked_for_without_credentials(api: SchemaClient, url: str) -> None:
    for headers in ({}, {"Origin": "http://localhost:5173"}, {"X-Market": "in"}, {"Authorization": ""}):
        response = api.get(url, headers=headers)
        assert response["Cache-Control"] == "public, max-age=30, stale-while-revalidate=60"
        assert not response.cookies


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("name", ["access_token", "sessionid", "cart_token", "theme"])
def test_with_any_cookie_only_the_callers_own_cache_may(api: SchemaClient, url: str, name: str) -> None:
    api.cookies[name] = "x"

    assert api.get(url)["Cache-Control"] == "private, max-age=30, stale-while-revalidate=60"


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("transport", ["header", "cookie"])
def test_a_customers_answers_are_private(api: SchemaClient, url: str, transport: str) -> None:
    token = sign_in(api)
    if transport == "header":
        api.bearer(token)
    else:
        api.cookies["access_token"] = token

    assert api.get(url)["Cache-Control"] == "private, max-age=30, stale-while-revalidate=60"


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("transport", ["header", "cookie"])
@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_seller": True}])
def test_those_who_sell_here_ask_each_time(api: SchemaClient, url: str, transport: str, fields: dict[str, bool]) -> None:
    token = sign_in(api, **fields)
    if transport == "header":
        api.bearer(token)
    else:
        api.cookies["access_token"] = token

    assert api.get(url)["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("seconds", "directives"), [(0, "max-age=0, stale-while-revalidate=0"), (300, "max-age=300, stale-while-revalidate=600")]
)
def test_how_long_is_a_setting(api: SchemaClient, settings: Settings, seconds: int, directives: str) -> None:
    settings.CATALOG_MAX_AGE = seconds

    assert {api.get(url)["Cache-Control"] for url in URLS} == {f"public, {directives}"}


@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_seller": True}])
def test_what_is_off_sale_is_shown_to_those_who_may_see_it_and_never_shared(api: SchemaClient, fields: dict[str, bool]) -> None:
    token = sign_in(api, **fields)
    make_product("Hidden", is_active=False, seller_id=get_user_model().objects.get().pk)

    own = api.get("/api/products/hidden/", headers={"Authorization": f"Bearer {token}"})
    other = api.get("/api/products/hidden/")

    assert (own.status_code, own["Cache-Control"]) == (200, "private, no-cache")
    assert (other.status_code, other["Cache-Control"]) == (404, "no-store")


def test_no_other_answer_of_the_catalog_is_kept(api: SchemaClient) -> None:
    api.bearer(sign_in(api, is_staff=True, is_superuser=True))

    made = api.post("/api/products/", {"name": "Mug", "price": "5.00", "stock": 1})
    moved = api.get("/api/products/mug/stock/")

    assert (made.status_code, moved.status_code) == (201, 200)
    for response in (made, moved):
        assert response["Cache-Control"] == "no-store"
        assert "ETag" not in response.headers
