"""POST /api/auth/google/ when someone else registered the address without confirming it"""

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
from accounts.tests.factories import PASSWORD, get_me, refresh_tokens, sign_in
from accounts.tests.google_keys import EMAIL, SUB, configure_google_sign_in, make_id_token, post_credential
from accounts.tests.phones import PHONE, SentTexts, request_code, use_sms_file, verify_code
from core import outbox
from core.models import Job
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def configured(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Enable signing in with Google."""
    configure_google_sign_in(settings, monkeypatch, tmp_path)


def make_unverified_account() -> User:
    """Register someone else's address, with a phone number and an identity of the person who registers."""
    response = SchemaClient().post("/api/auth/register/", {"email": EMAIL, "password": PASSWORD})
    assert response.status_code == 201
    User.objects.update(phone=PHONE, phone_verified_at=timezone.now())
    user = User.objects.get()
    SocialAccount.objects.create(user=user, provider="google", sub="the identity of the other person")
    Job.objects.all().delete()
    return user


@contextmanager
def connect_receiver(receiver: Any) -> Iterator[None]:
    """Connect a receiver of `identity_reset`."""
    signals.identity_reset.connect(receiver)
    try:
        yield
    finally:
        signals.identity_reset.disconnect(receiver)


def test_the_owner_gets_the_account_and_its_creator_is_locked_out() -> None:
    user = make_unverified_account()
    access, token_to_refresh = sign_in()

    response = post_credential(make_id_token())

    assert response.status_code == 200
    assert response.json()["data"]["user"]["id"] == user.pk
    assert response.json()["data"]["user"]["email_verified"] is True
    assert (response.json()["data"]["user"]["phone"], response.json()["data"]["user"]["phone_verified"]) == (None, False)
    user.refresh_from_db()
    assert not user.has_usable_password()
    assert get_me(access).json()["code"] == "session_revoked"
    assert refresh_tokens(token_to_refresh).status_code == 401
    assert SchemaClient().post("/api/auth/login/", {"email": EMAIL, "password": PASSWORD}).status_code == 401
    assert list(user.social_accounts.values_list("sub", flat=True)) == [SUB]
    assert AuthSession.objects.filter(user=user, revoke_reason="identity_reset").count() == 2
    assert AuthSession.objects.get(revoked_at=None).method == "google"


def test_the_other_identity_opens_an_account_of_its_own() -> None:
    user = make_unverified_account()
    post_credential(make_id_token())

    response = post_credential(make_id_token(sub="the identity of the other person", email="eve@example.com"))

    assert response.status_code == 201
    assert response.json()["data"]["user"]["id"] != user.pk


def test_the_number_that_was_removed_opens_an_account_of_its_own(settings: Settings, tmp_path: Path) -> None:
    texts: SentTexts = use_sms_file(tmp_path, settings)
    user = make_unverified_account()
    code = request_code(texts)
    post_credential(make_id_token())

    response = verify_code(code)

    assert response.status_code == 200
    assert response.json()["data"]["user"]["id"] != user.pk


def test_it_is_on_record_and_the_owner_is_told() -> None:
    user = make_unverified_account()
    post_credential(make_id_token())

    outbox.run_due()

    events = set(AuthEvent.objects.filter(user=user).values_list("event", flat=True))
    assert events == {"register", "login_ok", "identity_reset", "google_linked"}
    assert [(message.to, message.subject) for message in mail.outbox] == [([EMAIL], "We have secured your account at Our shop")]


def test_the_apps_above_are_told_in_the_same_transaction() -> None:
    user = make_unverified_account()
    received: list[int] = []

    def receiver(sender: Any, user: User, **_: Any) -> None:
        received.append(user.pk)

    with connect_receiver(receiver):
        post_credential(make_id_token())
        post_credential(make_id_token())

    assert received == [user.pk]


@pytest.mark.django_db(transaction=True)
def test_where_an_app_above_fails_all_is_as_it_was() -> None:
    user = make_unverified_account()
    access, _ = sign_in()
    before = User.objects.values().get()
    events = AuthEvent.objects.count()

    def receiver(sender: Any, user: User, **_: Any) -> None:
        raise RuntimeError("no disk")

    client = SchemaClient(raise_request_exception=False)
    with connect_receiver(receiver):
        response = client.post("/api/auth/google/", {"credential": make_id_token()})

    assert response.status_code == 500
    assert "no disk" not in response.content.decode()
    assert not response.cookies
    assert User.objects.values().get() == before
    assert list(user.social_accounts.values_list("sub", flat=True)) == ["the identity of the other person"]
    assert get_me(access).status_code == 200
    assert AuthEvent.objects.count() == events
    assert not Job.objects.exists()
    assert post_credential(make_id_token()).status_code == 200


def test_an_account_with_a_proved_address_is_not_taken_back() -> None:
    user = make_unverified_account()
    User.objects.update(email_verified_at=timezone.now())
    access, _ = sign_in()

    post_credential(make_id_token())

    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert user.phone == PHONE
    assert user.social_accounts.count() == 2
    assert get_me(access).status_code == 200


def get_link_params(message: mail.EmailMessage) -> dict[str, str]:
    """Return the parameters of the link in an e-mail."""
    return dict(parse_qsl(str(message.body).split("#")[1].split()[0]))


def request_change_token(access: str) -> str:
    """Request the address eve@example.com, and return the token from the e-mail to it."""
    client = SchemaClient().bearer(access)
    payload = {"password": PASSWORD, "new_email": "eve@example.com"}
    assert client.post("/api/auth/email/change/", payload).status_code == 202
    outbox.run_due()
    (message,) = (sent for sent in mail.outbox if sent.to == ["eve@example.com"])
    return get_link_params(message)["token"]


def test_a_link_that_was_asked_for_before_changes_no_address_after() -> None:
    user = make_unverified_account()
    link = request_change_token(sign_in()[0])
    post_credential(make_id_token())

    response = SchemaClient().post("/api/auth/email/verify/", {"token": link})

    assert response.status_code == 400
    user.refresh_from_db()
    assert user.email == EMAIL


def test_a_new_password_ends_a_link_that_a_thief_has_asked_for() -> None:
    user = make_unverified_account()
    User.objects.update(email_verified_at=timezone.now())
    link = request_change_token(sign_in()[0])
    SchemaClient().post("/api/auth/password/reset/", {"email": EMAIL})
    outbox.run_due()
    params = get_link_params(mail.outbox[-1])
    reset = SchemaClient().post("/api/auth/password/reset/confirm/", {**params, "new_password": "a mug on the table"})
    assert reset.status_code == 200

    response = SchemaClient().post("/api/auth/email/verify/", {"token": link})

    assert response.status_code == 400
    user.refresh_from_db()
    assert user.email == EMAIL
