"""POST /api/auth/password/reset/confirm/ and email/verify/: one link used many times at one moment, or while somebody signs in"""

from typing import Any

import pytest

from accounts.models import AuthEvent, AuthSession, User
from accounts.tests.crowd import at_once
from accounts.tests.factories import PASSWORD, make_user, me, sign_in
from accounts.tests.mails import one_link, sent
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unthrottled")]
CONFIRM = "/api/auth/password/reset/confirm/"
CALLERS = 6


@pytest.fixture
def said() -> dict[str, str]:
    """What the link in the mail of Ada, who is signed in somewhere, says."""
    make_user()
    sign_in()
    SchemaClient().post("/api/auth/password/reset/", {"email": "ada@example.com"})
    return one_link("ada@example.com")


def counts(answers: list[Any]) -> dict[int, int]:
    """Count the answers by status."""
    found = [answer.status_code for answer in answers]
    return {status: found.count(status) for status in sorted(set(found))}


def test_of_six_who_use_one_link_one_sets_the_password(said: dict[str, str]) -> None:
    answers = at_once(CALLERS, lambda n: SchemaClient().post(CONFIRM, {**said, "new_password": f"a lamp in valley {n}"}))

    assert counts(answers) == {200: 1, 400: CALLERS - 1}
    winner = next(n for n, answer in enumerate(answers) if answer.status_code == 200)
    assert User.objects.get().check_password(f"a lamp in valley {winner}")
    assert AuthEvent.objects.filter(event="password_reset").count() == 1
    assert [message.subject for message in sent()] == ["Your password at Our shop was changed"]


def test_who_signs_in_with_the_old_password_meanwhile_has_no_session_afterwards(said: dict[str, str]) -> None:
    given = {"email": "ada@example.com", "password": PASSWORD, "mode": "token"}

    def act(number: int) -> Any:
        if number == 3:
            return SchemaClient().post(CONFIRM, {**said, "new_password": "a lamp in the valley"})
        return SchemaClient().post("/api/auth/login/", given)

    answers = at_once(CALLERS, act)

    assert answers[3].status_code in (200, 400)  # 400 where a sign-in came first, which ends the link
    tokens = [answer.json()["data"]["access_token"] for n, answer in enumerate(answers) if n != 3 and answer.status_code == 200]
    if answers[3].status_code == 200:
        assert [me(token).status_code for token in tokens] == [401] * len(tokens)
        assert not AuthSession.objects.filter(revoked_at=None).exists()
    else:
        assert User.objects.get().check_password(PASSWORD)


def test_a_change_and_a_reset_at_once_leave_one_password_and_the_sessions_of_it_alone(said: dict[str, str]) -> None:
    token, _ = sign_in()
    SchemaClient().post("/api/auth/password/reset/", {"email": "ada@example.com"})
    fresh = one_link("ada@example.com")
    body = {"old_password": PASSWORD, "new_password": "a lamp by the river"}
    change, reset = ("/api/auth/password/change/", body), (CONFIRM, {**fresh, "new_password": "a lamp in the valley"})

    changed, was_reset = at_once(2, lambda n: SchemaClient().bearer(token).post(*(change, reset)[n]))

    assert [changed.status_code, was_reset.status_code].count(200) == 1
    expected = "a lamp by the river" if changed.status_code == 200 else "a lamp in the valley"
    assert User.objects.get().check_password(expected)
    assert AuthSession.objects.filter(revoked_at=None).count() == (1 if changed.status_code == 200 else 0)


def test_of_six_who_confirm_an_address_one_does(said: dict[str, str]) -> None:
    SchemaClient().bearer(sign_in()[0]).post("/api/auth/email/resend/")
    token = one_link("ada@example.com")["token"]

    answers = at_once(CALLERS, lambda _: SchemaClient().post("/api/auth/email/verify/", {"token": token}))

    assert counts(answers) == {200: 1, 400: CALLERS - 1}
    assert AuthEvent.objects.filter(event="email_verified").count() == 1


def test_of_six_who_change_an_address_by_one_link_one_does(said: dict[str, str]) -> None:
    body = {"new_email": "ada@lovelace.example", "password": PASSWORD}
    assert SchemaClient().bearer(sign_in()[0]).post("/api/auth/email/change/", body).status_code == 202
    token = one_link("ada@lovelace.example")["token"]

    answers = at_once(CALLERS, lambda _: SchemaClient().post("/api/auth/email/verify/", {"token": token}))

    assert counts(answers) == {200: 1, 400: CALLERS - 1}
    assert User.objects.get().email == "ada@lovelace.example"
    assert AuthEvent.objects.filter(event="email_changed").count() == 1
