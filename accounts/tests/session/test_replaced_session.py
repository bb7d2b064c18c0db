"""Signing in again in the same browser ends the session that the browser had"""

from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import AuthEvent, AuthSession
from accounts.tests.factories import PASSWORD, forge_token, get_me, make_expired, make_user, refresh_tokens, sign_in
from accounts.tests.phones import PHONE, request_code, use_sms_file, verify_code
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}


def log_in(browser: SchemaClient, email: str = "ada@example.com", **extra: str) -> SchemaClient:
    """Sign in and return the browser."""
    assert browser.post("/api/auth/login/", {**CREDENTIALS, "email": email, **extra}).status_code == 200
    return browser


def read_tokens(browser: SchemaClient) -> tuple[str, str]:
    """Return the access and refresh tokens in the browser's cookies."""
    return browser.cookies["access_token"].value, browser.cookies["refresh_token"].value


@pytest.mark.parametrize("second", ["ada@example.com", "eve@example.com"])
def test_the_old_tokens_are_worth_nothing(api: SchemaClient, second: str) -> None:
    make_user(), make_user("eve@example.com")
    access, refresh = read_tokens(log_in(api))
    other_device, _ = sign_in()

    log_in(api, second)

    assert get_me(access).json()["code"] == "session_revoked"
    assert refresh_tokens(refresh).status_code == 401
    assert api.get("/api/auth/me/").json()["data"]["email"] == second
    assert get_me(other_device).status_code == 200
    assert AuthSession.objects.exclude(revoked_at=None).get().revoke_reason == "replaced"
    assert AuthEvent.objects.get(event="session_ended").sid == AuthSession.objects.exclude(revoked_at=None).get().pk


def test_registering_ends_it_too(api: SchemaClient) -> None:
    make_user()
    access, _ = read_tokens(log_in(api))

    api.post("/api/auth/register/", {"email": "eve@example.com", "password": PASSWORD})

    assert get_me(access).json()["code"] == "session_revoked"
    assert api.get("/api/auth/me/").json()["data"]["email"] == "eve@example.com"


def test_a_code_in_token_mode_ends_it_and_deletes_the_cookies(api: SchemaClient, settings: Settings, tmp_path: Path) -> None:
    texts = use_sms_file(tmp_path, settings)
    make_user()
    access, _ = read_tokens(log_in(api))

    response = api.post("/api/auth/verify-code/", {"phone": PHONE, "verification_code": request_code(texts)})

    assert response.status_code == 200
    assert get_me(access).json()["code"] == "session_revoked"
    assert {name: cookie["max-age"] for name, cookie in response.cookies.items()} == {"access_token": 0, "refresh_token": 0}
    assert get_me(response.json()["access_token"]).status_code == 200
    assert verify_code("123456").status_code == 401


def test_an_expired_token_names_the_session_that_ends(api: SchemaClient) -> None:
    make_user()
    access, refresh = read_tokens(log_in(api))
    api.cookies["access_token"], api.cookies["refresh_token"] = make_expired(access), "stale"

    log_in(api)

    assert refresh_tokens(refresh).status_code == 401


@pytest.mark.parametrize("credentials", [{"password": "wrong, surely"}, {"email": "nobody@example.com"}])
def test_a_failed_sign_in_ends_nothing(api: SchemaClient, credentials: dict[str, str]) -> None:
    make_user()
    access, _ = read_tokens(log_in(api))

    assert api.post("/api/auth/login/", {**CREDENTIALS, **credentials}).status_code == 401

    assert get_me(access).status_code == 200


def test_a_forged_cookie_ends_nobodys_session(api: SchemaClient) -> None:
    make_user()
    access, _ = sign_in()
    api.cookies["access_token"] = forge_token(access, key="another key of thirty-two bytes!")

    log_in(api)

    assert get_me(access).status_code == 200


def test_a_bearer_token_beside_the_sign_in_stays_good() -> None:
    make_user()
    access, _ = sign_in()

    assert SchemaClient().bearer(access).post("/api/auth/login/", {**CREDENTIALS, "mode": "token"}).status_code == 200

    assert get_me(access).status_code == 200


def test_a_sign_in_without_cookies_costs_nothing_more(api: SchemaClient) -> None:
    make_user()
    log_in(api)

    with capture_statements() as first:
        log_in(SchemaClient())
    with capture_statements() as again:
        log_in(api)

    assert len(again) - len(first) <= 4
