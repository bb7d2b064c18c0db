"""Authentication by access token in the Authorization header or the cookie, at GET /api/auth/me/"""

from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import PASSWORD, forge_token, get_me, make_expired, make_user, sign_in
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.once


def get_me_by_cookie(access: str) -> Any:
    """Request the profile with this access cookie."""
    client = SchemaClient()
    client.cookies["access_token"] = access
    return client.get("/api/auth/me/")


def assert_refused(access: str, code: str) -> None:
    """Assert that the token is refused, by header and by cookie."""
    for response in (get_me(access), get_me_by_cookie(access)):
        assert response.status_code == 401
        assert response.json()["code"] == code
        assert response["WWW-Authenticate"] == 'Bearer realm="api"'


def test_header_and_cookie_both_sign_in(api: SchemaClient) -> None:
    make_user()
    access, _ = sign_in()

    assert (get_me(access).status_code, get_me_by_cookie(access).status_code) == (200, 200)


def test_a_refresh_token_is_no_access_token(api: SchemaClient) -> None:
    make_user()

    assert_refused(sign_in()[1], "token_invalid")


@pytest.mark.parametrize(
    "forged",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "HS512", "digest": "sha512"},
        {"alg": "HS384", "digest": "sha384"},
        {"alg": "RS256"},
        {"alg": "ES256"},
        {"key": ""},
        {"key": "another key of at least thirty-two bytes"},
        {"iss": "another shop"},
        {"iss": None},
        {"exp": None},
        {"iat": None},
        {"exp": "never"},
        {"token_type": "refresh"},
        {"token_type": None},
        {"user_id": None},
        {"user_id": "1"},
        {"user_id": True},
        {"user_id": 1.0},
        {"user_id": 10**40},
        {"user_id": -(10**40)},
        {"user_id": 2**63},
        {"rn": 10**40},
        {"sid": None},
        {"sid": "1"},
        {"sid": 5},
        {"sid": ["a"]},
        {"market": 5},
        {"jti": "x" * 4_096},
    ],
)
def test_a_token_that_the_shop_did_not_make_opens_nothing(api: SchemaClient, forged: dict[str, Any]) -> None:
    make_user()
    access, _ = sign_in()

    assert_refused(forge_token(access, **forged), "token_invalid")


def test_a_changed_payload_under_the_old_signature_opens_nothing(api: SchemaClient) -> None:
    make_user()
    eve = make_user("eve@example.com")
    head, _, signature = sign_in()[0].split(".")

    assert_refused(".".join((head, forge_token(sign_in()[0], user_id=eve.pk).split(".")[1], signature)), "token_invalid")


def test_a_session_that_is_not_there_opens_nothing(api: SchemaClient) -> None:
    make_user()

    assert_refused(forge_token(sign_in()[0], sid="00000000-0000-4000-8000-000000000000"), "session_revoked")


@pytest.mark.parametrize("user_id", [0, -1, 2**62])
def test_the_session_of_another_user_opens_nothing(api: SchemaClient, user_id: int) -> None:
    make_user()
    eve = make_user("eve@example.com")
    access, _ = sign_in()

    assert_refused(forge_token(access, user_id=user_id), "session_revoked")
    assert_refused(forge_token(access, user_id=eve.pk), "session_revoked")


def test_an_expired_token_says_so_and_its_cookie_stays_for_the_refresh(api: SchemaClient) -> None:
    make_user()
    old = make_expired(sign_in()[0])

    assert_refused(old, "token_expired")
    assert not get_me_by_cookie(old).cookies


@pytest.mark.parametrize("forged", [{"alg": "none"}, {"sid": "00000000-0000-4000-8000-000000000000"}])
def test_cookies_that_will_never_be_of_use_again_are_deleted(api: SchemaClient, forged: dict[str, str]) -> None:
    make_user()

    response = get_me_by_cookie(forge_token(sign_in()[0], **forged))

    assert {name: morsel["max-age"] for name, morsel in response.cookies.items()} == {"access_token": 0, "refresh_token": 0}


def test_a_refused_header_deletes_no_cookie(api: SchemaClient) -> None:
    make_user()
    api.cookies["access_token"] = sign_in()[0]

    response = api.get("/api/auth/me/", headers={"Authorization": "Bearer nonsense"})

    assert response.status_code == 401
    assert not response.cookies


def test_an_ended_session_opens_nothing(api: SchemaClient) -> None:
    make_user()
    access, _ = sign_in()
    api.bearer(access).post("/api/auth/logout/")

    assert_refused(access, "session_revoked")


def test_a_deleted_user_is_nobody(api: SchemaClient) -> None:
    user = make_user()
    access, _ = sign_in()
    user.delete()

    assert_refused(access, "session_revoked")


def test_a_banned_user_is_out_at_once(api: SchemaClient) -> None:
    make_user()
    access, _ = sign_in()
    User.objects.update(is_active=False)

    assert_refused(access, "account_disabled")


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer a b",
        "Bearer a,b",
        "Bearer nonsense",
        "Bearer a.b.c",
        "Bearer ....",
        "Bearer \xff\xfe",
        "Bearer null",
        "Bearer " + "x" * 4_097,
        "Bearer " + "x" * 1_048_576,
        "Token x",
        "JWT x",
        "Basic\xa0YTpi",
        "Bearer: x",
        "x",
        ",",
        "\x00",
    ],
)
def test_a_header_that_is_no_bearer_token_is_refused_though_the_cookie_is_good(api: SchemaClient, authorization: str) -> None:
    make_user()
    api.cookies["access_token"] = sign_in()[0]

    response = api.get("/api/auth/me/", headers={"Authorization": authorization})

    assert response.status_code == 401
    assert response.json()["code"] == "token_invalid"


def test_any_other_scheme_with_a_good_token_is_refused(api: SchemaClient) -> None:
    make_user()
    access, _ = sign_in()

    for authorization in (f"Token {access}", access, f"Bearer {access} {access}", f"Bearer {access}, Bearer {access}"):
        assert api.get("/api/auth/me/", headers={"Authorization": authorization}).status_code == 401


NO_TOKEN = [
    "",
    "   ",
    "Bearer",
    "bearer ",
    "Bearer\t",
    "Basic YTpi",
    "basic",
    "Digest username=a, realm=b",
    "Negotiate YII=",
    "NTLM TlRM",
]


@pytest.mark.parametrize("authorization", NO_TOKEN)
def test_a_header_without_a_token_leaves_the_decision_to_the_cookie(api: SchemaClient, authorization: str) -> None:
    make_user()
    headers = {"Authorization": authorization}

    as_guest = api.get("/api/auth/me/", headers=headers)
    api.cookies["access_token"] = sign_in()[0]
    signed_in = api.get("/api/auth/me/", headers=headers)

    assert (as_guest.status_code, as_guest.json()["code"]) == (401, "not_authenticated")
    assert (signed_in.status_code, signed_in.json()["data"]["email"]) == (200, "ada@example.com")


@pytest.mark.parametrize("authorization", NO_TOKEN)
def test_beside_it_a_guest_is_a_guest_and_a_bad_cookie_is_refused(api: SchemaClient, authorization: str) -> None:
    headers = {"Authorization": authorization}

    as_guest = api.get("/api/cart/", headers=headers)
    api.cookies["access_token"] = "nonsense"
    refused = api.get("/api/cart/", headers=headers)

    assert (as_guest.status_code, as_guest.json()["owner"]["type"]) == (200, "guest")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")


def test_new_tokens_come_back_as_cookies_if_the_header_had_none(api: SchemaClient) -> None:
    make_user()
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})

    response = api.post(
        "/api/auth/password/change/",
        {"old_password": PASSWORD, "new_password": "a lamp in the valley"},
        headers={"Authorization": "Bearer "},
    )

    assert response.status_code == 200
    assert "access_token" in response.cookies
    assert "access_token" not in (response.json()["data"] or {})


@pytest.mark.parametrize("header", ["access_token={0}; access_token=", "access_token=; access_token={0}"])
def test_an_empty_cookie_of_another_path_signs_nobody_out(api: SchemaClient, header: str) -> None:
    make_user()

    response = api.get("/api/auth/me/", HTTP_COOKIE=header.format(sign_in()[0]))

    assert response.status_code == 200


def test_of_two_cookies_with_a_value_the_last_one_counts(api: SchemaClient) -> None:
    make_user()

    response = api.get("/api/auth/me/", HTTP_COOKIE=f"access_token={sign_in()[0]}; access_token=nonsense")

    assert (response.status_code, response.json()["code"]) == (401, "token_invalid")


def test_the_query_string_signs_nobody_in(api: SchemaClient) -> None:
    make_user()
    access, _ = sign_in()

    assert api.get("/api/auth/me/", {"access_token": access, "token": access}).status_code == 401
