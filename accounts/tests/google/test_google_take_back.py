"""POST /api/auth/google/ where somebody has made an account with the address, and nobody has confirmed it"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from accounts import signals
from accounts.models import AuthEvent, AuthSession, SocialAccount, User
from accounts.tests.factories import PASSWORD, me, refresh, sign_in
from accounts.tests.google_keys import EMAIL, SUB, post, sign_in_configured, token
from accounts.tests.phones import PHONE, Texts, asked, texts_in, verify
from core import outbox
from core.models import Job
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def configured(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Signing in with Google is on."""
    sign_in_configured(settings, monkeypatch, tmp_path)


def prepared() -> User:
    """Register a stranger's address, with a number and an identity of the one who does so."""
    response = SchemaClient().post("/api/auth/register/", {"email": EMAIL, "password": PASSWORD})
    assert response.status_code == 201
    User.objects.update(phone=PHONE, phone_verified_at=timezone.now())
    user = User.objects.get()
    SocialAccount.objects.create(user=user, provider="google", sub="the identity of the other")
    Job.objects.all().delete()
    return user


@contextmanager
def heard(receiver: Any) -> Iterator[None]:
    """Let a receiver hear that an account was taken back."""
    signals.identity_reset.connect(receiver)
    try:
        yield
    finally:
        signals.identity_reset.disconnect(receiver)


def test_the_owner_gets_the_account_and_whoever_made_it_has_no_way_in() -> None:
    user = prepared()
    access, token_to_refresh = sign_in()

    response = post(token())

    assert response.status_code == 200
    assert response.json()["data"]["user"]["id"] == user.pk
    assert response.json()["data"]["user"]["email_verified"] is True
    assert (response.json()["data"]["user"]["phone"], response.json()["data"]["user"]["phone_verified"]) == (None, False)
    user.refresh_from_db()
    assert not user.has_usable_password()
    assert me(access).json()["code"] == "session_revoked"
    assert refresh(token_to_refresh).status_code == 401
    assert SchemaClient().post("/api/auth/login/", {"email": EMAIL, "password": PASSWORD}).status_code == 401
    assert list(user.social_accounts.values_list("sub", flat=True)) == [SUB]
    assert AuthSession.objects.filter(user=user, revoke_reason="identity_reset").count() == 2
    assert AuthSession.objects.get(revoked_at=None).method == "google"


def test_the_other_identity_opens_an_account_of_its_own() -> None:
    user = prepared()
    post(token())

    response = post(token(sub="the identity of the other", email="eve@example.com"))

    assert response.status_code == 201
    assert response.json()["data"]["user"]["id"] != user.pk


def test_the_number_that_was_removed_opens_an_account_of_its_own(settings: Settings, tmp_path: Path) -> None:
    texts: Texts = texts_in(tmp_path, settings)
    user = prepared()
    code = asked(texts)
    post(token())

    response = verify(code)

    assert response.status_code == 200
    assert response.json()["data"]["user"]["id"] != user.pk


def test_it_is_on_record_and_the_owner_is_told() -> None:
    user = prepared()
    post(token())

    outbox.run_due()

    events = set(AuthEvent.objects.filter(user=user).values_list("event", flat=True))
    assert events == {"register", "login_ok", "identity_reset", "google_linked"}
    assert [(message.to, message.subject) for message in mail.outbox] == [([EMAIL], "Your account at Our shop is yours alone now")]


def test_the_apps_above_are_told_in_the_same_transaction() -> None:
    user = prepared()
    told: list[int] = []

    def receiver(sender: Any, user: User, **_: Any) -> None:
        told.append(user.pk)

    with heard(receiver):
        post(token())
        post(token())

    assert told == [user.pk]


@pytest.mark.django_db(transaction=True)
def test_where_an_app_above_fails_all_is_as_it_was() -> None:
    user = prepared()
    access, _ = sign_in()
    before = User.objects.values().get()
    events = AuthEvent.objects.count()

    def receiver(sender: Any, user: User, **_: Any) -> None:
        raise RuntimeError("no disk")

    client = SchemaClient(raise_request_exception=False)
    with heard(receiver):
        response = client.post("/api/auth/google/", {"credential": token()})

    assert response.status_code == 500
    assert "no disk" not in response.content.decode()
    assert not response.cookies
    assert User.objects.values().get() == before
    assert list(user.social_accounts.values_list("sub", flat=True)) == ["the identity of the other"]
    assert me(access).status_code == 200
    assert AuthEvent.objects.count() == events
    assert not Job.objects.exists()
    assert post(token()).status_code == 200


def test_an_account_with_a_proved_address_is_not_taken_back() -> None:
    user = prepared()
    User.objects.update(email_verified_at=timezone.now())
    access, _ = sign_in()

    post(token())

    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert user.phone == PHONE
    assert user.social_accounts.count() == 2
    assert me(access).status_code == 200


def said_by(message: mail.EmailMessage) -> dict[str, str]:
    """Return what the link in a mail says."""
    return dict(parse_qsl(str(message.body).split("#")[1].split()[0]))


def change_link(access: str) -> str:
    """Ask for the address eve@example.com, and return the token in the mail to it."""
    client = SchemaClient().bearer(access)
    given = {"password": PASSWORD, "new_email": "eve@example.com"}
    assert client.post("/api/auth/email/change/", given).status_code == 202
    outbox.run_due()
    (message,) = (sent for sent in mail.outbox if sent.to == ["eve@example.com"])
    return said_by(message)["token"]


def test_a_link_that_was_asked_for_before_changes_no_address_after() -> None:
    user = prepared()
    link = change_link(sign_in()[0])
    post(token())

    response = SchemaClient().post("/api/auth/email/verify/", {"token": link})

    assert response.status_code == 400
    user.refresh_from_db()
    assert user.email == EMAIL


def test_a_new_password_ends_a_link_that_a_thief_has_asked_for() -> None:
    user = prepared()
    User.objects.update(email_verified_at=timezone.now())
    link = change_link(sign_in()[0])
    SchemaClient().post("/api/auth/password/reset/", {"email": EMAIL})
    outbox.run_due()
    given = said_by(mail.outbox[-1])
    reset = SchemaClient().post("/api/auth/password/reset/confirm/", {**given, "new_password": "a mug on the table"})
    assert reset.status_code == 200

    response = SchemaClient().post("/api/auth/email/verify/", {"token": link})

    assert response.status_code == 400
    user.refresh_from_db()
    assert user.email == EMAIL
