"""Proof of identity without a password: DELETE /api/auth/me/ and POST /api/auth/email/change/"""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuthSession, PhoneCode, SocialAccount, User
from accounts.tests.factories import PASSWORD, make_access_token, make_user
from accounts.tests.google_keys import CLIENT_ID, SUB, configure_google_sign_in, make_hmac_token, make_id_token
from accounts.tests.phones import OTHER_PHONE, PHONE, SentTexts, make_wrong_code, request_code, use_sms_file, verify_code
from core.models import Job
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
BOTH_ACTIONS = pytest.mark.parametrize("action", ["erase", "change"])


@pytest.fixture(autouse=True)
def texts(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SentTexts:
    """Write text messages to a file, and enable signing in with Google."""
    configure_google_sign_in(settings, monkeypatch, tmp_path)
    return use_sms_file(tmp_path, settings)


@pytest.fixture
def ada() -> User:
    """A user without a password, who signs in by phone and with Google."""
    user = User.objects.create_user(phone=PHONE)
    SocialAccount.objects.create(user=user, provider="google", sub=SUB)
    return user


def submit_proof(user: User, action: str, **proof: object) -> Any:
    """Close the account or request a new address, with this proof."""
    client = SchemaClient().bearer(make_access_token(user))
    if action == "erase":
        return client.delete("/api/auth/me/", proof)
    return client.post("/api/auth/email/change/", {"new_email": "new@example.com", **proof})


def is_done(response: Any, action: str) -> bool:
    """Return whether the account was closed or the new address requested."""
    if action == "erase":
        return response.status_code == 200 and not User.objects.filter(phone=PHONE).exists()
    recipients = list(Job.objects.values_list("payload__to", flat=True))
    return response.status_code == 202 and recipients == ["new@example.com"]


def assert_refused(response: Any, user: User, code: str = "proof_needed") -> None:
    """Assert that the request was refused and nothing changed."""
    assert response.status_code == 400
    assert response.json()["code"] == code
    user.refresh_from_db()
    assert user.email is None or user.email == "ada@example.com"
    assert AuthSession.objects.filter(user=user, revoked_at=None).exists()
    assert not Job.objects.exists()


@BOTH_ACTIONS
def test_a_fresh_code_is_proof_and_is_used_up(ada: User, texts: SentTexts, action: str) -> None:
    code = request_code(texts)

    response = submit_proof(ada, action, verification_code=code)

    assert is_done(response, action)
    assert not PhoneCode.objects.filter(used_at=None).exists()
    assert verify_code(code).status_code == 401


@pytest.mark.parametrize("role", ["is_staff", "is_superuser"])
def test_a_text_message_is_no_proof_for_staff(ada: User, texts: SentTexts, role: str) -> None:
    User.objects.update(**{role: True})
    code = request_code(texts)

    assert_refused(submit_proof(ada, "change", verification_code=code), ada)

    assert not Job.objects.exists()
    assert PhoneCode.objects.get().used_at is None


@BOTH_ACTIONS
def test_a_malformed_code_is_no_proof_and_uses_up_no_try(ada: User, texts: SentTexts, action: str) -> None:
    code = request_code(texts)

    assert_refused(submit_proof(ada, action, verification_code="12345"), ada)

    assert PhoneCode.objects.get().attempts == 0
    assert is_done(submit_proof(ada, action, verification_code=f"{code[:3]} {code[3:]}"), action)


@BOTH_ACTIONS
def test_a_fresh_credential_is_proof(ada: User, action: str) -> None:
    response = submit_proof(ada, action, credential=make_id_token(iat=int(time.time()) - 280))

    assert is_done(response, action)


@BOTH_ACTIONS
@pytest.mark.parametrize(
    "proof", [{}, {"password": ""}, {"password": PASSWORD}, {"password": "!"}, {"verification_code": "0"}], ids=str
)
def test_without_proof_nothing_is_done(ada: User, action: str, proof: dict[str, str]) -> None:
    assert_refused(submit_proof(ada, action, **proof), ada)


@BOTH_ACTIONS
def test_a_wrong_code_is_no_proof_and_counts(ada: User, texts: SentTexts, action: str) -> None:
    code = request_code(texts)
    for number in range(5):
        assert_refused(submit_proof(ada, action, verification_code=make_wrong_code(code, number + 1)), ada)

    response = submit_proof(ada, action, verification_code=code)

    assert_refused(response, ada)
    assert PhoneCode.objects.get().attempts == 5


@BOTH_ACTIONS
def test_a_used_code_is_no_proof(ada: User, texts: SentTexts, action: str) -> None:
    code = request_code(texts)
    assert verify_code(code).status_code == 200

    assert_refused(submit_proof(ada, action, verification_code=code), ada)


@BOTH_ACTIONS
def test_an_old_code_is_no_proof(ada: User, texts: SentTexts, action: str) -> None:
    code = request_code(texts)
    PhoneCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert_refused(submit_proof(ada, action, verification_code=code), ada)


@BOTH_ACTIONS
def test_a_code_of_another_number_is_no_proof(ada: User, texts: SentTexts, action: str) -> None:
    code = request_code(texts, OTHER_PHONE)

    assert_refused(submit_proof(ada, action, verification_code=code), ada)

    assert PhoneCode.objects.get().used_at is None


@BOTH_ACTIONS
def test_who_has_no_number_proves_nothing_by_a_code(texts: SentTexts, action: str) -> None:
    eve = User.objects.create_user("ada@example.com")
    code = request_code(texts)

    assert_refused(submit_proof(eve, action, verification_code=code), eve)


@pytest.mark.sampled
@BOTH_ACTIONS
@pytest.mark.parametrize(
    "claims", [{"sub": "2"}, {"aud": "another.example"}, {"signed_by": "stranger"}, {"iss": "evil.example"}], ids=str
)
def test_a_foreign_credential_is_no_proof(ada: User, action: str, claims: dict[str, Any]) -> None:
    assert_refused(submit_proof(ada, action, credential=make_id_token(**claims)), ada)


@BOTH_ACTIONS
@pytest.mark.parametrize(("iat", "exp"), [(-302, 3_298), (-3_000, 600), (-100, -60)])
def test_an_old_credential_is_no_proof(ada: User, action: str, iat: int, exp: int) -> None:
    now = int(time.time())

    response = submit_proof(ada, action, credential=make_id_token(iat=now + iat, exp=now + exp))

    assert_refused(response, ada)


@pytest.mark.sampled
@BOTH_ACTIONS
@pytest.mark.parametrize("credential", ["a.b.c", make_hmac_token(), "a" * 8_000], ids=["shape", "hmac", "long"])
def test_a_forged_credential_is_no_proof(ada: User, action: str, credential: str) -> None:
    assert_refused(submit_proof(ada, action, credential=credential), ada)


@BOTH_ACTIONS
def test_an_identity_that_opens_another_account_is_no_proof(ada: User, action: str) -> None:
    eve = make_user("eve@example.com")
    SocialAccount.objects.create(user=eve, provider="google", sub="2")

    assert_refused(submit_proof(ada, action, credential=make_id_token(sub="2")), ada)


@BOTH_ACTIONS
def test_an_address_alone_is_no_proof(action: str) -> None:
    ada = User.objects.create_user("ada@example.com", email_verified_at=timezone.now())

    assert_refused(submit_proof(ada, action, credential=make_id_token()), ada)


@BOTH_ACTIONS
def test_a_user_with_a_password_proves_identity_by_it_alone(texts: SentTexts, action: str) -> None:
    ada = make_user(phone=PHONE)
    SocialAccount.objects.create(user=ada, provider="google", sub=SUB)
    code = request_code(texts)

    response = submit_proof(ada, action, verification_code=code, credential=make_id_token())

    assert response.json()["errors"] == {"password": ["The password is wrong"]}
    assert_refused(response, ada, response.json()["code"])
    assert PhoneCode.objects.get().used_at is None


@pytest.mark.sampled
@BOTH_ACTIONS
@pytest.mark.parametrize("credential", [None, [], {}, True, "a\x00", "a" * 8_193])
def test_what_is_no_credential_is_refused(ada: User, action: str, credential: object) -> None:
    response = submit_proof(ada, action, credential=credential)

    assert_refused(response, ada, response.json()["code"])
    assert list(response.json()["errors"]) == ["credential"]


@BOTH_ACTIONS
def test_where_google_is_away_the_caller_is_told_and_nothing_is_done(
    settings: Settings, ada: User, tmp_path: Path, action: str
) -> None:
    (tmp_path / "certificates").unlink()

    response = submit_proof(ada, action, credential=make_id_token(aud=CLIENT_ID))

    assert (response.status_code, response.json()["code"]) == (503, "google_unavailable")
    assert User.objects.filter(pk=ada.pk).exists()
    assert not Job.objects.exists()


@BOTH_ACTIONS
def test_a_wrong_code_beside_a_good_credential_is_proof(ada: User, texts: SentTexts, action: str) -> None:
    code = request_code(texts)

    response = submit_proof(ada, action, verification_code=make_wrong_code(code), credential=make_id_token())

    assert is_done(response, action)


def test_five_tries_an_hour_are_all_that_a_user_gets(settings: Settings, ada: User, texts: SentTexts) -> None:
    settings.THROTTLE_ENABLED = True
    for _ in range(5):
        assert_refused(submit_proof(ada, "erase"), ada)

    response = submit_proof(ada, "erase", verification_code=request_code(texts))

    assert response.status_code == 429
    assert User.objects.filter(pk=ada.pk).exists()
    assert PhoneCode.objects.get().used_at is None


def test_nobody_proves_anything_without_a_session(texts: SentTexts, ada: User) -> None:
    code = request_code(texts)

    response = SchemaClient().delete("/api/auth/me/", {"verification_code": code})

    assert response.status_code == 401
    assert PhoneCode.objects.get().attempts == 0
    assert User.objects.filter(pk=ada.pk).exists()
