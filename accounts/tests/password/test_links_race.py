"""POST /api/auth/password/reset/confirm/ and email/verify/: one link used concurrently, or during a sign-in"""

from typing import Any

import pytest

from accounts.models import AuthEvent, AuthSession, User
from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import PASSWORD, get_me, make_user, sign_in
from accounts.tests.mails import get_link_params, send_pending_emails
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unthrottled")]
CONFIRM = "/api/auth/password/reset/confirm/"
CALLERS = 6


@pytest.fixture
def params() -> dict[str, str]:
    """The parameters of a reset link for Ada, who has a live session."""
    make_user()
    sign_in()
    SchemaClient().post("/api/auth/password/reset/", {"email": "ada@example.com"})
    return get_link_params("ada@example.com")


def count_statuses(responses: list[Any]) -> dict[int, int]:
    """Count the responses by status."""
    statuses = [response.status_code for response in responses]
    return {status: statuses.count(status) for status in sorted(set(statuses))}


def test_of_six_who_use_one_link_one_sets_the_password(params: dict[str, str]) -> None:
    responses = run_concurrently(
        CALLERS, lambda n: SchemaClient().post(CONFIRM, {**params, "new_password": f"a lamp in valley {n}"})
    )

    assert count_statuses(responses) == {200: 1, 400: CALLERS - 1}
    winner = next(n for n, response in enumerate(responses) if response.status_code == 200)
    assert User.objects.get().check_password(f"a lamp in valley {winner}")
    assert AuthEvent.objects.filter(event="password_reset").count() == 1
    assert [message.subject for message in send_pending_emails()] == ["Your password at Our shop was changed"]


def test_who_signs_in_with_the_old_password_meanwhile_has_no_session_afterwards(params: dict[str, str]) -> None:
    credentials = {"email": "ada@example.com", "password": PASSWORD, "mode": "token"}

    def call(number: int) -> Any:
        if number == 3:
            return SchemaClient().post(CONFIRM, {**params, "new_password": "a lamp in the valley"})
        return SchemaClient().post("/api/auth/login/", credentials)

    responses = run_concurrently(CALLERS, call)

    assert responses[3].status_code in (200, 400)  # 400 if a sign-in came first, which invalidates the link
    tokens = [
        response.json()["data"]["access_token"] for n, response in enumerate(responses) if n != 3 and response.status_code == 200
    ]
    if responses[3].status_code == 200:
        assert [get_me(token).status_code for token in tokens] == [401] * len(tokens)
        assert not AuthSession.objects.filter(revoked_at=None).exists()
    else:
        assert User.objects.get().check_password(PASSWORD)


def test_a_change_and_a_reset_at_once_leave_one_password_and_the_sessions_of_it_alone(params: dict[str, str]) -> None:
    token, _ = sign_in()
    SchemaClient().post("/api/auth/password/reset/", {"email": "ada@example.com"})
    fresh = get_link_params("ada@example.com")
    payload = {"old_password": PASSWORD, "new_password": "a lamp by the river"}
    change, reset = ("/api/auth/password/change/", payload), (CONFIRM, {**fresh, "new_password": "a lamp in the valley"})

    changed, was_reset = run_concurrently(2, lambda n: SchemaClient().bearer(token).post(*(change, reset)[n]))

    assert [changed.status_code, was_reset.status_code].count(200) == 1
    expected = "a lamp by the river" if changed.status_code == 200 else "a lamp in the valley"
    assert User.objects.get().check_password(expected)
    assert AuthSession.objects.filter(revoked_at=None).count() == (1 if changed.status_code == 200 else 0)


def test_of_six_who_confirm_an_address_one_does(params: dict[str, str]) -> None:
    SchemaClient().bearer(sign_in()[0]).post("/api/auth/email/resend/")
    token = get_link_params("ada@example.com")["token"]

    responses = run_concurrently(CALLERS, lambda _: SchemaClient().post("/api/auth/email/verify/", {"token": token}))

    assert count_statuses(responses) == {200: 1, 400: CALLERS - 1}
    assert AuthEvent.objects.filter(event="email_verified").count() == 1


def test_of_six_who_change_an_address_by_one_link_one_does(params: dict[str, str]) -> None:
    payload = {"new_email": "ada@lovelace.example", "password": PASSWORD}
    assert SchemaClient().bearer(sign_in()[0]).post("/api/auth/email/change/", payload).status_code == 202
    token = get_link_params("ada@lovelace.example")["token"]

    responses = run_concurrently(CALLERS, lambda _: SchemaClient().post("/api/auth/email/verify/", {"token": token}))

    assert count_statuses(responses) == {200: 1, 400: CALLERS - 1}
    assert User.objects.get().email == "ada@lovelace.example"
    assert AuthEvent.objects.filter(event="email_changed").count() == 1
