"""`manage.py changepassword`: a new password ends every session"""

import getpass
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from accounts import sessions
from accounts.client_info import ClientInfo
from accounts.exceptions import InvalidCredentials
from accounts.models import AuthSession, User
from accounts.tests.factories import PASSWORD, get_me, make_user, refresh_tokens, sign_in

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "a lamp in the valley"


@pytest.fixture(autouse=True)
def type_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enter the new password at both prompts."""
    monkeypatch.setattr(getpass, "getpass", lambda prompt="": NEW_PASSWORD)


def run_changepassword(email: str) -> None:
    """Run the command."""
    call_command("changepassword", email, stdout=StringIO())


def test_it_ends_every_session_and_the_old_password() -> None:
    make_user()
    access, token = sign_in()

    run_changepassword("ada@example.com")

    assert get_me(access).status_code == 401
    assert refresh_tokens(token).status_code == 401
    assert AuthSession.objects.get().revoke_reason == "password"
    user = User.objects.get()
    assert user.check_password(NEW_PASSWORD)
    assert user.password_changed_at is not None


def test_who_proved_the_old_one_at_that_moment_does_not_get_in() -> None:
    make_user()
    stale_user = User.objects.get()
    assert stale_user.check_password(PASSWORD)

    run_changepassword("ada@example.com")

    with pytest.raises(InvalidCredentials):
        sessions.start_session(stale_user, "password", ClientInfo())
    assert not AuthSession.objects.exists()


def test_nobody_of_that_address_is_told_so() -> None:
    with pytest.raises(CommandError, match="does not exist"):
        run_changepassword("eve@example.com")


def test_a_session_of_the_admin_outlives_a_new_secret_key_and_no_sign_out(settings: Settings) -> None:
    root = User.objects.create_superuser("root@example.com", PASSWORD)
    sessions.end_all_sessions(root.pk, AuthSession.Reason.ADMIN)
    root.refresh_from_db()
    browser = Client()
    browser.force_login(root)

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-of-the-tests-that-is-long-enough-0123456789"
    before = browser.get("/admin/").status_code
    sessions.end_all_sessions(root.pk, AuthSession.Reason.ADMIN)

    assert (before, browser.get("/admin/").status_code) == (200, 302)
