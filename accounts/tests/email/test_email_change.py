"""POST /api/auth/email/change/: when the link to a new address is valid, and for whom"""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from accounts import google_accounts, links, passwords, sessions
from accounts.client_info import ClientInfo
from accounts.gateways import sms
from accounts.gateways.google import Identity
from accounts.models import AuthSession, User
from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import PASSWORD, get_me, make_user, sign_in
from accounts.tests.mails import get_link_params, send_pending_emails
from tests.schema_client import SchemaClient

PHONE = "+13128059851"


def request_change(token: str, new_email: str, **proof: str) -> Any:
    """Request a new address."""
    payload = {"new_email": new_email, **(proof or {"password": PASSWORD})}
    return SchemaClient().bearer(token).post("/api/auth/email/change/", payload)


def use_link(params: dict[str, str]) -> Any:
    """Use a verification link."""
    return SchemaClient().post("/api/auth/email/verify/", {"token": params["token"]})


def request_change_link(token: str, new_email: str) -> dict[str, str]:
    """Request a new address and return the parameters of the link sent to it."""
    assert request_change(token, new_email).status_code == 202
    return get_link_params(new_email)


def change_address(token: str, new_email: str) -> None:
    """Change the address with a link."""
    assert use_link(request_change_link(token, new_email)).status_code == 200


def get_address() -> str | None:
    """Return the address of the one user."""
    return User.objects.get().email


@pytest.fixture
def token(db: None) -> str:
    """An access token of Ada, whose address is not confirmed."""
    make_user()
    return sign_in()[0]


def test_the_change_leaves_sessions_and_password_as_they_are(token: str) -> None:
    other, _ = sign_in()

    change_address(token, "ada@lovelace.example")

    assert [get_me(access).status_code for access in (token, other)] == [200, 200]
    assert User.objects.get().check_password(PASSWORD)
    credentials = {"email": "ada@example.com", "password": PASSWORD}
    assert SchemaClient().post("/api/auth/login/", credentials).status_code == 401
    assert sign_in("ada@lovelace.example")


def test_the_address_that_was_left_is_free_for_another(token: str) -> None:
    change_address(token, "ada@lovelace.example")

    response = SchemaClient().post("/api/auth/register/", {"email": "ada@example.com", "password": PASSWORD})

    assert response.status_code == 201


def test_a_link_that_confirms_the_old_address_is_worthless_after_the_change(token: str) -> None:
    SchemaClient().bearer(token).post("/api/auth/email/resend/")
    old_link = get_link_params("ada@example.com")
    change_address(token, "ada@lovelace.example")

    response = use_link(old_link)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_token")
    assert get_address() == "ada@lovelace.example"


def test_a_link_of_a_change_works_once(token: str) -> None:
    params = request_change_link(token, "ada@lovelace.example")

    assert [use_link(params).status_code for _ in range(2)] == [200, 400]


def test_a_used_link_does_not_work_again_when_the_old_address_is_back(token: str) -> None:
    params = request_change_link(token, "ada@lovelace.example")
    use_link(params)
    change_address(token, "ada@example.com")

    response = use_link(params)

    assert response.status_code == 400
    assert get_address() == "ada@example.com"


def test_the_new_password_that_the_notice_advises_ends_a_thiefs_change(token: str) -> None:
    thief_link = request_change_link(token, "eve@example.com")
    SchemaClient().post("/api/auth/password/reset/", {"email": "ada@example.com"})
    params = get_link_params("ada@example.com")
    reset_response = SchemaClient().post("/api/auth/password/reset/confirm/", {**params, "new_password": "a lamp in the valley"})
    assert reset_response.status_code == 200

    response = use_link(thief_link)

    assert response.status_code == 400
    assert get_address() == "ada@example.com"


def test_a_changed_password_ends_a_thiefs_change(token: str) -> None:
    thief_link = request_change_link(token, "eve@example.com")
    payload = {"old_password": PASSWORD, "new_password": "a lamp in the valley"}
    assert SchemaClient().bearer(token).post("/api/auth/password/change/", payload).status_code == 200

    assert use_link(thief_link).status_code == 400
    assert get_address() == "ada@example.com"


def test_who_signed_up_with_a_foreign_address_cannot_take_the_account_from_its_owner(token: str) -> None:
    thief_link = request_change_link(token, "eve@example.com")
    owner = Identity(sub="1001", email="ada@example.com", email_verified=True, issued_at=0)
    google_accounts.authenticate_by_google(owner, ClientInfo())
    assert get_me(token).status_code == 401

    assert use_link(thief_link).status_code == 400
    assert get_address() == "ada@example.com"


def end_by_change(token: str) -> None:
    """Change the password."""
    payload = {"old_password": PASSWORD, "new_password": "a lamp in the valley"}
    assert SchemaClient().bearer(token).post("/api/auth/password/change/", payload).status_code == 200


def end_by_reset(token: str) -> None:
    """Reset the password by e-mail."""
    passwords.reset_password(*links.make_reset_params(User.objects.get()), "a lamp in the valley", ClientInfo())


def end_by_owner(token: str) -> None:
    """Sign in with Google as the owner of the address."""
    google_accounts.authenticate_by_google(
        Identity(sub="1001", email="ada@example.com", email_verified=True, issued_at=0), ClientInfo()
    )


@pytest.mark.parametrize("end", [end_by_change, end_by_reset, end_by_owner])
def test_a_change_whose_mail_is_still_owed_ends_with_the_password_too(token: str, end: Callable[[str], None]) -> None:
    assert request_change(token, "eve@example.com").status_code == 202
    end(token)

    assert use_link(get_link_params("eve@example.com")).status_code == 400
    assert get_address() == "ada@example.com"


def test_a_disabled_account_changes_nothing(token: str) -> None:
    params = request_change_link(token, "ada@lovelace.example")
    User.objects.update(is_active=False)

    assert use_link(params).json()["code"] == "invalid_token"
    assert get_address() == "ada@example.com"


@pytest.mark.parametrize("spelling", ["ada@example.com", " ADA@Example.COM "])
def test_ones_own_address_is_no_other(token: str, spelling: str) -> None:
    response = request_change(token, spelling)

    assert (response.status_code, response.json()["code"]) == (400, "email_taken")
    assert not send_pending_emails()


@pytest.mark.parametrize(
    "address",
    [
        "eve@example.com\r\nBcc: all@example.com",
        "eve@example.com\nbcc:all@example.com",
        "eve@example.com,all@example.com",
        "eve@example.com;all@example.com",
        "Eve <eve@example.com>",
        '"eve@example.com\r\n"@example.com',
        "\u0435ve@example.com",
        "eve@[127.0.0.1]",
        "eve@example.com\u2028all@example.com",
        f"{'x' * 250}@example.com",
    ],
)
def test_an_address_that_would_reach_others_is_refused(token: str, address: str) -> None:
    response = request_change(token, address)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["new_email"]
    assert not send_pending_emails()


def test_a_domain_of_other_letters_is_written_to_in_ascii(token: str) -> None:
    assert request_change(token, "Ada@B\u00fccher.example").status_code == 202

    assert use_link(get_link_params("ada@xn--bcher-kva.example")).status_code == 200
    assert get_address() == "ada@xn--bcher-kva.example"


def test_three_mails_an_hour_reach_one_address_and_the_sixth_proof_is_not_looked_at(token: str) -> None:
    same_address = [request_change(token, "eve@example.com").status_code for _ in range(4)]
    other_addresses = [request_change(token, f"eve{number}@example.com").status_code for number in range(2)]

    assert same_address == [202, 202, 202, 429]
    assert other_addresses == [202, 429]
    assert [message.to for message in send_pending_emails()].count(["eve@example.com"]) == 3


def test_an_account_by_phone_proves_itself_by_a_code_and_gets_its_first_address(settings: Settings, db: None) -> None:
    settings.SMS_BACKEND = "locmem"
    user = User.objects.create_user(phone=PHONE)
    token = sessions.start_session(user, "phone", ClientInfo()).access
    SchemaClient().post("/api/auth/send-code/", {"phone": PHONE})
    code = sms.sent_messages[-1][1][:6]

    refused = [
        request_change(token, "ada@example.com", **proof).json()["code"]
        for proof in ({"password": "x"}, {"verification_code": "x"})
    ]
    response = request_change(token, "ada@example.com", verification_code=code)

    assert refused == ["proof_needed"] * 2
    assert response.status_code == 202
    assert use_link(get_link_params("ada@example.com")).status_code == 200
    assert get_address() == "ada@example.com"
    assert request_change(token, "eve@example.com", verification_code=code).json()["code"] == "proof_needed"


@pytest.mark.django_db(transaction=True)
def test_of_two_users_who_confirm_one_address_at_once_one_gets_it(unthrottled: None) -> None:
    links = []
    for name in ("ada", "eve"):
        make_user(f"{name}@example.com")
        links.append(request_change_link(sign_in(f"{name}@example.com")[0], "wanted@example.com"))

    responses = run_concurrently(2, lambda number: use_link(links[number]))

    assert sorted(response.status_code for response in responses) == [200, 400]
    assert [response.json()["code"] for response in responses if response.status_code == 400] == ["email_taken"]
    assert User.objects.filter(email="wanted@example.com").count() == 1
    assert AuthSession.objects.filter(revoked_at=None).count() == 2
