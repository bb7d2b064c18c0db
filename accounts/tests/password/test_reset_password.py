"""POST /api/auth/password/reset/ and password/reset/confirm/"""

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts import links
from accounts.models import AuthEvent, AuthSession, User
from accounts.tests.factories import PASSWORD, get_me, make_user, refresh_tokens, sign_in
from accounts.tests.mails import get_link, get_link_params, send_pending_emails
from core.models import Job
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

REQUEST_URL, CONFIRM_URL = "/api/auth/password/reset/", "/api/auth/password/reset/confirm/"
NEW_PASSWORD = "a lamp in the valley"


def request_reset(email: object = "ada@example.com", **headers: str) -> Any:
    """Request a reset e-mail."""
    return SchemaClient().post(REQUEST_URL, {"email": email}, headers=headers)


def confirm_reset(params: dict[str, str], new: str = NEW_PASSWORD, **other: object) -> Any:
    """Set a new password with the parameters of a link."""
    return SchemaClient().post(CONFIRM_URL, {**params, "new_password": new, **other})


@pytest.fixture
def user(db: None) -> User:
    """A user whose address is not confirmed."""
    return make_user()


@pytest.fixture
def params(user: User) -> dict[str, str]:
    """The parameters of the reset link sent to the user."""
    request_reset()
    return get_link_params("ada@example.com")


def has_old_password(user: User) -> bool:
    """Return whether the user still has the old password."""
    user.refresh_from_db()
    return user.check_password(PASSWORD)


def test_the_link_leads_to_the_shop_front_and_says_all_in_its_fragment(user: User, settings: Settings) -> None:
    settings.FRONTEND_URL = "https://shop.example"

    response = request_reset(Host="localhost", Origin="http://localhost:5173", **{"X-Forwarded-Host": "evil.example"})

    assert response.status_code == 200
    (message,) = send_pending_emails()
    page, params = get_link(message)
    assert page == "https://shop.example/reset-password"
    assert set(params) == {"uid", "token"}
    assert message.to == ["ada@example.com"]


def test_a_new_password_ends_every_session_and_signs_nobody_in(user: User) -> None:
    access, token = sign_in()
    request_reset()  # after the sign-in, because a sign-in invalidates earlier links
    params = get_link_params("ada@example.com")

    response = confirm_reset(params)

    assert (response.status_code, response.json()["data"]) == (200, None)
    assert [cookie.value for cookie in response.cookies.values()] == ["", ""]
    assert get_me(access).json()["code"] == "session_revoked"
    assert refresh_tokens(token).status_code == 401
    assert not AuthSession.objects.filter(revoked_at=None).exists()
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)
    assert user.email_verified_at is not None


def test_known_unknown_disabled_and_impossible_addresses_get_one_answer_and_cost_the_same(user: User) -> None:
    make_user("eve@example.com", is_active=False)
    bodies, costs = [], []

    for email in ("ada@example.com", "nobody@example.com", "eve@example.com"):
        with capture_statements() as queries:
            response = request_reset(email)
        bodies.append((response.status_code, response.content))
        costs.append(len(queries))

    assert len(set(bodies)) == 1
    assert len(set(costs)) == 1
    assert (request_reset("no address").status_code, request_reset("no address").content) == bodies[0]
    assert [message.to for message in send_pending_emails()] == [["ada@example.com"]]


@pytest.mark.parametrize("email", [None, 5, [], {}, "", "x" * 300])
def test_what_is_no_text_is_refused(db: None, email: object) -> None:
    assert request_reset(email).status_code in (200, 400)
    assert not send_pending_emails()


def test_no_token_lies_in_the_database(user: User) -> None:
    request_reset()
    payloads = list(Job.objects.values_list("payload", flat=True))

    params = get_link_params("ada@example.com")

    assert payloads == [{"kind": "reset", "user_id": user.pk, "to": "", "new_email": "", "state": ""}]
    for model in (Job, AuthEvent, User, AuthSession):
        assert params["token"] not in str(list(model.objects.values()))


def test_a_link_works_once(user: User, params: dict[str, str]) -> None:
    assert confirm_reset(params).status_code == 200

    response = confirm_reset(params, new="another lamp again")

    assert (response.status_code, response.json()["code"]) == (400, "invalid_token")
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)


def test_a_sign_in_a_change_of_password_or_of_address_ends_the_links_before_it(user: User, params: dict[str, str]) -> None:
    for change in ({"last_login": timezone.now()}, {"password": "!"}, {"email": "new@example.com"}):
        before = {name: getattr(user, name) for name in change}
        User.objects.update(**change)
        assert confirm_reset(params).status_code == 400
        User.objects.update(**before)

    assert confirm_reset(params).status_code == 200


def test_a_forged_foreign_or_garbled_link_changes_nothing(user: User, params: dict[str, str]) -> None:
    eve = make_user("eve@example.com")
    uid, token = links.make_reset_params(eve)
    changes: list[dict[str, str]] = [
        *({"uid": value} for value in (uid, "MTIz" * 9, "\0", "é", "LTE")),
        *({"token": value} for value in (token, params["token"][:-1] + "x", "a-b-c", "\0")),
    ]

    responses = [confirm_reset({**params, **change}) for change in changes]

    assert {(response.status_code, response.json()["code"]) for response in responses} <= {(400, "invalid_token"), (400, "invalid")}
    assert has_old_password(user)
    assert has_old_password(eve)


@pytest.mark.parametrize(("minutes", "status"), [(59, 200), (61, 400)])
def test_a_link_holds_for_an_hour(user: User, params: dict[str, str], minutes: int, status: int) -> None:
    later = datetime.now() + timedelta(minutes=minutes)  # noqa: DTZ005 - Django's token generator uses naive times

    with patch.object(links.RESET_TOKENS, "_now", return_value=later):
        response = confirm_reset(params)

    assert response.status_code == status


def test_a_disabled_account_gets_no_mail_and_its_link_is_over(user: User, params: dict[str, str]) -> None:
    User.objects.update(is_active=False)
    request_reset()

    assert not send_pending_emails()
    assert confirm_reset(params).status_code == 400
    assert has_old_password(user)


def test_a_weak_password_is_refused_and_the_link_stays_good(user: User, params: dict[str, str]) -> None:
    response = confirm_reset(params, new="password123")

    assert list(response.json()["errors"]) == ["new_password"]
    assert has_old_password(user)
    assert confirm_reset(params).status_code == 200


def test_an_account_that_has_no_password_gets_one(db: None) -> None:
    user = User.objects.create_user("ada@example.com")
    request_reset()

    assert confirm_reset(get_link_params("ada@example.com")).status_code == 200
    user.refresh_from_db()
    assert user.check_password(NEW_PASSWORD)


def test_three_mails_an_hour_and_no_more(user: User) -> None:
    statuses = [request_reset().status_code for _ in range(4)]

    assert statuses == [200, 200, 200, 429]
    assert len(send_pending_emails()) == 3


def test_one_address_may_not_ask_for_all_accounts(db: None) -> None:
    statuses = [request_reset(f"user{number}@example.com").status_code for number in range(11)]

    assert statuses == [200] * 10 + [429]
