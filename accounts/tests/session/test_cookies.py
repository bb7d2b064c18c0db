"""The auth cookies"""

import pytest
from pytest_django import Settings

from accounts.tests.factories import PASSWORD, make_user, sign_in
from tests.schema_client import SchemaClient

CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}
COOKIE_NAMES = ["access_token", "refresh_token"]


@pytest.mark.parametrize("mode", [{}, {"mode": "cookie"}])
def test_cookies_are_hidden_from_scripts_and_last_as_long_as_the_refresh_token(api: SchemaClient, mode: dict[str, str]) -> None:
    make_user()

    response = api.post("/api/auth/login/", {**CREDENTIALS, **mode})

    assert sorted(response.cookies) == COOKIE_NAMES
    for morsel in response.cookies.values():
        assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "Lax", "/")
        assert (morsel["max-age"], morsel["domain"], morsel["secure"]) == (30 * 86_400, "", "")
        assert morsel.value not in response.content.decode()
    assert sorted(response.json()["data"]) == ["user"]


def test_in_production_they_are_secure_and_bound_to_the_host(api: SchemaClient, settings: Settings) -> None:
    settings.AUTH_COOKIE_SECURE = True
    make_user()

    response = api.post("/api/auth/login/", CREDENTIALS)

    assert sorted(response.cookies) == ["__Host-access_token", "__Host-refresh_token"]
    for morsel in response.cookies.values():
        assert (morsel["secure"], morsel["httponly"], morsel["samesite"]) == (True, True, "Lax")
        assert (morsel["path"], morsel["domain"]) == ("/", "")
    assert api.get("/api/auth/me/").status_code == 200
    assert api.post("/api/auth/refresh/").status_code == 200


def test_in_production_a_cookie_that_a_sibling_host_could_plant_is_not_read(api: SchemaClient, settings: Settings) -> None:
    make_user()
    access, refresh = sign_in()
    settings.AUTH_COOKIE_SECURE = True
    api.cookies["access_token"], api.cookies["refresh_token"] = access, refresh

    assert api.get("/api/auth/me/").status_code == 401
    assert api.post("/api/auth/refresh/").status_code == 401


def test_for_a_shop_front_on_another_site_they_are_partitioned_also_when_deleted(api: SchemaClient, settings: Settings) -> None:
    settings.AUTH_COOKIE_SECURE = True
    settings.AUTH_COOKIE_SAMESITE = "None"
    make_user()

    for response in (api.post("/api/auth/login/", CREDENTIALS), api.post("/api/auth/logout/")):
        for name in ("__Host-access_token", "__Host-refresh_token"):
            set_cookie = response.cookies[name].OutputString()
            assert all(
                attribute in set_cookie.split("; ")
                for attribute in ("SameSite=None", "Secure", "Partitioned", "HttpOnly", "Path=/")
            )


def test_account_answers_are_not_stored_by_anyone(api: SchemaClient) -> None:
    make_user()

    for response in (api.post("/api/auth/login/", CREDENTIALS), api.get("/api/auth/me/"), api.post("/api/auth/refresh/")):
        assert response["Cache-Control"] == "no-store"
        assert {"cookie", "authorization", "origin"} <= {name.strip().lower() for name in response["Vary"].split(",")}


def test_a_program_that_is_no_browser_may_use_cookies(api: SchemaClient) -> None:
    make_user()
    api.post("/api/auth/login/", CREDENTIALS)

    assert api.patch("/api/auth/me/", {"first_name": "Ada"}).status_code == 200
