"""Which account POST /api/auth/google/ signs in to"""

from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuthEvent, AuthSession, SocialAccount, User
from accounts.tests.factories import PASSWORD, get_me, make_user, sign_in
from accounts.tests.google_keys import EMAIL, SUB, configure_google_sign_in, make_id_token, post_credential
from core import outbox
from core.models import Job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def configured(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Enable signing in with Google."""
    configure_google_sign_in(settings, monkeypatch, tmp_path)


def make_linked_user(email: str = EMAIL, sub: str = SUB, **fields: Any) -> User:
    """Create a user with this Google identity."""
    user = make_user(email, email_verified_at=timezone.now(), **fields)
    SocialAccount.objects.create(user=user, provider="google", sub=sub)
    return user


def get_state(user: User) -> tuple[object, ...]:
    """Return the state that a refusal must not change."""
    user.refresh_from_db()
    links = list(user.social_accounts.values_list("sub", flat=True))
    live = AuthSession.objects.filter(user=user, revoked_at=None).count()
    return user.password, user.email, user.phone, user.email_verified_at, user.last_login, links, live


def assert_refused_unchanged(user: User, credential: str, code: str) -> None:
    """Assert that the credential is refused with this code and that nothing changes."""
    before = get_state(user)

    response = post_credential(credential)

    assert response.status_code == 403
    assert response.json()["code"] == code
    assert not response.cookies
    assert get_state(user) == before
    assert not Job.objects.exists()
    assert not AuthEvent.objects.filter(event__in=["google_linked", "identity_reset", "login_ok"]).exists()


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "new@example.com"},
        {"email": "new@example.com", "email_verified": False},
        {"email_verified": None},
        {"email": "no"},
    ],
    ids=str,
)
def test_a_linked_user_is_found_by_identity_after_a_change_of_address(claims: dict[str, Any]) -> None:
    user = make_linked_user()

    response = post_credential(make_id_token(**claims))

    assert response.status_code == 200
    assert response.json()["data"]["user"]["id"] == user.pk
    assert response.json()["data"]["user"]["email"] == EMAIL
    assert User.objects.count() == SocialAccount.objects.count() == 1


def test_the_identity_goes_before_the_address() -> None:
    linked_user = make_linked_user("own@example.com")
    make_user(EMAIL, email_verified_at=timezone.now())

    response = post_credential(make_id_token(email=EMAIL))

    assert response.json()["data"]["user"]["id"] == linked_user.pk
    assert SocialAccount.objects.get().user == linked_user


def test_an_identity_of_another_party_is_not_googles() -> None:
    other = make_user("other@example.com")
    SocialAccount.objects.create(user=other, provider="apple", sub=SUB)

    response = post_credential(make_id_token())

    assert response.status_code == 201
    assert response.json()["data"]["user"]["id"] != other.pk


@pytest.mark.parametrize("spelling", [EMAIL, "ADA@Example.com"])
def test_an_account_with_a_proved_address_is_linked_and_keeps_all(spelling: str) -> None:
    user = make_user(EMAIL, email_verified_at=timezone.now(), phone="+13128059851", first_name="Augusta")
    access, _ = sign_in()

    response = post_credential(make_id_token(email=spelling))

    assert response.status_code == 200
    assert response.json()["data"]["user"]["id"] == user.pk
    assert response.json()["data"]["user"]["first_name"] == "Augusta"
    assert SocialAccount.objects.get().sub == SUB
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert user.phone == "+13128059851"
    assert get_me(access).status_code == 200
    assert AuthEvent.objects.filter(user=user, event="google_linked").count() == 1


def test_the_owner_is_told_of_the_link_by_mail() -> None:
    make_user(EMAIL, email_verified_at=timezone.now())
    post_credential(make_id_token())
    post_credential(make_id_token())

    outbox.run_due()

    assert [(message.to, message.subject) for message in mail.outbox] == [([EMAIL], "Your Google account is linked to Our shop")]


def test_a_linked_account_may_have_a_second_identity() -> None:
    user = make_linked_user()

    response = post_credential(make_id_token(sub="2"))

    assert response.json()["data"]["user"]["id"] == user.pk
    assert set(user.social_accounts.values_list("sub", flat=True)) == {SUB, "2"}


@pytest.mark.parametrize(("verified", "status"), [(True, 200), (False, 403)])
@pytest.mark.parametrize("role", ["is_staff", "is_superuser"])
def test_staff_who_were_linked_before_stay_so_while_their_address_is_confirmed(role: str, verified: bool, status: int) -> None:
    user = make_user(EMAIL, email_verified_at=timezone.now() if verified else None, **{role: True})
    SocialAccount.objects.create(user=user, provider="google", sub=SUB)

    response = post_credential(make_id_token())

    assert response.status_code == status
    assert verified or response.json()["code"] == "staff_not_linked"
    assert AuthSession.objects.count() == (1 if verified else 0)


@pytest.mark.parametrize("verified", [True, False])
@pytest.mark.parametrize("role", ["is_staff", "is_superuser"])
def test_an_account_of_staff_is_never_linked(role: str, verified: bool) -> None:
    user = make_user(EMAIL, email_verified_at=timezone.now() if verified else None, **{role: True})
    access, _ = sign_in()
    AuthEvent.objects.all().delete()

    assert_refused_unchanged(user, make_id_token(), "staff_not_linked")

    assert get_me(access).status_code == 200


@pytest.mark.parametrize("verified", [True, False])
def test_a_disabled_account_is_neither_opened_nor_taken_back(verified: bool) -> None:
    user = make_user(EMAIL, email_verified_at=timezone.now() if verified else None, is_active=False, phone="+13128059851")

    assert_refused_unchanged(user, make_id_token(), "account_disabled")


def test_a_disabled_account_is_not_opened_by_its_identity_either() -> None:
    user = make_linked_user(is_active=False)

    assert_refused_unchanged(user, make_id_token(), "account_disabled")


@pytest.mark.parametrize("verified", [True, False])
def test_an_address_that_google_has_not_verified_links_nothing(verified: bool) -> None:
    user = make_user(EMAIL, email_verified_at=timezone.now() if verified else None)

    assert_refused_unchanged(user, make_id_token(email_verified=False), "email_not_verified")


def test_an_account_with_another_address_is_left_alone() -> None:
    eve = make_user("eve@example.com")
    before = get_state(eve)

    response = post_credential(make_id_token())

    assert response.status_code == 201
    assert get_state(eve) == before
    assert SocialAccount.objects.get().user.email == EMAIL


def test_an_address_in_the_subject_is_no_address() -> None:
    victim = make_user(EMAIL, email_verified_at=timezone.now())

    response = post_credential(make_id_token(sub=EMAIL, email="eve@example.com"))

    assert response.status_code == 201
    assert response.json()["data"]["user"]["id"] != victim.pk


def test_no_password_opens_what_google_has_made() -> None:
    post_credential(make_id_token())
    user = User.objects.get()

    assert not user.has_usable_password()
    for password in ("!", user.password, user.password[1:]):
        assert not user.check_password(password)
