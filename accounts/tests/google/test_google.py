"""POST /api/auth/google/"""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import AuthEvent, AuthSession, SocialAccount, User
from accounts.tests.factories import decode_claims, get_me, make_user, sell_products
from accounts.tests.google_keys import CLIENT_ID, EMAIL, SUB, configure_google_sign_in, make_id_token, post_credential
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def configured(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Enable signing in with Google."""
    configure_google_sign_in(settings, monkeypatch, tmp_path)


def is_nothing_created() -> bool:
    """Return whether there is no user, session or identity."""
    return not (User.objects.exists() or AuthSession.objects.exists() or SocialAccount.objects.exists())


def test_a_new_person_gets_an_account_without_a_password(api: SchemaClient) -> None:
    response = api.post("/api/auth/google/", {"credential": make_id_token()})

    assert response.status_code == 201
    assert response.json()["message"] == "Account created"
    assert response.json()["data"] == {"user": api.get("/api/auth/me/").json()["data"]}
    assert set(response.cookies) == {"access_token", "refresh_token"}
    user = User.objects.get()
    assert (user.email, user.first_name, user.last_name, user.phone, user.market) == (EMAIL, "Ada", "Byron", None, "in")
    assert (user.is_active, user.is_staff, user.is_superuser, user.is_seller) == (True, False, False, False)
    assert not user.has_usable_password()
    assert user.email_verified_at is not None
    assert user.last_login is not None
    assert SocialAccount.objects.filter(user=user, provider="google", sub=SUB).count() == 1
    assert AuthSession.objects.get().method == "google"
    assert list(AuthEvent.objects.values_list("event", flat=True)) == ["login_ok", "register"]


def test_a_returning_user_signs_in(api: SchemaClient) -> None:
    post_credential(make_id_token())

    response = api.post("/api/auth/google/", {"credential": make_id_token()})

    assert response.status_code == 200
    assert response.json()["message"] == "Signed in"
    assert response.json()["data"]["user"]["id"] == User.objects.get().pk
    assert AuthSession.objects.count() == 2


def test_in_token_mode_the_tokens_are_in_the_body() -> None:
    response = post_credential(make_id_token(), mode="token")

    data = response.json()["data"]
    assert set(data) == {"user", "access_token", "refresh_token", "token_type", "expires_in"}
    assert not response.cookies
    assert get_me(data["access_token"]).json()["data"] == data["user"]


@pytest.mark.parametrize("name", ["credential", "id_token", "token"])
def test_the_credential_has_three_names(api: SchemaClient, name: str) -> None:
    response = api.post("/api/auth/google/", {name: make_id_token()})

    assert response.status_code == 201


def test_of_several_names_the_first_wins(api: SchemaClient) -> None:
    response = api.post("/api/auth/google/", {"token": make_id_token(), "credential": "a.b.c", "id_token": make_id_token()})

    assert response.status_code == 401
    assert is_nothing_created()


def test_the_market_of_the_call_is_that_of_account_and_token(api: SchemaClient) -> None:
    response = api.post("/api/auth/google/", {"credential": make_id_token(), "mode": "token"}, headers={"X-Market": "us"})

    assert decode_claims(response.json()["data"]["access_token"])["market"] == "us"
    assert response.json()["data"]["user"]["market"] == "us"


def test_the_guest_cart_comes_along(api: SchemaClient, tmp_path: Path) -> None:
    (lamp,) = sell_products(tmp_path, "Lamp")
    api.post("/api/cart/add/", {"product_id": lamp, "quantity": 2})

    response = api.post("/api/auth/google/", {"credential": make_id_token()})

    assert response.json()["data"]["cart_merge"] == {"merged": 1, "capped": [], "skipped": []}
    assert [(line["product_id"], line["quantity"]) for line in api.get("/api/cart/").json()["data"]["items"]] == [(lamp, 2)]


@pytest.mark.parametrize("path", ["/api/auth/google", "/auth/google", "/auth/google/"])
def test_every_mount_answers(api: SchemaClient, path: str) -> None:
    assert api.post(path, {"credential": make_id_token()}).status_code == 201


@pytest.mark.parametrize("client", [CLIENT_ID, "app.example"])
def test_several_clients_may_be_named(settings: Settings, client: str) -> None:
    settings.GOOGLE_CLIENT_ID = f"{CLIENT_ID}, app.example,"

    assert post_credential(make_id_token(aud=client)).status_code == 201
    assert post_credential(make_id_token(aud="other.example", sub="2", email="eve@example.com")).status_code == 401


@pytest.mark.parametrize("client_id", ["", " ", ",", " , "])
def test_without_a_client_there_is_no_signing_in_with_google(settings: Settings, client_id: str) -> None:
    settings.GOOGLE_CLIENT_ID = client_id

    for claims in ({}, {"aud": ""}, {"aud": None}):
        response = post_credential(make_id_token(**claims))
        assert response.status_code == 503
        assert response.json()["code"] == "google_not_configured"
        assert response["Retry-After"] == "3600"
    assert is_nothing_created()


@pytest.mark.sampled
@pytest.mark.parametrize(
    "credential", [None, [], {}, True, "", "   ", ["a.b.c"], {"credential": "a.b.c"}, "a" * 8193, "a" * 100_000, "a\x00"]
)
def test_what_is_no_credential_is_refused(credential: object) -> None:
    response = post_credential(credential)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["credential"]
    assert is_nothing_created()


@pytest.mark.parametrize("credential", [5, 1.5])
def test_a_number_is_no_credential(credential: object) -> None:
    response = post_credential(credential)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["credential"]
    assert is_nothing_created()


def test_a_body_without_a_credential_is_refused(api: SchemaClient) -> None:
    response = api.post("/api/auth/google/", {})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["credential"]


@pytest.mark.parametrize(
    ("in_token", "in_body", "status"), [("n-1", "n-1", 201), ("n-1", "n-2", 401), (None, "n-1", 401), ("n-1", None, 201)]
)
def test_a_nonce_that_is_sent_must_be_that_of_the_token(in_token: str | None, in_body: str | None, status: int) -> None:
    response = post_credential(make_id_token(nonce=in_token), **({} if in_body is None else {"nonce": in_body}))

    assert response.status_code == status
    assert User.objects.count() == (1 if status == 201 else 0)


@pytest.mark.sampled
@pytest.mark.parametrize("nonce", [None, "", [], {}, True, "n" * 256])
def test_what_is_no_nonce_is_refused(nonce: object) -> None:
    response = post_credential(make_id_token(nonce=nonce), nonce=nonce)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["nonce"]
    assert is_nothing_created()


@pytest.mark.parametrize("with_cookies", [False, True])
def test_a_page_of_another_site_signs_nobody_in(api: SchemaClient, with_cookies: bool) -> None:
    if with_cookies:
        api.cookies["access_token"] = "a.b.c"

    response = api.post("/api/auth/google/", {"credential": make_id_token()}, headers={"Origin": "http://evil.example"})

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert "access_token" not in response.cookies
    assert is_nothing_created()


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain"])
def test_a_form_is_not_read(api: SchemaClient, kind: str) -> None:
    response = api.post("/api/auth/google/", f"credential={make_id_token()}", content_type=kind)

    assert response.status_code == 415
    assert is_nothing_created()


def test_twenty_tries_a_minute_are_all_that_a_caller_gets() -> None:
    statuses = [post_credential("a.b.c").status_code for _ in range(21)]

    response: Any = post_credential(make_id_token())

    assert statuses == [401] * 20 + [429]
    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60
    assert is_nothing_created()


def test_a_stale_cookie_or_header_stops_nobody(api: SchemaClient) -> None:
    make_user("eve@example.com")
    api.cookies["access_token"] = "a.b.c"

    response = api.post("/api/auth/google/", {"credential": make_id_token()}, headers={"Authorization": "Bearer a.b.c"})

    assert response.status_code == 201
