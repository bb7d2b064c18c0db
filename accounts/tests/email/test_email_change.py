"""POST /api/auth/email/change/: when the link to a new address holds, and for whom"""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from accounts import google_accounts, links, passwords, sessions
from accounts.client_info import ClientInfo
from accounts.gateways import sms
from accounts.gateways.google import Identity
from accounts.models import AuthSession, User
from accounts.tests.crowd import at_once
from accounts.tests.factories import PASSWORD, make_user, me, sign_in
from accounts.tests.mails import one_link, sent
from tests.schema_client import SchemaClient

PHONE = "+13128059851"


def change(token: str, new_email: str, **proof: str) -> Any:
    """Ask for another address."""
    body = {"new_email": new_email, **(proof or {"password": PASSWORD})}
    return SchemaClient().bearer(token).post("/api/auth/email/change/", body)


def verify(said: dict[str, str]) -> Any:
    """Use a link."""
    return SchemaClient().post("/api/auth/email/verify/", {"token": said["token"]})


def waiting(token: str, new_email: str) -> dict[str, str]:
    """Ask for another address and return what the link to it says."""
    assert change(token, new_email).status_code == 202
    return one_link(new_email)


def moved(token: str, new_email: str) -> None:
    """Change the address."""
    assert verify(waiting(token, new_email)).status_code == 200


def address() -> str | None:
    """Return the address of the one user."""
    return User.objects.get().email


@pytest.fixture
def token(db: None) -> str:
    """The access token of Ada, whose address is not confirmed yet."""
    make_user()
    return sign_in()[0]


def test_the_change_leaves_sessions_and_password_as_they_are(token: str) -> None:
    other, _ = sign_in()

    moved(token, "ada@lovelace.example")

    assert [me(given).status_code for given in (token, other)] == [200, 200]
    assert User.objects.get().check_password(PASSWORD)
    given = {"email": "ada@example.com", "password": PASSWORD}
    assert SchemaClient().post("/api/auth/login/", given).status_code == 401
    assert sign_in("ada@lovelace.example")


def test_the_address_that_was_left_is_free_for_another(token: str) -> None:
    moved(token, "ada@lovelace.example")

    response = SchemaClient().post("/api/auth/register/", {"email": "ada@example.com", "password": PASSWORD})

    assert response.status_code == 201


def test_a_link_that_confirms_the_old_address_is_worthless_after_the_change(token: str) -> None:
    SchemaClient().bearer(token).post("/api/auth/email/resend/")
    old = one_link("ada@example.com")
    moved(token, "ada@lovelace.example")

    response = verify(old)

    assert (response.status_code, response.json()["code"]) == (400, "invalid_token")
    assert address() == "ada@lovelace.example"


def test_a_link_of_a_change_works_once(token: str) -> None:
    said = waiting(token, "ada@lovelace.example")

    assert [verify(said).status_code for _ in range(2)] == [200, 400]


def test_a_used_link_does_not_work_again_when_the_old_address_is_back(token: str) -> None:
    said = waiting(token, "ada@lovelace.example")
    verify(said)
    moved(token, "ada@example.com")

    response = verify(said)

    assert response.status_code == 400
    assert address() == "ada@example.com"


def test_the_new_password_that_the_notice_advises_ends_a_thiefs_change(token: str) -> None:
    thiefs = waiting(token, "eve@example.com")
    SchemaClient().post("/api/auth/password/reset/", {"email": "ada@example.com"})
    said = one_link("ada@example.com")
    answer = SchemaClient().post("/api/auth/password/reset/confirm/", {**said, "new_password": "a lamp in the valley"})
    assert answer.status_code == 200

    response = verify(thiefs)

    assert response.status_code == 400
    assert address() == "ada@example.com"


def test_a_changed_password_ends_a_thiefs_change(token: str) -> None:
    thiefs = waiting(token, "eve@example.com")
    body = {"old_password": PASSWORD, "new_password": "a lamp in the valley"}
    assert SchemaClient().bearer(token).post("/api/auth/password/change/", body).status_code == 200

    assert verify(thiefs).status_code == 400
    assert address() == "ada@example.com"


def test_who_signed_up_with_a_foreign_address_cannot_take_the_account_from_its_owner(token: str) -> None:
    thiefs = waiting(token, "eve@example.com")
    owner = Identity(sub="1001", email="ada@example.com", email_verified=True, issued_at=0)
    google_accounts.sign_in(owner, ClientInfo())
    assert me(token).status_code == 401

    assert verify(thiefs).status_code == 400
    assert address() == "ada@example.com"


def end_by_change(token: str) -> None:
    """Change the password."""
    body = {"old_password": PASSWORD, "new_password": "a lamp in the valley"}
    assert SchemaClient().bearer(token).post("/api/auth/password/change/", body).status_code == 200


def end_by_reset(token: str) -> None:
    """Set a new password by mail."""
    passwords.reset(*links.reset_parts(User.objects.get()), "a lamp in the valley", ClientInfo())


def end_by_owner(token: str) -> None:
    """Let the owner of the address sign in with Google."""
    google_accounts.sign_in(Identity(sub="1001", email="ada@example.com", email_verified=True, issued_at=0), ClientInfo())


@pytest.mark.parametrize("end", [end_by_change, end_by_reset, end_by_owner])
def test_a_change_whose_mail_is_still_owed_ends_with_the_password_too(token: str, end: Callable[[str], None]) -> None:
    assert change(token, "eve@example.com").status_code == 202
    end(token)

    assert verify(one_link("eve@example.com")).status_code == 400
    assert address() == "ada@example.com"


def test_a_disabled_account_changes_nothing(token: str) -> None:
    said = waiting(token, "ada@lovelace.example")
    User.objects.update(is_active=False)

    assert verify(said).json()["code"] == "invalid_token"
    assert address() == "ada@example.com"


@pytest.mark.parametrize("own", ["ada@example.com", " ADA@Example.COM "])
def test_ones_own_address_is_no_other(token: str, own: str) -> None:
    response = change(token, own)

    assert (response.status_code, response.json()["code"]) == (400, "email_taken")
    assert not sent()


@pytest.mark.parametrize(
    "given",
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
def test_an_address_that_would_reach_others_is_refused(token: str, given: str) -> None:
    response = change(token, given)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["new_email"]
    assert not sent()


def test_a_domain_of_other_letters_is_written_to_in_ascii(token: str) -> None:
    assert change(token, "Ada@B\u00fccher.example").status_code == 202

    assert verify(one_link("ada@xn--bcher-kva.example")).status_code == 200
    assert address() == "ada@xn--bcher-kva.example"


def test_three_mails_an_hour_reach_one_address_and_the_sixth_proof_is_not_looked_at(token: str) -> None:
    to_one = [change(token, "eve@example.com").status_code for _ in range(4)]
    to_others = [change(token, f"eve{number}@example.com").status_code for number in range(2)]

    assert to_one == [202, 202, 202, 429]
    assert to_others == [202, 429]
    assert [message.to for message in sent()].count(["eve@example.com"]) == 3


def test_an_account_by_phone_proves_itself_by_a_code_and_gets_its_first_address(settings: Settings, db: None) -> None:
    settings.SMS_BACKEND = "locmem"
    user = User.objects.create_user(phone=PHONE)
    token = sessions.start(user, "phone", ClientInfo()).access
    SchemaClient().post("/api/auth/send-code/", {"phone": PHONE})
    code = sms.sent[-1][1][:6]

    refused = [
        change(token, "ada@example.com", **proof).json()["code"] for proof in ({"password": "x"}, {"verification_code": "x"})
    ]
    response = change(token, "ada@example.com", verification_code=code)

    assert refused == ["proof_needed"] * 2
    assert response.status_code == 202
    assert verify(one_link("ada@example.com")).status_code == 200
    assert address() == "ada@example.com"
    assert change(token, "eve@example.com", verification_code=code).json()["code"] == "proof_needed"


@pytest.mark.django_db(transaction=True)
def test_of_two_users_who_confirm_one_address_at_once_one_gets_it(unthrottled: None) -> None:
    links = []
    for name in ("ada", "eve"):
        make_user(f"{name}@example.com")
        links.append(waiting(sign_in(f"{name}@example.com")[0], "wanted@example.com"))

    answers = at_once(2, lambda number: verify(links[number]))

    assert sorted(answer.status_code for answer in answers) == [200, 400]
    assert [answer.json()["code"] for answer in answers if answer.status_code == 400] == ["email_taken"]
    assert User.objects.filter(email="wanted@example.com").count() == 1
    assert AuthSession.objects.filter(revoked_at=None).count() == 2
