"""Proving who asks without a password: DELETE /api/auth/me/ and POST /api/auth/email/change/"""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuthSession, PhoneCode, SocialAccount, User
from accounts.tests.factories import PASSWORD, access_token, make_user
from accounts.tests.google_keys import CLIENT, SUB, hmac_token, sign_in_configured, token
from accounts.tests.phones import OTHER, PHONE, Texts, asked, other, texts_in, verify
from core.models import Job
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
ASKS = pytest.mark.parametrize("ask", ["erase", "change"])


@pytest.fixture(autouse=True)
def texts(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Texts:
    """Text messages go to a file, and signing in with Google is on."""
    sign_in_configured(settings, monkeypatch, tmp_path)
    return texts_in(tmp_path, settings)


@pytest.fixture
def ada() -> User:
    """Somebody without a password, who signs in by phone and with Google."""
    user = User.objects.create_user(phone=PHONE)
    SocialAccount.objects.create(user=user, provider="google", sub=SUB)
    return user


def asking(user: User, ask: str, **proof: object) -> Any:
    """Close the account or ask for another address, with this proof."""
    client = SchemaClient().bearer(access_token(user))
    if ask == "erase":
        return client.delete("/api/auth/me/", proof)
    return client.post("/api/auth/email/change/", {"new_email": "new@example.com", **proof})


def taken(response: Any, ask: str) -> bool:
    """Say whether what was asked for is done."""
    if ask == "erase":
        return response.status_code == 200 and not User.objects.filter(phone=PHONE).exists()
    owed = list(Job.objects.values_list("payload__to", flat=True))
    return response.status_code == 202 and owed == ["new@example.com"]


def refused(response: Any, user: User, code: str = "proof_needed") -> None:
    """Hold that nothing is done."""
    assert response.status_code == 400
    assert response.json()["code"] == code
    user.refresh_from_db()
    assert user.email is None or user.email == "ada@example.com"
    assert AuthSession.objects.filter(user=user, revoked_at=None).exists()
    assert not Job.objects.exists()


@ASKS
def test_a_fresh_code_is_proof_and_is_used_up(ada: User, texts: Texts, ask: str) -> None:
    code = asked(texts)

    response = asking(ada, ask, verification_code=code)

    assert taken(response, ask)
    assert not PhoneCode.objects.filter(used_at=None).exists()
    assert verify(code).status_code == 401


@ASKS
def test_a_fresh_credential_is_proof(ada: User, ask: str) -> None:
    response = asking(ada, ask, credential=token(iat=int(time.time()) - 280))

    assert taken(response, ask)


@ASKS
@pytest.mark.parametrize(
    "proof", [{}, {"password": ""}, {"password": PASSWORD}, {"password": "!"}, {"verification_code": "0"}], ids=str
)
def test_without_proof_nothing_is_done(ada: User, ask: str, proof: dict[str, str]) -> None:
    refused(asking(ada, ask, **proof), ada)


@ASKS
def test_a_wrong_code_is_no_proof_and_counts(ada: User, texts: Texts, ask: str) -> None:
    code = asked(texts)
    for number in range(5):
        refused(asking(ada, ask, verification_code=other(code, number + 1)), ada)

    response = asking(ada, ask, verification_code=code)

    refused(response, ada)
    assert PhoneCode.objects.get().attempts == 5


@ASKS
def test_a_used_code_is_no_proof(ada: User, texts: Texts, ask: str) -> None:
    code = asked(texts)
    assert verify(code).status_code == 200

    refused(asking(ada, ask, verification_code=code), ada)


@ASKS
def test_an_old_code_is_no_proof(ada: User, texts: Texts, ask: str) -> None:
    code = asked(texts)
    PhoneCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    refused(asking(ada, ask, verification_code=code), ada)


@ASKS
def test_a_code_of_another_number_is_no_proof(ada: User, texts: Texts, ask: str) -> None:
    code = asked(texts, OTHER)

    refused(asking(ada, ask, verification_code=code), ada)

    assert PhoneCode.objects.get().used_at is None


@ASKS
def test_who_has_no_number_proves_nothing_by_a_code(texts: Texts, ask: str) -> None:
    eve = User.objects.create_user("ada@example.com")
    code = asked(texts)

    refused(asking(eve, ask, verification_code=code), eve)


@ASKS
@pytest.mark.parametrize(
    "said", [{"sub": "2"}, {"aud": "another.example"}, {"signed_by": "stranger"}, {"iss": "evil.example"}], ids=str
)
def test_a_foreign_credential_is_no_proof(ada: User, ask: str, said: dict[str, Any]) -> None:
    refused(asking(ada, ask, credential=token(**said)), ada)


@ASKS
@pytest.mark.parametrize(("iat", "exp"), [(-302, 3_298), (-3_000, 600), (-100, -60)])
def test_an_old_credential_is_no_proof(ada: User, ask: str, iat: int, exp: int) -> None:
    now = int(time.time())

    response = asking(ada, ask, credential=token(iat=now + iat, exp=now + exp))

    refused(response, ada)


@ASKS
@pytest.mark.parametrize("credential", ["a.b.c", hmac_token(), "a" * 8_000], ids=["shape", "hmac", "long"])
def test_a_forged_credential_is_no_proof(ada: User, ask: str, credential: str) -> None:
    refused(asking(ada, ask, credential=credential), ada)


@ASKS
def test_an_identity_that_opens_another_account_is_no_proof(ada: User, ask: str) -> None:
    eve = make_user("eve@example.com")
    SocialAccount.objects.create(user=eve, provider="google", sub="2")

    refused(asking(ada, ask, credential=token(sub="2")), ada)


@ASKS
def test_an_address_alone_is_no_proof(ask: str) -> None:
    ada = User.objects.create_user("ada@example.com", email_verified_at=timezone.now())

    refused(asking(ada, ask, credential=token()), ada)


@ASKS
def test_whoever_has_a_password_proves_it_by_that_alone(texts: Texts, ask: str) -> None:
    ada = make_user(phone=PHONE)
    SocialAccount.objects.create(user=ada, provider="google", sub=SUB)
    code = asked(texts)

    response = asking(ada, ask, verification_code=code, credential=token())

    assert response.json()["errors"] == {"password": ["The password is wrong"]}
    refused(response, ada, response.json()["code"])
    assert PhoneCode.objects.get().used_at is None


@ASKS
@pytest.mark.parametrize("given", [None, [], {}, True, "a\x00", "a" * 8_193])
def test_what_is_no_credential_is_refused(ada: User, ask: str, given: object) -> None:
    response = asking(ada, ask, credential=given)

    refused(response, ada, response.json()["code"])
    assert list(response.json()["errors"]) == ["credential"]


@ASKS
def test_where_google_is_away_the_caller_is_told_and_nothing_is_done(
    settings: Settings, ada: User, tmp_path: Path, ask: str
) -> None:
    (tmp_path / "certificates").unlink()

    response = asking(ada, ask, credential=token(aud=CLIENT))

    assert (response.status_code, response.json()["code"]) == (503, "google_unavailable")
    assert User.objects.filter(pk=ada.pk).exists()
    assert not Job.objects.exists()


@ASKS
def test_a_wrong_code_beside_a_good_credential_is_proof(ada: User, texts: Texts, ask: str) -> None:
    code = asked(texts)

    response = asking(ada, ask, verification_code=other(code), credential=token())

    assert taken(response, ask)


def test_five_tries_an_hour_are_all_that_a_user_gets(settings: Settings, ada: User, texts: Texts) -> None:
    settings.THROTTLE_ENABLED = True
    for _ in range(5):
        refused(asking(ada, "erase"), ada)

    response = asking(ada, "erase", verification_code=asked(texts))

    assert response.status_code == 429
    assert User.objects.filter(pk=ada.pk).exists()
    assert PhoneCode.objects.get().used_at is None


def test_nobody_proves_anything_without_a_session(texts: Texts, ada: User) -> None:
    code = asked(texts)

    response = SchemaClient().delete("/api/auth/me/", {"verification_code": code})

    assert response.status_code == 401
    assert PhoneCode.objects.get().attempts == 0
    assert User.objects.filter(pk=ada.pk).exists()
