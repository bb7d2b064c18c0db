"""POST /api/auth/register/"""

from typing import Any

import pytest

from accounts.models import AuthSession, User
from accounts.tests.factories import PASSWORD, get_me, make_user
from tests.schema_client import SchemaClient

CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}


def test_an_account_is_made_and_signed_in(api: SchemaClient) -> None:
    payload = {**CREDENTIALS, "first_name": "Ada", "last_name": "Byron"}

    response = api.post("/api/auth/register/", payload, headers={"User-Agent": "Lamp finder 1.0"})

    user = User.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "success": True,
        "status": 201,
        "message": "Account created",
        "data": {
            "user": {
                "id": user.pk,
                "email": "ada@example.com",
                "phone": None,
                "first_name": "Ada",
                "last_name": "Byron",
                "is_active": True,
                "is_staff": False,
                "has_password": True,
                "email_verified": False,
                "phone_verified": False,
                "market": "in",
                "accepts_marketing": False,
                "date_joined": user.date_joined.isoformat().replace("+00:00", "Z"),
            }
        },
        "warnings": [],
    }
    assert api.get("/api/auth/me/").json()["data"]["id"] == user.pk
    session = AuthSession.objects.get()
    assert (session.user_id, session.method, session.ip, session.user_agent) == (
        user.pk,
        "register",
        "127.0.0.1",
        "Lamp finder 1.0",
    )


def test_a_new_account_belongs_to_the_market_it_was_made_in(api: SchemaClient) -> None:
    response = api.post("/api/auth/register/", CREDENTIALS, headers={"X-Market": "us"})

    assert response.json()["data"]["user"]["market"] == "us"


def test_an_unknown_market_makes_no_account(api: SchemaClient) -> None:
    response = api.post("/api/auth/register/", CREDENTIALS, headers={"X-Market": "zz"})

    assert response.status_code == 400
    assert response.json()["code"] == "unknown_market"
    assert not User.objects.exists()


def test_the_password_is_kept_as_a_hash(api: SchemaClient) -> None:
    api.post("/api/auth/register/", CREDENTIALS)

    user = User.objects.get()
    assert PASSWORD not in user.password
    assert user.check_password(PASSWORD)


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("payload", "fields"),
    [
        ({}, ["email", "password"]),
        ({"email": "ada@example.com"}, ["password"]),
        ({"password": PASSWORD}, ["email"]),
        ({**CREDENTIALS, "email": None}, ["email"]),
        ({**CREDENTIALS, "email": ["ada@example.com"]}, ["email"]),
        ({**CREDENTIALS, "email": {"a": 1}}, ["email"]),
        ({**CREDENTIALS, "email": ""}, ["email"]),
        ({**CREDENTIALS, "password": None}, ["password"]),
        ({**CREDENTIALS, "password": []}, ["password"]),
        ({**CREDENTIALS, "password": ""}, ["password"]),
        ({**CREDENTIALS, "password": f"{PASSWORD}\x00"}, ["password"]),
        ({**CREDENTIALS, "first_name": "x" * 101}, ["first_name"]),
        ({**CREDENTIALS, "last_name": None}, ["last_name"]),
        ({**CREDENTIALS, "first_name": "A\x00"}, ["first_name"]),
        ({**CREDENTIALS, "mode": "carrier pigeon"}, ["mode"]),
    ],
)
def test_what_is_missing_or_of_the_wrong_form_is_named(api: SchemaClient, payload: dict[str, Any], fields: list[str]) -> None:
    response = api.post("/api/auth/register/", payload)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == fields
    assert not response.cookies
    assert not User.objects.exists()


def test_rights_and_ids_in_the_body_are_ignored(api: SchemaClient) -> None:
    permissions = {
        "is_staff": True,
        "is_superuser": True,
        "is_seller": True,
        "is_active": False,
        "groups": [1],
        "user_permissions": [1],
    }
    verified_fields = {"email_verified": True, "email_verified_at": "2025-01-01T00:00:00Z", "phone": "+13128059851"}

    response = api.post("/api/auth/register/", {**CREDENTIALS, **permissions, **verified_fields, "id": 2**40, "pk": 2**40})

    user = User.objects.get()
    assert response.status_code == 201
    assert (user.is_staff, user.is_superuser, user.is_seller, user.is_active) == (False, False, False, True)
    assert user.pk != 2**40
    assert (user.email_verified_at, user.phone, user.groups.count(), user.user_permissions.count()) == (None, None, 0, 0)


@pytest.mark.parametrize("email", ["ada@example.com", "  ADA@Example.COM "])
def test_a_taken_address_is_refused_and_nothing_changes(api: SchemaClient, email: str) -> None:
    make_user("ada@example.com", first_name="Ada")
    before = list(User.objects.values())

    response = api.post("/api/auth/register/", {"email": email, "password": "quite another one", "first_name": "Eve"})

    assert response.status_code == 400
    assert response.json()["code"] == "email_taken"
    assert response.json()["errors"] == {"email": ["An account with this e-mail address already exists"]}
    assert not response.cookies
    assert list(User.objects.values()) == before
    assert not AuthSession.objects.exists()


def test_token_mode_gives_tokens_and_no_cookie(api: SchemaClient) -> None:
    response = api.post("/api/auth/register/", {**CREDENTIALS, "mode": "token"})

    data = response.json()["data"]
    assert sorted(data) == ["access_token", "expires_in", "refresh_token", "token_type", "user"]
    assert (data["token_type"], data["expires_in"]) == ("Bearer", 1800)
    assert not response.cookies
    assert get_me(data["access_token"]).status_code == 200


def test_an_old_token_does_not_stand_in_the_way(api: SchemaClient) -> None:
    api.cookies["access_token"] = "nonsense"

    response = api.post("/api/auth/register/", CREDENTIALS, headers={"Authorization": "Bearer nonsense"})

    assert response.status_code == 201


@pytest.mark.parametrize("cookies", [{}, {"access_token": "nonsense"}])
def test_a_foreign_page_cannot_make_an_account(api: SchemaClient, cookies: dict[str, str]) -> None:
    for name, value in cookies.items():
        api.cookies[name] = value

    response = api.post("/api/auth/register/", CREDENTIALS, headers={"Origin": "http://evil.example", "Authorization": "Bearer x"})

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    assert not response.cookies
    assert not User.objects.exists()
