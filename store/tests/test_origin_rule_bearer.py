"""The origin rule for Bearer tokens, and with CSRF_REQUIRE_ORIGIN."""

from typing import Any

import pytest
from pytest_django import Settings

from accounts.tests.factories import PASSWORD, make_access_token, make_user
from products.tests.factories import make_product
from store.tests.factories import EVIL, get_state
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.once


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer  ", "bearer\t", "\tBearer \t "])
def test_a_bearer_token_needs_no_origin_for_no_foreign_page_can_send_it(api: SchemaClient, scheme: str) -> None:
    lamp = make_product()
    token = make_access_token(make_user())

    response = api.post("/api/cart/add/", {"product_id": lamp.pk}, HTTP_ORIGIN=EVIL, HTTP_AUTHORIZATION=f"{scheme} {token}")

    assert response.status_code == 201


@pytest.mark.parametrize("scheme", ["bearer", "BEARER\t", "Bearer   "])
def test_the_scheme_is_read_alike_wherever_it_counts(api: SchemaClient, scheme: str) -> None:
    ada = make_user()
    header: dict[str, Any] = {"HTTP_AUTHORIZATION": f"{scheme} {make_access_token(ada)}"}

    profile = api.get("/api/auth/me/", **header)
    changed = api.post(
        "/api/auth/password/change/", {"old_password": PASSWORD, "new_password": "a lamp in the valley"}, HTTP_ORIGIN=EVIL, **header
    )
    token: dict[str, Any] = {"HTTP_AUTHORIZATION": f"{scheme} {changed.json()['data']['access_token']}"}
    signed_out = api.post("/api/auth/logout/", {}, **token)

    assert (profile.status_code, changed.status_code, signed_out.status_code) == (200, 200, 200)
    assert api.get("/api/auth/me/", **token).status_code == 401


def test_a_bad_bearer_token_is_still_refused_as_such(api: SchemaClient) -> None:
    lamp = make_product()

    response = api.post("/api/cart/add/", {"product_id": lamp.pk}, HTTP_ORIGIN=EVIL, HTTP_AUTHORIZATION="Bearer x")

    assert response.status_code == 401
    assert response.json()["code"] == "token_invalid"


@pytest.mark.parametrize("route", ["register", "login", "refresh", "logout"])
@pytest.mark.parametrize("mount", ["/api/auth", "/auth"])
def test_where_cookies_decide_a_bearer_token_excuses_nothing(api: SchemaClient, mount: str, route: str) -> None:
    token = make_access_token(make_user())
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})
    before = get_state()

    response = api.post(
        f"{mount}/{route}/",
        {"email": "ada@example.com", "password": PASSWORD, "all": True},
        HTTP_ORIGIN=EVIL,
        HTTP_AUTHORIZATION=f"Bearer {token}",
    )

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert not response.cookies
    assert get_state() == before


@pytest.mark.parametrize(
    "header",
    [
        *("", "   ", "Bearer", "Bearer ", "bearer\t", "\tBEARER \t", "Bearer\xa0", "BearerX y", "Token x"),
        *("Basic YWRhOnB3", "Basic", "Digest username=a", "Negotiate YII=", "NTLM TlRM", "Basic x, Bearer y", "Basic Bearer x"),
    ],
)
@pytest.mark.parametrize("marks", [{"HTTP_ORIGIN": EVIL}, {"HTTP_SEC_FETCH_SITE": "cross-site"}, {"HTTP_REFERER": f"{EVIL}/"}])
def test_no_other_credentials_excuse_a_foreign_page(api: SchemaClient, marks: dict[str, Any], header: str) -> None:
    make_user()
    lamp = make_product()
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})
    before = get_state()

    response = api.post("/api/cart/add/", {"product_id": lamp.pk}, HTTP_AUTHORIZATION=header, **marks)

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert get_state() == before


def test_a_token_that_excuses_the_origin_leaves_the_cookie_unread(api: SchemaClient) -> None:
    make_user()
    lamp = make_product()
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})
    before = get_state()

    for token in (".", ",", "null", "undefined", " x", "x\t", '""'):
        response = api.post("/api/cart/add/", {"product_id": lamp.pk}, HTTP_ORIGIN=EVIL, HTTP_AUTHORIZATION=f"Bearer {token}")
        assert (response.status_code, response.json()["code"]) == (401, "token_invalid")

    assert get_state() == before


def test_a_shop_may_ask_every_client_with_cookies_for_its_origin(api: SchemaClient, settings: Settings) -> None:
    settings.CSRF_REQUIRE_ORIGIN = True
    make_user()
    lamp = make_product()
    signed_in = api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})
    before = get_state()

    without = api.post("/api/cart/add/", {"product_id": lamp.pk})

    assert signed_in.status_code == 200
    assert without.status_code == 403
    assert without.json()["code"] == "csrf_failed"
    assert get_state() == before
    assert api.post("/api/cart/add/", {"product_id": lamp.pk}, HTTP_ORIGIN="http://testserver").status_code == 201


def test_then_too_a_bearer_token_needs_none(api: SchemaClient, settings: Settings) -> None:
    settings.CSRF_REQUIRE_ORIGIN = True
    lamp = make_product()
    api.bearer(make_access_token(make_user()))

    assert api.post("/api/cart/add/", {"product_id": lamp.pk}).status_code == 201
