"""POST /api/auth/phone/change/: a new number counts once its owner has received a code"""

from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from pytest_django import Settings

from accounts import links, passwords, phone_change, services
from accounts.client_info import ClientInfo
from accounts.exceptions import SessionRevoked
from accounts.models import AuthEvent, User
from accounts.tests.factories import PASSWORD, make_access_token, make_user
from accounts.tests.phones import OTHER_PHONE, PHONE, SentTexts, make_wrong_code, request_code, use_sms_file, verify_code
from core import outbox
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Path) -> SentTexts:
    """Write text messages to a file."""
    return use_sms_file(tmp_path, settings)


def change_phone(user: User, code: str, new_phone: str = PHONE, **proof: str) -> Any:
    """Change the number, by default with the password as proof."""
    payload = {"new_phone": new_phone, "new_phone_code": code, **(proof or {"password": PASSWORD})}
    return SchemaClient().bearer(make_access_token(user)).post("/api/auth/phone/change/", payload)


def get_number(user: User) -> tuple[str | None, bool]:
    """Return the stored number, and whether it is confirmed."""
    user.refresh_from_db()
    return user.phone, user.phone_verified_at is not None


@pytest.mark.parametrize("before", [None, OTHER_PHONE])
def test_a_number_is_added_or_changed_with_a_code_that_was_sent_to_it(texts: SentTexts, before: str | None) -> None:
    ada = make_user(phone=before, email_verified_at="2026-01-01T00:00Z", market="us")
    code = request_code(texts)

    response = change_phone(ada, f"{code[:3]} {code[3:]}", "(312) 805-9851")

    assert response.status_code == 200
    assert (response.json()["data"]["phone"], response.json()["data"]["phone_verified"]) == (PHONE, True)
    assert get_number(ada) == (PHONE, True)
    outbox.run_due()
    assert [(message.to, message.subject.partition(" at ")[0]) for message in mail.outbox] == [
        (["ada@example.com"], "Your phone number")
    ]
    event = AuthEvent.objects.get(event="phone_changed")
    assert (event.user, PHONE in str(event.detail)) == (ada, False)
    assert verify_code(request_code(texts)).json()["data"]["user"]["id"] == ada.pk


def test_an_account_without_a_password_proves_itself_with_a_code_to_the_old_number(texts: SentTexts) -> None:
    ada = User.objects.create_user(phone=OTHER_PHONE)
    old_code, new_code = request_code(texts, OTHER_PHONE), request_code(texts)

    refused = [change_phone(ada, new_code, verification_code=new_code), change_phone(ada, new_code, password=PASSWORD)]
    response = change_phone(ada, new_code, verification_code=old_code)

    assert [answer.json()["code"] for answer in refused] == ["proof_needed"] * 2
    assert (response.status_code, get_number(ada)) == (200, (PHONE, True))


@pytest.mark.parametrize("case", ["wrong", "malformed", "of another number", "used"])
def test_without_a_valid_code_to_the_new_number_nothing_changes_and_the_user_stays_signed_in(texts: SentTexts, case: str) -> None:
    ada = make_user(phone=OTHER_PHONE)
    code = request_code(texts, OTHER_PHONE if case == "of another number" else PHONE)
    if case == "used":
        verify_code(code)
        User.objects.filter(phone=PHONE).delete()
    code = {"wrong": make_wrong_code(code), "malformed": "12345"}.get(case, code)

    response = change_phone(ada, code)

    assert response.status_code == 400
    assert response.json()["code"] == "invalid_code"
    assert response.json()["errors"] == {"new_phone_code": ["The code is wrong or has expired"]}
    assert get_number(ada) == (OTHER_PHONE, False)
    assert not AuthEvent.objects.filter(event="phone_changed").exists()


def test_who_cannot_prove_who_they_are_uses_up_no_code(texts: SentTexts) -> None:
    ada, code = make_user(), request_code(texts)

    response = change_phone(ada, code, password="not mine")

    assert (response.status_code, response.json()["code"]) == (400, "wrong_password")
    assert get_number(ada) == (None, False)
    assert change_phone(ada, code).status_code == 200


def test_a_number_of_another_account_is_refused_only_to_who_holds_it(texts: SentTexts) -> None:
    ada, bob = make_user(), make_user("bob@example.com", phone=PHONE)
    code = request_code(texts)

    stranger = change_phone(ada, make_wrong_code(code))
    holder = change_phone(ada, code)

    assert [answer.json()["code"] for answer in (stranger, holder)] == ["invalid_code", "phone_taken"]
    assert holder.json()["errors"] == {"new_phone": ["Another account has this phone number"]}
    assert (get_number(ada), get_number(bob)) == ((None, False), (PHONE, False))


@pytest.mark.parametrize("case", ["given to the owner of its address", "banned"])
def test_an_account_that_was_signed_out_everywhere_meanwhile_gets_no_number(texts: SentTexts, case: str) -> None:
    make_user()
    loaded_before, code = User.objects.get(), request_code(texts)
    if case == "banned":
        services.ban_user(loaded_before, ClientInfo(), None)
    else:
        passwords.reset_password(*links.make_reset_params(loaded_before), "a lamp in the valley", ClientInfo())

    with pytest.raises(SessionRevoked):
        phone_change.change_phone(loaded_before, PHONE, code, passwords.Proof(PASSWORD), ClientInfo())

    assert get_number(User.objects.get()) == (None, False)
    assert not AuthEvent.objects.filter(event="phone_changed").exists()


def test_a_malformed_number_is_named_and_guests_have_none(texts: SentTexts) -> None:
    ada = make_user()

    response = change_phone(ada, "123456", "call me")
    guest = SchemaClient().post("/api/auth/phone/change/", {"new_phone": PHONE, "new_phone_code": "123456", "password": PASSWORD})

    assert (response.status_code, list(response.json()["errors"])) == (400, ["new_phone"])
    assert guest.status_code == 401
