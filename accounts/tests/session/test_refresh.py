"""POST /api/auth/refresh/"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuthSession, User
from accounts.tests.factories import PASSWORD, decode_claims, forge_token, get_me, make_expired, make_user, refresh_tokens, sign_in
from tests.schema_client import SchemaClient


def expire_grace_period() -> None:
    """Move the last rotation to before the grace period."""
    AuthSession.objects.update(rotated_at=timezone.now() - timedelta(seconds=31))


def assert_ended(reason: str) -> None:
    """Assert that the only session has ended for this reason."""
    session = AuthSession.objects.get()
    assert (session.revoked_at is not None, session.revoke_reason) == (True, reason)


def test_by_token_it_gives_the_next_pair_and_no_cookie(api: SchemaClient) -> None:
    make_user()
    access, token = sign_in()

    response = refresh_tokens(token)

    assert response.status_code == 200
    data = response.json()["data"]
    assert sorted(data) == ["access_token", "expires_in", "refresh_token", "token_type"]
    assert (data["token_type"], data["expires_in"]) == ("Bearer", 1800)
    assert not response.cookies
    assert (decode_claims(token)["rn"], decode_claims(data["refresh_token"])["rn"], AuthSession.objects.get().refresh_no) == (
        0,
        1,
        1,
    )
    assert decode_claims(data["access_token"])["sid"] == decode_claims(access)["sid"]
    assert [get_me(access_token).status_code for access_token in (data["access_token"], access)] == [200, 200]


def test_by_cookie_it_sets_cookies_and_tells_no_token(api: SchemaClient) -> None:
    make_user()
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})
    before = api.cookies["refresh_token"].value

    response = api.post("/api/auth/refresh/")

    assert response.status_code == 200
    assert response.json()["data"] == {}
    assert sorted(response.cookies) == ["access_token", "refresh_token"]
    assert decode_claims(response.cookies["refresh_token"].value)["rn"] == decode_claims(before)["rn"] + 1
    assert api.get("/api/auth/me/").status_code == 200


def test_an_expired_access_cookie_is_no_hindrance(api: SchemaClient) -> None:
    make_user()
    access, token = sign_in()
    api.cookies["access_token"], api.cookies["refresh_token"] = make_expired(access), token

    assert api.get("/api/auth/me/").json()["code"] == "token_expired"
    assert api.post("/api/auth/refresh/").status_code == 200
    assert api.get("/api/auth/me/").status_code == 200


def test_the_session_keeps_its_market(api: SchemaClient) -> None:
    make_user()
    _, token = sign_in(**{"X-Market": "us"})

    assert decode_claims(refresh_tokens(token).json()["data"]["access_token"])["market"] == "us"


def test_within_the_grace_an_old_token_gets_the_same_number_again(api: SchemaClient) -> None:
    make_user()
    _, token = sign_in()

    pairs = [refresh_tokens(token).json()["data"] for _ in range(3)]

    assert [decode_claims(pair["refresh_token"])["rn"] for pair in pairs] == [1, 1, 1]
    assert AuthSession.objects.get().refresh_no == 1
    assert refresh_tokens(pairs[0]["refresh_token"]).status_code == 200


def test_behind_the_grace_an_old_token_ends_the_session(api: SchemaClient) -> None:
    make_user()
    _, old = sign_in()
    new = refresh_tokens(old).json()["data"]
    expire_grace_period()

    response = refresh_tokens(old)

    assert response.status_code == 401
    assert response.json()["code"] == "refresh_reused"
    assert_ended("refresh_reuse")
    assert get_me(new["access_token"]).status_code == 401
    assert refresh_tokens(new["refresh_token"]).status_code == 401


def test_the_token_before_the_last_ends_the_session_also_within_the_grace(api: SchemaClient) -> None:
    make_user()
    _, first = sign_in()
    second = refresh_tokens(first).json()["data"]["refresh_token"]
    refresh_tokens(second)

    response = refresh_tokens(first)

    assert response.json()["code"] == "refresh_reused"
    assert_ended("refresh_reuse")


def test_without_grace_a_second_use_ends_the_session(api: SchemaClient, settings: Settings) -> None:
    settings.REFRESH_GRACE_SECONDS = 0
    make_user()
    _, token = sign_in()

    assert refresh_tokens(token).status_code == 200
    assert refresh_tokens(token).json()["code"] == "refresh_reused"
    assert_ended("refresh_reuse")


def test_a_reused_token_ends_no_other_session(api: SchemaClient) -> None:
    make_user()
    _, old = sign_in()
    other, _ = sign_in()
    refresh_tokens(old)
    expire_grace_period()

    assert refresh_tokens(old).status_code == 401
    assert get_me(other).status_code == 200


def test_a_number_that_was_never_given_is_refused_and_ends_nothing(api: SchemaClient) -> None:
    make_user()
    access, token = sign_in()

    assert refresh_tokens(forge_token(token, rn=5)).status_code == 401
    assert get_me(access).status_code == 200


@pytest.mark.sampled
@pytest.mark.parametrize("token", [None, 5, [], {}, "", True, "nonsense", "a.b.c", "x" * 5_000, "\u00fc", "a\x00b"])
def test_what_is_no_token_is_refused(api: SchemaClient, token: Any) -> None:
    response = refresh_tokens(token)

    assert response.status_code == 401
    assert response.json()["code"] == "token_invalid"
    assert not [name for name, morsel in response.cookies.items() if morsel.value]


def test_nothing_at_all_is_refused(api: SchemaClient) -> None:
    assert api.post("/api/auth/refresh/").status_code == 401


def test_an_access_token_refreshes_nothing(api: SchemaClient) -> None:
    make_user()
    access, _ = sign_in()

    response = refresh_tokens(access)

    assert response.status_code == 401
    assert response.json()["code"] == "token_invalid"
    assert AuthSession.objects.get().refresh_no == 0


@pytest.mark.parametrize(
    "forged",
    [{"key": "another key of at least thirty-two bytes"}, {"alg": "none"}, {"alg": "HS512", "digest": "sha512"}, {"iss": "x"}],
)
def test_a_forged_token_is_refused(api: SchemaClient, forged: dict[str, str]) -> None:
    make_user()
    _, token = sign_in()

    assert refresh_tokens(forge_token(token, **forged)).status_code == 401
    assert AuthSession.objects.get().refresh_no == 0


def test_an_expired_token_is_refused(api: SchemaClient) -> None:
    make_user()
    _, token = sign_in()

    response = refresh_tokens(make_expired(token))

    assert response.status_code == 401
    assert response.json()["code"] == "token_expired"


def test_the_session_of_another_user_is_refused(api: SchemaClient) -> None:
    make_user()
    eve = make_user("eve@example.com")
    _, token = sign_in()

    assert refresh_tokens(forge_token(token, user_id=eve.pk)).status_code == 401
    assert AuthSession.objects.get().refresh_no == 0


def test_a_session_ends_for_good_when_its_time_is_over(api: SchemaClient) -> None:
    make_user()
    access, token = sign_in()
    AuthSession.objects.update(expires_at=datetime(2025, 1, 1, tzinfo=UTC))

    assert refresh_tokens(token).status_code == 401
    assert get_me(access).json()["code"] == "session_revoked"
    assert AuthSession.objects.get().refresh_no == 0


def test_refreshing_does_not_prolong_the_session_as_a_whole(api: SchemaClient) -> None:
    make_user()
    _, token = sign_in()
    before = AuthSession.objects.get().expires_at

    refresh_tokens(token)

    assert AuthSession.objects.get().expires_at == before
    assert abs(before - timezone.now() - timedelta(days=90)) < timedelta(minutes=5)


def test_a_deleted_user_refreshes_nothing(api: SchemaClient) -> None:
    user = make_user()
    _, token = sign_in()
    user.delete()

    assert refresh_tokens(token).status_code == 401


def test_a_banned_user_refreshes_nothing_also_when_the_ban_is_over(api: SchemaClient) -> None:
    make_user()
    access, token = sign_in()
    User.objects.update(is_active=False)

    response = refresh_tokens(token)
    User.objects.update(is_active=True)

    assert response.status_code == 401
    assert_ended("banned")
    assert refresh_tokens(token).status_code == 401
    assert get_me(access).status_code == 401


def test_a_foreign_page_cannot_refresh(api: SchemaClient) -> None:
    make_user()
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})

    response = api.post("/api/auth/refresh/", headers={"Origin": "http://evil.example", "Authorization": "Bearer x"})

    assert response.status_code == 403
    assert AuthSession.objects.get().refresh_no == 0


def test_a_dead_refresh_cookie_is_deleted_with_its_access_cookie(api: SchemaClient) -> None:
    make_user()
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})
    AuthSession.objects.update(revoked_at=timezone.now())

    response = api.post("/api/auth/refresh/")

    assert (response.status_code, response.json()["code"]) == (401, "session_revoked")
    assert {name: morsel["max-age"] for name, morsel in response.cookies.items()} == {"access_token": 0, "refresh_token": 0}
