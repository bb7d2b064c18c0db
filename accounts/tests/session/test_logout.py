"""POST /api/auth/logout/"""

from typing import Any

import pytest

from accounts.models import AuthSession
from accounts.tests.factories import PASSWORD, forge_token, get_me, make_expired, make_user, refresh_tokens, sign_in
from tests.schema_client import SchemaClient


def test_a_token_is_dead_after_signing_out(api: SchemaClient) -> None:
    make_user()
    access, token = sign_in()

    response = api.bearer(access).post("/api/auth/logout/")

    assert response.status_code == 200
    assert response.json()["message"] == "Signed out"
    assert get_me(access).status_code == 401
    assert get_me(access).json()["code"] == "session_revoked"
    refreshed = refresh_tokens(token)
    assert refreshed.status_code == 401
    assert not [name for name, morsel in refreshed.cookies.items() if morsel.value]
    assert AuthSession.objects.get().revoke_reason == "logout"


def test_signing_in_again_does_not_wake_the_old_token(api: SchemaClient) -> None:
    make_user()
    old_access, old_refresh = sign_in()
    api.bearer(old_access).post("/api/auth/logout/")

    new_access, _ = sign_in()

    assert get_me(old_access).status_code == 401
    assert refresh_tokens(old_refresh).status_code == 401
    assert get_me(new_access).status_code == 200


def test_another_device_stays_signed_in(api: SchemaClient) -> None:
    make_user()
    current, _ = sign_in()
    other, other_refresh = sign_in()

    api.bearer(current).post("/api/auth/logout/")

    assert get_me(other).status_code == 200
    assert refresh_tokens(other_refresh).status_code == 200


def test_all_devices_are_signed_out_where_asked_for(api: SchemaClient) -> None:
    make_user()
    make_user("eve@example.com")
    current, current_refresh = sign_in()
    other, other_refresh = sign_in()
    foreign, _ = sign_in("eve@example.com")

    response = api.bearer(current).post("/api/auth/logout/", {"all": True})

    assert response.status_code == 200
    assert [get_me(token).status_code for token in (current, other)] == [401, 401]
    assert [refresh_tokens(token).status_code for token in (current_refresh, other_refresh)] == [401, 401]
    assert get_me(foreign).status_code == 200
    assert set(AuthSession.objects.exclude(revoked_at=None).values_list("revoke_reason", flat=True)) == {"logout_all"}


def test_the_cookies_of_user_and_guest_are_deleted(api: SchemaClient) -> None:
    make_user()
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})
    access = api.cookies["access_token"].value

    response = api.post("/api/auth/logout/")

    assert sorted(response.cookies) == ["access_token", "cart_token", "refresh_token", "sessionid"]
    deleted = {(morsel.value, morsel["max-age"], morsel["path"], morsel["samesite"]) for morsel in response.cookies.values()}
    assert deleted == {("", 0, "/", "Lax")}
    assert get_me(access).status_code == 401


@pytest.mark.sampled
@pytest.mark.parametrize("token_source", ["access header", "refresh header", "refresh body", "access cookie", "refresh cookie"])
@pytest.mark.parametrize("is_expired", [False, True])
def test_any_token_of_the_session_ends_it_also_an_expired_one(api: SchemaClient, token_source: str, is_expired: bool) -> None:
    make_user()
    access, token = sign_in()
    kind, _, location = token_source.partition(" ")
    sent = access if kind == "access" else token
    sent = make_expired(sent) if is_expired else sent
    body: dict[str, Any] = {"refresh_token": sent} if location == "body" else {}
    if location == "header":
        api.bearer(sent)
    if location == "cookie":
        api.cookies[f"{kind}_token"] = sent

    assert api.post("/api/auth/logout/", body).status_code == 200

    assert get_me(access).json()["code"] == "session_revoked"


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("authorization", "body"),
    [
        (None, {}),
        (None, {"all": True}),
        (None, {"refresh_token": "nonsense"}),
        (None, {"refresh_token": ""}),
        (None, {"refresh_token": None}),
        ("Bearer nonsense", {}),
        ("Bearer", {}),
        ("Basic YTpi", {}),
        ("Bearer a b", {"all": True}),
    ],
)
def test_it_succeeds_whatever_comes_and_ends_nothing_of_others(
    api: SchemaClient, authorization: str | None, body: dict[str, Any]
) -> None:
    make_user()
    access, _ = sign_in()

    response = api.post("/api/auth/logout/", body, headers={"Authorization": authorization} if authorization else {})

    assert response.status_code == 200
    assert sorted(response.cookies) == ["access_token", "cart_token", "refresh_token", "sessionid"]
    assert get_me(access).status_code == 200


@pytest.mark.parametrize("forged", [{"key": "another key of at least thirty-two bytes"}, {"alg": "none"}, {"iss": "x"}])
@pytest.mark.parametrize("everywhere", [False, True])
def test_a_forged_token_ends_nothing(api: SchemaClient, forged: dict[str, str], everywhere: bool) -> None:
    make_user()
    access, _ = sign_in()

    response = api.bearer(forge_token(access, **forged)).post("/api/auth/logout/", {"all": everywhere})

    assert response.status_code == 200
    assert get_me(access).status_code == 200


def test_a_dead_token_cannot_sign_the_others_out(api: SchemaClient) -> None:
    make_user()
    ended, _ = sign_in()
    live, _ = sign_in()
    api.bearer(ended).post("/api/auth/logout/")

    response = api.post("/api/auth/logout/", {"all": True})

    assert response.status_code == 200
    assert get_me(live).status_code == 200


def test_signing_out_twice_is_signing_out(api: SchemaClient) -> None:
    make_user()
    api.bearer(sign_in()[0])
    api.post("/api/auth/logout/")
    before = AuthSession.objects.get().revoked_at

    assert api.post("/api/auth/logout/").status_code == 200
    assert AuthSession.objects.get().revoked_at == before


def test_a_foreign_page_cannot_sign_its_visitor_out(api: SchemaClient) -> None:
    make_user()
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})

    response = api.post("/api/auth/logout/", {"all": True}, headers={"Origin": "http://evil.example"})

    assert response.status_code == 403
    assert not response.cookies
    assert api.get("/api/auth/me/").status_code == 200


@pytest.mark.parametrize("everywhere", [True, "true", 1])
def test_all_is_understood_as_people_write_it(everywhere: object, api: SchemaClient) -> None:
    make_user()
    (current, _), (other, _) = sign_in(), sign_in()

    api.bearer(current).post("/api/auth/logout/", {"all": everywhere})

    assert [get_me(token).status_code for token in (current, other)] == [401, 401]


def test_every_session_whose_token_the_call_carries_is_ended(api: SchemaClient) -> None:
    make_user()
    ended, _ = sign_in()
    SchemaClient().bearer(ended).post("/api/auth/logout/")
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})
    in_cookie = api.cookies["access_token"].value

    assert api.bearer(ended).post("/api/auth/logout/").status_code == 200

    assert get_me(in_cookie).json()["code"] == "session_revoked"
    assert not AuthSession.objects.filter(revoked_at=None).exists()
