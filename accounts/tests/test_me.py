"""GET and PATCH /api/auth/me/"""

from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import make_access_token, make_user
from tests.schema_client import SchemaClient

DAY = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_the_profile_shows_the_user_with_their_own_fields(api: SchemaClient) -> None:
    user = make_user(
        first_name="Ada",
        last_name="Byron",
        phone="+13128059851",
        market="us",
        date_joined=DAY,
        email_verified_at=DAY,
        is_staff=True,
    )

    response = api.bearer(make_access_token(user)).get("/api/auth/me/")

    assert response.status_code == 200
    assert response.json()["data"] == {
        "id": user.pk,
        "email": "ada@example.com",
        "phone": "+13128059851",
        "first_name": "Ada",
        "last_name": "Byron",
        "is_active": True,
        "is_staff": True,
        "has_password": True,
        "email_verified": True,
        "phone_verified": False,
        "market": "us",
        "accepts_marketing": False,
        "date_joined": "2025-01-02T03:04:05Z",
    }


def test_the_profile_tells_that_there_is_no_password(api: SchemaClient) -> None:
    user = make_user(phone="+13128059851")
    user.set_unusable_password()
    user.save()

    response = api.bearer(make_access_token(user)).get("/api/auth/me/")

    assert response.json()["data"]["has_password"] is False


@pytest.mark.parametrize("method", ["get", "patch"])
def test_a_guest_has_no_profile(api: SchemaClient, method: str) -> None:
    response = getattr(api, method)("/api/auth/me/")

    assert response.status_code == 401
    assert response.json()["code"] == "not_authenticated"
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"first_name": "Grace"}, ("Grace", "Byron", "in")),
        ({"first_name": "", "last_name": " Hopper "}, ("", "Hopper", "in")),
        ({"market": "us"}, ("Ada", "Byron", "us")),
        ({"market": "US"}, ("Ada", "Byron", "us")),
        ({}, ("Ada", "Byron", "in")),
    ],
)
def test_names_and_market_can_be_changed(api: SchemaClient, payload: dict[str, str], expected: tuple[str, str, str]) -> None:
    user = make_user(first_name="Ada", last_name="Byron", market="in")

    response = api.bearer(make_access_token(user)).patch("/api/auth/me/", payload)

    profile = response.json()["data"]
    assert response.status_code == 200
    assert (profile["first_name"], profile["last_name"], profile["market"]) == expected
    assert api.get("/api/auth/me/").json()["data"] == profile


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("payload", "field"),
    [
        ({"first_name": "x" * 101}, "first_name"),
        ({"first_name": None}, "first_name"),
        ({"last_name": ["Byron"]}, "last_name"),
        ({"last_name": "B\x00"}, "last_name"),
        ({"market": "zz"}, "market"),
        ({"market": "usa"}, "market"),
        ({"market": ""}, "market"),
        ({"market": None}, "market"),
    ],
)
def test_a_bad_value_is_named_and_nothing_changes(api: SchemaClient, payload: dict[str, Any], field: str) -> None:
    user = make_user(first_name="Ada", last_name="Byron", market="in")
    before = User.objects.values().get()

    response = api.bearer(make_access_token(user)).patch("/api/auth/me/", {"first_name": "Grace", **payload})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert User.objects.values().get() == before


@pytest.mark.sampled
@pytest.mark.parametrize(
    "payload",
    [
        {"is_staff": True},
        {"is_superuser": True},
        {"is_seller": True},
        {"is_active": False},
        {"id": 2**40},
        {"pk": 2**40},
        {"email": "eve@example.com"},
        {"phone": "+13128059851"},
        {"email_verified": True},
        {"email_verified_at": "2025-01-01T00:00:00Z"},
        {"password": "quite another one"},
        {"user_permissions": [1]},
        {"groups": [1]},
        {"date_joined": "2020-01-01T00:00:00Z"},
    ],
)
def test_rights_ids_and_addresses_in_the_body_are_ignored(api: SchemaClient, payload: dict[str, Any]) -> None:
    user = make_user(first_name="Ada")
    before = User.objects.values().get()

    response = api.bearer(make_access_token(user)).patch("/api/auth/me/", {"first_name": "Grace", **payload})

    assert response.status_code == 200
    assert User.objects.values().get() == {**before, "first_name": "Grace"}
    user.refresh_from_db()
    assert (user.groups.count(), user.user_permissions.count()) == (0, 0)


def test_nobody_elses_profile_changes(api: SchemaClient) -> None:
    user, eve = make_user(), make_user("eve@example.com", first_name="Eve")

    api.bearer(make_access_token(user)).patch("/api/auth/me/", {"id": eve.pk, "first_name": "Grace"})

    eve.refresh_from_db()
    assert eve.first_name == "Eve"


def test_a_foreign_page_cannot_change_the_profile(api: SchemaClient) -> None:
    user = make_user(first_name="Ada")
    api.cookies["access_token"] = make_access_token(user)

    response = api.patch("/api/auth/me/", {"first_name": "Grace"}, headers={"Origin": "http://evil.example"})

    assert response.status_code == 403
    assert response.json()["code"] == "csrf_failed"
    user.refresh_from_db()
    assert user.first_name == "Ada"
