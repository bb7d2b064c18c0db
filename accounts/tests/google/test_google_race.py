"""POST /api/auth/google/ with concurrent requests"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import AuthEvent, AuthSession, SocialAccount, User
from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import PASSWORD, get_me, make_user
from accounts.tests.google_keys import EMAIL, SUB, configure_google_sign_in, make_id_token, make_key_set, post_credential
from accounts.tests.google_stand_in import serve_certificates
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def configured(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Enable signing in with Google."""
    configure_google_sign_in(settings, monkeypatch, tmp_path)


def test_eight_first_sign_ins_make_one_user() -> None:
    statuses = run_concurrently(8, lambda number: post_credential(make_id_token()).status_code)

    assert Counter(statuses) == {200: 7, 201: 1}
    assert User.objects.get().email == EMAIL
    assert SocialAccount.objects.get().sub == SUB
    assert AuthSession.objects.count() == 8
    assert AuthEvent.objects.filter(event="register").count() == 1


def test_eight_identities_with_one_address_make_one_user() -> None:
    statuses = run_concurrently(8, lambda number: post_credential(make_id_token(sub=str(number))).status_code)

    assert Counter(statuses) == {200: 7, 201: 1}
    assert User.objects.get().email == EMAIL
    assert SocialAccount.objects.count() == 8


def test_an_account_is_taken_back_once() -> None:
    make_user(EMAIL)

    statuses = run_concurrently(8, lambda number: post_credential(make_id_token()).status_code)

    assert statuses == [200] * 8
    assert AuthEvent.objects.filter(event="identity_reset").count() == 1
    assert AuthSession.objects.filter(revoked_at=None).count() == 8


def test_no_sign_in_by_password_outlives_the_taking_back() -> None:
    make_user(EMAIL)

    def sign_in(number: int) -> str:
        if number == 3:
            return str(post_credential(make_id_token(), mode="token").json()["data"]["access_token"])
        credentials = {"email": EMAIL, "password": PASSWORD, "mode": "token"}
        response = SchemaClient().post("/api/auth/login/", credentials)
        return str(response.json()["data"]["access_token"]) if response.status_code == 200 else ""

    tokens = run_concurrently(8, sign_in)

    assert get_me(tokens.pop(3)).status_code == 200
    assert {get_me(access).status_code for access in tokens if access} <= {401}
    assert AuthSession.objects.get(revoked_at=None).method == "google"


def register(number: int = 0) -> int:
    """Register the address with a password."""
    return int(SchemaClient().post("/api/auth/register/", {"email": EMAIL, "password": PASSWORD}).status_code)


def test_registering_the_address_at_the_same_moment_leaves_one_account_that_google_opens() -> None:
    statuses = run_concurrently(8, lambda number: int(post_credential(make_id_token()).status_code) if number == 3 else register())

    assert statuses.pop(3) in (200, 201)
    assert set(statuses) <= {201, 400, 401}  # 401: created, and reset before it was signed in
    user = User.objects.get()
    assert not user.has_usable_password()
    assert user.email_verified_at is not None


@pytest.mark.postgresql
def test_a_sign_in_that_comes_late_twice_finds_the_account() -> None:
    rivals = {
        'INSERT INTO "accounts_user"': register,
        "FOR NO KEY UPDATE": lambda number: int(post_credential(make_id_token()).status_code),
    }

    def run_rival_first(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        statement = next((part for part in rivals if part in sql), None)
        if statement == 'INSERT INTO "accounts_user"' or (statement and User.objects.exists()):
            run_concurrently(1, rivals.pop(statement))
        return execute(sql, *rest)

    with connection.execute_wrapper(run_rival_first):
        response = post_credential(make_id_token())

    assert response.status_code == 200
    assert User.objects.count() == SocialAccount.objects.count() == 1


def test_eight_sign_ins_fetch_the_certificates_once(settings: Settings) -> None:
    with serve_certificates(make_key_set("first")) as fake_google:
        settings.GOOGLE_CERTS_FILE, settings.GOOGLE_CERTS_URL = "", fake_google.url

        statuses = run_concurrently(8, lambda number: post_credential(make_id_token()).status_code)

    assert Counter(statuses) == {200: 7, 201: 1}
    assert fake_google.requests == ["/certs"]
