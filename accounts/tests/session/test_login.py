"""POST /api/auth/login/"""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import AuthSession, User
from accounts.tests.factories import PASSWORD, decode_claims, get_me, make_access_token, make_user, sign_in
from tests.schema_client import SchemaClient

CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}


def test_the_right_pair_signs_in(api: SchemaClient) -> None:
    user = make_user(first_name="Ada")

    response = api.post("/api/auth/login/", CREDENTIALS)

    assert response.status_code == 200
    assert response.json()["message"] == "Signed in"
    assert response.json()["data"] == {"user": api.get("/api/auth/me/").json()["data"]}
    assert response.json()["data"]["user"]["id"] == user.pk
    assert AuthSession.objects.get().method == "password"
    user.refresh_from_db()
    assert user.last_login is not None


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.com", "wrong"),
        ("ada@example.com", PASSWORD.upper()),
        ("ada@example.com", f" {PASSWORD}"),
        ("nobody@example.com", PASSWORD),
        ("banned@example.com", "wrong"),
        ("google@example.com", ""),
        ("google@example.com", "!"),
        ("no address", PASSWORD),
        ("\u0430da@example.com", PASSWORD),
        ("ada@example.com' OR 1=1 --", PASSWORD),
    ],
)
def test_a_wrong_pair_is_refused_without_a_hint_at_what_was_wrong(api: SchemaClient, email: str, password: str) -> None:
    make_user("ada@example.com")
    make_user("banned@example.com", is_active=False)
    User.objects.create_user("google@example.com")
    password = password or "wrong"

    response = api.post("/api/auth/login/", {"email": email, "password": password})

    assert response.status_code == 401
    assert response.json() == {
        "success": False,
        "status": 401,
        "code": "invalid_credentials",
        "message": "E-mail address or password is wrong",
        "detail": "E-mail address or password is wrong",
        "errors": {},
    }
    assert not response.cookies
    assert not AuthSession.objects.exists()
    assert not User.objects.exclude(last_login=None).exists()


def test_a_banned_customer_cannot_sign_in_and_stays_banned(api: SchemaClient) -> None:
    user = make_user(is_active=False)

    response = api.post("/api/auth/login/", CREDENTIALS)

    assert response.status_code == 403
    assert response.json()["code"] == "account_disabled"
    assert not response.cookies
    assert not AuthSession.objects.exists()
    user.refresh_from_db()
    assert (user.is_active, user.last_login) == (False, None)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        ({}, ["email", "password"]),
        ({**CREDENTIALS, "email": None}, ["email"]),
        ({**CREDENTIALS, "email": ["ada@example.com"]}, ["email"]),
        ({**CREDENTIALS, "password": None}, ["password"]),
        ({**CREDENTIALS, "password": {"$ne": ""}}, ["password"]),
        ({**CREDENTIALS, "mode": "session"}, ["mode"]),
        ({**CREDENTIALS, "mode": None}, ["mode"]),
    ],
)
def test_what_is_missing_or_of_the_wrong_form_is_named(api: SchemaClient, payload: dict[str, Any], fields: list[str]) -> None:
    make_user()

    response = api.post("/api/auth/login/", payload)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == fields
    assert not response.cookies
    assert not AuthSession.objects.exists()


def test_token_mode_gives_tokens_and_no_cookie(api: SchemaClient) -> None:
    user = make_user()

    response = api.post("/api/auth/login/", {**CREDENTIALS, "mode": "token"})

    data = response.json()["data"]
    assert sorted(data) == ["access_token", "expires_in", "refresh_token", "token_type", "user"]
    assert (data["token_type"], data["expires_in"]) == ("Bearer", 1800)
    assert not response.cookies
    assert get_me(data["access_token"]).json()["data"]["id"] == user.pk


def test_the_tokens_hold_ids_and_times_only(api: SchemaClient) -> None:
    user = make_user(first_name="Ada", is_staff=True)
    access, refresh = (decode_claims(token) for token in sign_in(**{"X-Market": "us"}))
    sid = str(AuthSession.objects.get().pk)

    assert sorted(access) == ["exp", "iat", "iss", "jti", "market", "sid", "token_type", "user_id"]
    assert sorted(refresh) == ["exp", "iat", "iss", "jti", "rn", "sid", "token_type", "user_id"]
    assert (access["token_type"], access["user_id"], access["sid"], access["market"]) == ("access", user.pk, sid, "us")
    assert (refresh["token_type"], refresh["user_id"], refresh["sid"], refresh["rn"]) == ("refresh", user.pk, sid, 0)
    assert (access["iss"], refresh["iss"]) == ("store", "store")
    assert (access["exp"] - access["iat"], refresh["exp"] - refresh["iat"]) == (1800, 30 * 86_400)


@pytest.mark.parametrize("stale", ["nonsense", "ended"])
def test_an_old_token_does_not_stand_in_the_way(api: SchemaClient, stale: str) -> None:
    user = make_user()
    token = make_access_token(user)
    AuthSession.objects.update(revoked_at=datetime(2025, 1, 1, tzinfo=UTC))
    api.cookies["access_token"] = "nonsense" if stale == "nonsense" else token

    response = api.post("/api/auth/login/", CREDENTIALS, headers={"Authorization": "Bearer nonsense"})

    assert response.status_code == 200
    assert api.get("/api/auth/me/").status_code == 200


@pytest.mark.parametrize(
    ("headers", "user_market", "market"), [({"X-Market": "us"}, "in", "us"), ({}, "us", "us"), ({}, "in", "in"), ({}, "", "in")]
)
def test_the_session_is_in_the_market_of_the_request_else_of_the_user(
    api: SchemaClient, headers: dict[str, str], user_market: str, market: str
) -> None:
    make_user(market=user_market)
    access, _ = sign_in(**headers)

    response = api.bearer(access).get("/api/cart/")

    assert response.json()["data"]["market"] == market


def test_an_unknown_market_signs_nobody_in(api: SchemaClient) -> None:
    make_user()

    response = api.post("/api/auth/login/", CREDENTIALS, headers={"X-Market": "zz"})

    assert response.status_code == 400
    assert response.json()["code"] == "unknown_market"
    assert not response.cookies
    assert not AuthSession.objects.exists()


def test_a_foreign_page_cannot_sign_its_visitor_in(api: SchemaClient) -> None:
    make_user()

    response = api.post("/api/auth/login/", CREDENTIALS, headers={"Origin": "http://evil.example"})

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert not response.cookies
    assert not AuthSession.objects.exists()
