"""POST /api/auth/email/verify/, email/resend/ and email/change/"""

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.utils import timezone
from pytest_django import Settings

from accounts import links, sessions
from accounts.client_info import ClientInfo
from accounts.models import AuthEvent, User
from accounts.tests.factories import PASSWORD, get_me, make_user, sign_in
from accounts.tests.mails import get_link, get_link_params, send_pending_emails
from core.models import Job
from tests.schema_client import SchemaClient

NEW_EMAIL = "ada@lovelace.example"


def verify_email(token: object) -> Any:
    """Use a verification link."""
    return SchemaClient().post("/api/auth/email/verify/", {"token": token})


def request_change(token: str, new_email: object = NEW_EMAIL, **proof: str) -> Any:
    """Request a new address."""
    payload = {"new_email": new_email, "password": PASSWORD, **proof}
    return SchemaClient().bearer(token).post("/api/auth/email/change/", payload)


def resend_email(token: str) -> Any:
    """Request another verification e-mail."""
    return SchemaClient().bearer(token).post("/api/auth/email/resend/")


@pytest.fixture
def ada(db: None) -> User:
    """A user whose address is not confirmed."""
    return make_user()


@pytest.fixture
def token(ada: User) -> str:
    """Ada's access token."""
    return sign_in()[0]


def test_who_signs_up_gets_a_link_that_confirms_the_address(api: SchemaClient, settings: Settings) -> None:
    settings.FRONTEND_URL = "https://shop.example"
    api.post("/api/auth/register/", {"email": "ada@example.com", "password": PASSWORD})

    (message,) = send_pending_emails()
    page, params = get_link(message)
    response = verify_email(params["token"])

    assert (page, message.to) == ("https://shop.example/verify-email", ["ada@example.com"])
    assert response.status_code == 200
    assert api.get("/api/auth/me/").json()["data"]["email_verified"] is True
    assert AuthEvent.objects.filter(event="email_verified").count() == 1


def test_a_link_confirms_once(ada: User, token: str) -> None:
    resend_email(token)
    params = get_link_params("ada@example.com")

    assert [verify_email(params["token"]).status_code for _ in range(2)] == [200, 400]
    assert (resend_email(token).status_code, resend_email(token).json()["code"]) == (409, "already_verified")


def test_a_link_is_worthless_after_three_days_or_when_the_address_has_changed(ada: User, token: str) -> None:
    fresh = links.make_verification_token(links.VerificationClaims(ada.pk, "ada@example.com", is_change=False))
    signer = signing.TimestampSigner(salt=links.VERIFICATION_SALT)
    signer.timestamp = lambda: signing.b62_encode(int((timezone.now() - timedelta(days=3, minutes=1)).timestamp()))  # type: ignore[method-assign]
    expired = signer.sign_object([ada.pk, "ada@example.com", False, None])
    User.objects.update(email="new@example.com")

    assert [verify_email(link_token).json()["code"] for link_token in (expired, fresh)] == ["invalid_token"] * 2
    User.objects.update(email="ada@example.com")
    assert [verify_email(link_token).status_code for link_token in (expired, fresh)] == [400, 200]


@pytest.mark.sampled
@pytest.mark.parametrize("link_token", ["", "x", "\0", "x" * 1_025, "x" * 5_000, None, 5, [], {}, "WzEsImFkYSJd:1:x"])
def test_what_is_no_link_is_refused(ada: User, link_token: object) -> None:
    response = verify_email(link_token)

    assert response.status_code == 400
    ada.refresh_from_db()
    assert ada.email_verified_at is None


def test_a_link_of_another_kind_or_of_nobody_or_of_a_disabled_user_is_refused(ada: User) -> None:
    forged = signing.dumps([ada.pk, "ada@example.com", False, None], salt="another salt")
    nobody = links.make_verification_token(links.VerificationClaims(ada.pk + 99, "ada@example.com", is_change=False))
    disabled = links.make_verification_token(links.VerificationClaims(ada.pk, "ada@example.com", is_change=False))
    User.objects.update(is_active=False)

    assert [verify_email(link_token).json()["code"] for link_token in (forged, nobody, disabled)] == ["invalid_token"] * 3


def test_another_address_holds_when_its_link_is_used_and_the_old_one_is_told(ada: User, token: str) -> None:
    response = request_change(token, "  Ada@Lovelace.Example ")

    assert response.status_code == 202
    assert get_me(token).json()["data"]["email"] == "ada@example.com"
    mails = {message.to[0]: message for message in send_pending_emails()}
    assert set(mails) == {NEW_EMAIL, "ada@example.com"}
    assert NEW_EMAIL in str(mails["ada@example.com"].body)
    assert verify_email(get_link(mails[NEW_EMAIL])[1]["token"]).status_code == 200
    profile = get_me(token).json()["data"]
    assert (profile["email"], profile["email_verified"]) == (NEW_EMAIL, True)
    assert AuthEvent.objects.filter(event="email_changed").count() == 1


def test_of_two_changes_that_wait_the_first_that_is_used_ends_the_other(ada: User, token: str) -> None:
    request_change(token, "one@example.com")
    first = get_link_params("one@example.com")
    request_change(token, "two@example.com")
    second = get_link_params("two@example.com")

    assert [verify_email(params["token"]).status_code for params in (second, first)] == [200, 400]
    assert User.objects.get().email == "two@example.com"


def test_an_address_that_another_user_took_meanwhile_is_refused(ada: User, token: str) -> None:
    request_change(token)
    params = get_link_params(NEW_EMAIL)
    make_user(NEW_EMAIL)

    response = verify_email(params["token"])

    assert (response.status_code, response.json()["code"]) == (400, "email_taken")
    ada.refresh_from_db()
    assert ada.email == "ada@example.com"


@pytest.mark.parametrize("address", ["eve@example.com", "no address", "ada@127.0.0.1", "", None, 5])
def test_an_address_that_is_taken_or_none_is_refused(ada: User, token: str, address: object) -> None:
    make_user("eve@example.com")

    response = request_change(token, address)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["new_email"]
    assert not Job.objects.filter(kind="account_mail", payload__kind="email_change").exists()


@pytest.mark.parametrize("proof", [{"password": "wrong"}, {"password": ""}, {"password": "", "verification_code": "123456"}])
def test_without_the_password_nothing_is_sent(ada: User, token: str, proof: dict[str, str]) -> None:
    response = request_change(token, **proof)

    assert (response.status_code, response.json()["code"]) == (400, "wrong_password")
    assert not send_pending_emails()


def test_a_guest_can_neither_ask_for_mails_nor_change_addresses(api: SchemaClient) -> None:
    assert api.post("/api/auth/email/resend/").status_code == 401
    assert api.post("/api/auth/email/change/", {"new_email": NEW_EMAIL, "password": PASSWORD}).status_code == 401


def test_who_has_no_address_has_nothing_to_confirm(db: None) -> None:
    user = User.objects.create_user(phone="+13128059851")
    token = sessions.start_session(user, "phone", ClientInfo()).access

    response = resend_email(token)

    assert (response.status_code, response.json()["code"]) == (409, "no_email")


def test_three_mails_an_hour_for_an_address(ada: User, token: str) -> None:
    assert [resend_email(token).status_code for _ in range(4)] == [202, 202, 202, 429]
    assert len(send_pending_emails()) == 3


def test_a_mail_is_plain_text_and_html_and_quotes_nothing_as_code(ada: User, token: str, settings: Settings) -> None:
    settings.SHOP_NAME = "Lamps <b>&\r\nBcc: eve@example.com"
    resend_email(token)

    (message,) = send_pending_emails()

    html = str(message.alternatives[0][0])
    assert message.subject == "Confirm your e-mail address for Lamps <b>& Bcc: eve@example.com"
    assert message.recipients() == ["ada@example.com"]
    assert "Lamps <b>&" in str(message.body)
    assert "Lamps &lt;b&gt;&amp;" in html
    assert "<b>" not in html
    assert message.extra_headers == {"Auto-Submitted": "auto-generated"}
