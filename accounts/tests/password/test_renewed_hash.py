"""Signing in while a password hash is upgraded, as Django does after PASSWORD_HASHERS changes"""

import pytest
from pytest_django import Settings

from accounts import links, passwords, sessions
from accounts.client_info import ClientInfo
from accounts.exceptions import InvalidCredentials
from accounts.models import AuthSession, User
from accounts.tests.factories import PASSWORD, get_me, make_user, sign_in
from tests.schema_client import SchemaClient

HASHERS = "django.contrib.auth.hashers."


@pytest.fixture
def ada(db: None, settings: Settings) -> User:
    """A user with an outdated password hash."""
    settings.PASSWORD_HASHERS = [f"{HASHERS}MD5PasswordHasher"]
    user = make_user()
    settings.PASSWORD_HASHERS = [f"{HASHERS}PBKDF2PasswordHasher", f"{HASHERS}MD5PasswordHasher"]
    return user


def test_the_first_sign_in_renews_it(ada: User) -> None:
    token, _ = sign_in()

    assert get_me(token).status_code == 200
    assert User.objects.get().password.startswith("pbkdf2_sha256$")


def test_it_is_renewed_by_the_change_of_a_password_too(ada: User) -> None:
    token = sessions.start_session(ada, "password", ClientInfo()).access
    payload = {"old_password": PASSWORD, "new_password": "a lamp in the valley"}

    assert SchemaClient().bearer(token).post("/api/auth/password/change/", payload).status_code == 200

    assert get_me(token).json()["code"] == "session_revoked"


def test_of_two_sign_ins_at_the_moment_of_it_both_succeed(ada: User) -> None:
    first, second = User.objects.get(), User.objects.get()
    assert first.check_password(PASSWORD)
    assert second.check_password(PASSWORD)

    for user in (first, second):
        sessions.start_session(user, "password", ClientInfo())

    assert AuthSession.objects.filter(revoked_at=None).count() == 2


def test_a_password_that_was_set_meanwhile_stays(ada: User) -> None:
    stale_user = User.objects.get()
    passwords.reset_password(*links.make_reset_params(ada), "a lamp in the valley", ClientInfo())

    assert stale_user.check_password(PASSWORD)

    assert not User.objects.get().check_password(PASSWORD)
    assert User.objects.get().check_password("a lamp in the valley")


def test_an_account_that_was_closed_meanwhile_has_no_hash_to_renew(ada: User) -> None:
    stale_user = User.objects.get()
    User.objects.all().delete()

    assert stale_user.check_password(PASSWORD)
    with pytest.raises(InvalidCredentials):
        sessions.start_session(stale_user, "password", ClientInfo())
