"""POST /api/auth/google/, many at once"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import AuthEvent, AuthSession, SocialAccount, User
from accounts.tests.crowd import at_once
from accounts.tests.factories import PASSWORD, make_user, me
from accounts.tests.google_keys import EMAIL, SUB, key_set, post, sign_in_configured, token
from accounts.tests.google_stand_in import publishing
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def configured(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Signing in with Google is on."""
    sign_in_configured(settings, monkeypatch, tmp_path)


def test_eight_first_sign_ins_make_one_user() -> None:
    statuses = at_once(8, lambda number: post(token()).status_code)

    assert Counter(statuses) == {200: 7, 201: 1}
    assert User.objects.get().email == EMAIL
    assert SocialAccount.objects.get().sub == SUB
    assert AuthSession.objects.count() == 8
    assert AuthEvent.objects.filter(event="register").count() == 1


def test_eight_identities_with_one_address_make_one_user() -> None:
    statuses = at_once(8, lambda number: post(token(sub=str(number))).status_code)

    assert Counter(statuses) == {200: 7, 201: 1}
    assert User.objects.get().email == EMAIL
    assert SocialAccount.objects.count() == 8


def test_an_account_is_taken_back_once() -> None:
    make_user(EMAIL)

    statuses = at_once(8, lambda number: post(token()).status_code)

    assert statuses == [200] * 8
    assert AuthEvent.objects.filter(event="identity_reset").count() == 1
    assert AuthSession.objects.filter(revoked_at=None).count() == 8


def test_no_sign_in_by_password_outlives_the_taking_back() -> None:
    make_user(EMAIL)

    def act(number: int) -> str:
        if number == 3:
            return str(post(token(), mode="token").json()["data"]["access_token"])
        given = {"email": EMAIL, "password": PASSWORD, "mode": "token"}
        response = SchemaClient().post("/api/auth/login/", given)
        return str(response.json()["data"]["access_token"]) if response.status_code == 200 else ""

    tokens = at_once(8, act)

    assert me(tokens.pop(3)).status_code == 200
    assert {me(access).status_code for access in tokens if access} <= {401}
    assert AuthSession.objects.get(revoked_at=None).method == "google"


def register(number: int = 0) -> int:
    """Register the address by a password."""
    return int(SchemaClient().post("/api/auth/register/", {"email": EMAIL, "password": PASSWORD}).status_code)


def test_registering_the_address_at_the_same_moment_leaves_one_account_that_google_opens() -> None:
    statuses = at_once(8, lambda number: int(post(token()).status_code) if number == 3 else register())

    assert statuses.pop(3) in (200, 201)
    assert set(statuses) <= {201, 400, 401}  # 401: made, and taken back before it was signed in
    user = User.objects.get()
    assert not user.has_usable_password()
    assert user.email_verified_at is not None


@pytest.mark.postgresql
def test_a_sign_in_that_comes_late_twice_finds_the_account() -> None:
    rivals = {'INSERT INTO "accounts_user"': register, "FOR NO KEY UPDATE": lambda number: int(post(token()).status_code)}

    def late(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        due = next((part for part in rivals if part in sql), None)
        if due == 'INSERT INTO "accounts_user"' or (due and User.objects.exists()):
            at_once(1, rivals.pop(due))
        return execute(sql, *rest)

    with connection.execute_wrapper(late):
        response = post(token())

    assert response.status_code == 200
    assert User.objects.count() == SocialAccount.objects.count() == 1


def test_eight_sign_ins_fetch_the_certificates_once(settings: Settings) -> None:
    with publishing(key_set("first")) as stand_in:
        settings.GOOGLE_CERTS_FILE, settings.GOOGLE_CERTS_URL = "", stand_in.url

        statuses = at_once(8, lambda number: post(token()).status_code)

    assert Counter(statuses) == {200: 7, 201: 1}
    assert stand_in.asked == ["/certs"]
