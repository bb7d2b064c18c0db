"""The tokens that POST /api/auth/google/ accepts and refuses"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import AuthEvent, AuthSession, SocialAccount, User
from accounts.tests.google_keys import (
    CLIENT_ID,
    configure_google_sign_in,
    encode_part,
    make_hmac_token,
    make_id_token,
    make_raw_token,
    post_credential,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled"), pytest.mark.once]
RS256 = {"alg": "RS256", "typ": "JWT", "kid": "first"}


@pytest.fixture(autouse=True)
def configured(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Enable signing in with Google."""
    configure_google_sign_in(settings, monkeypatch, tmp_path)


def assert_refused(credential: str) -> None:
    """Assert that the token is refused with the same response and nothing is created."""
    response = post_credential(credential)

    assert response.status_code == 401
    error = {
        "code": "google_token_invalid",
        "message": "The Google sign-in could not be verified",
        "detail": "The Google sign-in could not be verified",
    }
    assert response.json() == {"success": False, "status": 401, **error, "errors": {}}
    assert not response.cookies
    for model in (User, AuthSession, SocialAccount, AuthEvent):
        assert not model._default_manager.exists()


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "another.apps.googleusercontent.com"},
        {"aud": ""},
        {"aud": None},
        {"aud": []},
        {"aud": ["another.apps.googleusercontent.com"]},
        {"aud": {CLIENT_ID: CLIENT_ID}},
        {"aud": 5},
        {"aud": CLIENT_ID + ".evil.example"},
        {"aud": CLIENT_ID.upper()},
        {"iss": "https://accounts.google.com.evil.example"},
        {"iss": "http://accounts.google.com"},
        {"iss": "https://accounts.google.com/"},
        {"iss": ""},
        {"iss": None},
        {"iss": ["https://accounts.google.com"]},
        {"exp": None},
        {"exp": "never"},
        {"exp": []},
        {"iat": None},
        {"iat": "now"},
        {"sub": None},
        {"sub": ""},
        {"sub": 110169484474386276334},
        {"sub": []},
        {"sub": "1" * 256},
        {"email": None},
        {"email": 5},
        {"email": ["ada@example.com"]},
    ],
    ids=str,
)
def test_a_claim_that_is_wrong_or_missing_is_refused(claims: dict[str, Any]) -> None:
    assert_refused(make_id_token(**claims))


@pytest.mark.parametrize("issuer", ["https://accounts.google.com", "accounts.google.com"])
def test_both_names_of_the_issuer_are_google(issuer: str) -> None:
    assert post_credential(make_id_token(iss=issuer)).status_code == 201


@pytest.mark.parametrize(("name", "ahead"), [("exp", -30), ("exp", -86_400), ("iat", 60), ("nbf", 60)])
def test_a_token_that_is_over_or_not_yet_good_is_refused(name: str, ahead: int) -> None:
    claims: dict[str, Any] = {name: int(time.time()) + ahead}

    assert_refused(make_id_token(**claims))


@pytest.mark.parametrize(("name", "ahead"), [("exp", -5), ("iat", 5), ("nbf", 5)])
def test_clocks_may_differ_by_seconds(name: str, ahead: int) -> None:
    claims: dict[str, Any] = {name: int(time.time()) + ahead}

    assert post_credential(make_id_token(**claims)).status_code == 201


@pytest.mark.parametrize(
    "claims",
    [{"aud": [CLIENT_ID]}, {"aud": CLIENT_ID, "azp": None}, {"aud": [CLIENT_ID, "app.example"], "azp": "app.example"}],
    ids=str,
)
def test_audiences_that_are_all_the_shops_own_will_do(settings: Settings, claims: dict[str, Any]) -> None:
    settings.GOOGLE_CLIENT_ID = f"{CLIENT_ID},app.example"

    assert post_credential(make_id_token(**claims)).status_code == 201


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": ["another.example", CLIENT_ID]},
        {"aud": [CLIENT_ID, "another.example"], "azp": CLIENT_ID},
        {"aud": [CLIENT_ID, "app.example"], "azp": None},
        {"aud": CLIENT_ID, "azp": "another.example"},
        {"aud": CLIENT_ID, "azp": [CLIENT_ID]},
        {"aud": CLIENT_ID, "azp": ""},
        {"aud": [CLIENT_ID], "azp": "another.example"},
        {"aud": []},
        {"aud": [CLIENT_ID, 5]},
        {"aud": [[CLIENT_ID]]},
    ],
    ids=str,
)
def test_a_token_that_is_for_another_party_too_is_refused(settings: Settings, claims: dict[str, Any]) -> None:
    settings.GOOGLE_CLIENT_ID = f"{CLIENT_ID},app.example"

    response = post_credential(make_id_token(**claims))

    assert (response.status_code, response.json()["code"]) == (401, "google_token_invalid")
    assert not User.objects.exists()
    assert not AuthSession.objects.exists()


@pytest.mark.parametrize(
    "make",
    [
        lambda: make_id_token(signed_by="stranger"),
        lambda: make_id_token(signed_by="stranger", kid="stranger"),
        lambda: make_id_token(kid="unknown"),
        lambda: make_id_token(kid=None),
        lambda: make_hmac_token(),
        lambda: make_hmac_token("HS512", "sha512"),
        lambda: make_raw_token({"alg": "none", "kid": "first"}, lambda text: b""),
        lambda: make_raw_token({"alg": "none", "kid": "first"}, lambda text: b"x"),
        lambda: make_raw_token(RS256, lambda text: b"x" * 256),
        lambda: make_raw_token({**RS256, "alg": "RS512"}, lambda text: b"x" * 256),
        lambda: make_raw_token({**RS256, "alg": "rs256"}, lambda text: b"x" * 256),
        lambda: make_raw_token({**RS256, "alg": ["RS256"]}, lambda text: b"x" * 256),
        lambda: make_raw_token({**RS256, "alg": None}, lambda text: b"x" * 256),
        lambda: make_raw_token({"kid": "first"}, lambda text: b"x" * 256),
        lambda: make_raw_token({**RS256, "kid": 5}, lambda text: b"x" * 256),
        lambda: make_raw_token({**RS256, "kid": ["first"]}, lambda text: b"x" * 256),
        lambda: make_raw_token({**RS256, "kid": "../../first"}, lambda text: b"x" * 256),
        lambda: make_raw_token({**RS256, "crit": ["x"]}, lambda text: b"x" * 256),
        lambda: make_raw_token({**RS256, "b64": False, "crit": ["b64"]}, lambda text: b"x" * 256),
    ],
)
def test_what_google_has_not_signed_is_refused(make: Callable[[], str]) -> None:
    assert_refused(make())


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_part_is_refused(part: int) -> None:
    parts = make_id_token().split(".")
    parts[part] = parts[part][:-4] + ("AAAA" if parts[part][-4:] != "AAAA" else "BBBB")

    assert_refused(".".join(parts))


def test_the_claims_of_one_token_under_the_signature_of_another_are_refused() -> None:
    head, _, signature = make_id_token().split(".")
    _, body, _ = make_id_token(email="eve@example.com", sub="2").split(".")

    assert_refused(f"{head}.{body}.{signature}")


@pytest.mark.parametrize(
    "credential",
    [
        "a.b.c",
        "a",
        "a.b",
        "a.b.c.d",
        "..",
        "a..c",
        "null",
        "\u00e4.\u00f6.\u00fc",
        "a b.c.d",
        "e30.e30.e30",
        f"{encode_part(b'[]')}.e30.AAAA",
        f"{encode_part(b'5')}.e30.AAAA",
        f"{encode_part(b'null')}.e30.AAAA",
        f"{encode_part(bytes(range(256)))}.e30.AAAA",
        f"{encode_part(b'[' * 5_000)}.e30.AAAA",
        encode_part(b'{"a":' * 1_000) + ".e30.AAAA",
        "a" * 8_192,
        "A" * 4_000 + "." + "A" * 4_000 + ".A",
    ],
)
def test_what_has_not_the_shape_of_a_token_is_refused(credential: str) -> None:
    assert_refused(credential)


@pytest.mark.parametrize("verified", [False, "true", "True", 1, None, [], {"is": True}])
def test_an_address_that_google_has_not_verified_opens_and_makes_nothing(verified: object) -> None:
    response = post_credential(make_id_token(email_verified=verified))

    assert response.status_code == 403
    assert response.json()["code"] == "email_not_verified"
    assert not response.cookies
    assert not User.objects.exists()
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("email", ["", "ada", "ada@", "\u0430da@example.com", "ada@127.0.0.1", "ada@example.com\x00"])
def test_an_address_that_the_shop_cannot_write_to_makes_no_account(email: str) -> None:
    response = post_credential(make_id_token(email=email))

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["email"]
    assert not User.objects.exists()


@pytest.mark.parametrize(("name", "stored"), [(None, ""), (5, ""), (["Ada"], ""), ("", ""), ("A" * 101, "A" * 100)])
def test_a_name_of_any_kind_makes_no_trouble(name: object, stored: str) -> None:
    response = post_credential(make_id_token(given_name=name, family_name=name))

    assert response.status_code == 201
    assert {user.first_name + "|" + user.last_name for user in User.objects.all()} == {f"{stored}|{stored}"}


@pytest.mark.parametrize("claims", [{"exp": float("inf")}, {"iat": float("inf")}, {"nbf": float("inf")}], ids=str)
def test_a_time_without_end_is_refused(claims: dict[str, Any]) -> None:
    assert_refused(make_id_token(**claims))


@pytest.mark.parametrize("claims", [{"given_name": "Ada\ud800"}, {"sub": "1\ud800"}], ids=ascii)
def test_half_a_character_is_no_crash(claims: dict[str, Any]) -> None:
    assert post_credential(make_id_token(**claims)).status_code in (201, 401)


@pytest.mark.postgresql
@pytest.mark.parametrize("claims", [{"given_name": "A\x00da"}, {"sub": "1\x002"}], ids=ascii)
def test_a_nul_is_no_crash(claims: dict[str, Any]) -> None:
    assert post_credential(make_id_token(**claims)).status_code in (201, 401)
