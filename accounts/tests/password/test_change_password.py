"""POST /api/auth/password/change/"""

from typing import Any

import pytest

from accounts import sessions
from accounts.client_info import ClientInfo
from accounts.exceptions import InvalidCredentials
from accounts.models import AuthEvent, AuthSession, User
from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import PASSWORD, decode_claims, get_me, make_user, refresh_tokens, sign_in
from accounts.tests.mails import send_pending_emails
from tests.schema_client import SchemaClient

URL = "/api/auth/password/change/"
NEW_PASSWORD = "a lamp in the valley"


def change_password(token: str, old: str = PASSWORD, new: str = NEW_PASSWORD) -> Any:
    """Change the password of the user of this access token."""
    return SchemaClient().bearer(token).post(URL, {"old_password": old, "new_password": new})


def test_every_other_device_is_signed_out_and_this_one_gets_new_tokens(db: None) -> None:
    make_user()
    (current, _), (other, other_refresh) = sign_in(), sign_in()

    response = change_password(current)

    assert response.status_code == 200
    assert not response.cookies
    tokens = response.json()["data"]
    assert decode_claims(tokens["access_token"])["sid"] != decode_claims(current)["sid"]
    assert get_me(tokens["access_token"]).status_code == 200
    assert refresh_tokens(tokens["refresh_token"]).status_code == 200
    assert [get_me(token).json()["code"] for token in (current, other)] == ["session_revoked"] * 2
    assert refresh_tokens(other_refresh).status_code == 401


def test_a_browser_gets_cookies_and_no_token_in_the_body(api: SchemaClient) -> None:
    make_user()
    api.post("/api/auth/login/", {"email": "ada@example.com", "password": PASSWORD})
    before = api.cookies["access_token"].value

    response = api.post(URL, {"old_password": PASSWORD, "new_password": NEW_PASSWORD})

    assert (response.status_code, response.json()["data"]) == (200, {})
    assert api.cookies["access_token"].value != before
    assert api.get("/api/auth/me/").status_code == 200


def test_the_new_password_opens_and_the_old_one_does_not(db: None) -> None:
    make_user()

    change_password(sign_in()[0])

    credentials = {"email": "ada@example.com", "mode": "token"}
    assert SchemaClient().post("/api/auth/login/", {**credentials, "password": PASSWORD}).status_code == 401
    assert SchemaClient().post("/api/auth/login/", {**credentials, "password": NEW_PASSWORD}).status_code == 200
    assert User.objects.get().password_changed_at is not None


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("old", "new", "field"),
    [("a lamp on the hil", NEW_PASSWORD, "old_password"), ("", NEW_PASSWORD, "old_password"), (PASSWORD, "seven77", "new_password"),
     (PASSWORD, "password123", "new_password"), (PASSWORD, "ada@example.com", "new_password"),
     (PASSWORD, "x7" * 65, "new_password"), (PASSWORD, "a lamp \0 on it", "new_password")],
)  # fmt: skip
def test_a_wrong_old_or_a_weak_new_one_changes_nothing(db: None, old: str, new: str, field: str) -> None:
    make_user()
    (current, _), (other, _) = sign_in(), sign_in()
    before = User.objects.values().get()

    response = change_password(current, old, new)

    assert response.status_code == 400
    assert list(response.json()["errors"]) == [field]
    assert User.objects.values().get() == before
    assert [get_me(current).status_code, get_me(other).status_code] == [200, 200]


def test_it_is_told_by_mail_and_noted(db: None) -> None:
    make_user()

    change_password(sign_in()[0], old="wrong")
    change_password(sign_in()[0])

    (message,) = send_pending_emails()
    assert (message.to, message.subject) == (["ada@example.com"], "Your password at Our shop was changed")
    events = list(AuthEvent.objects.order_by("id").values_list("event", flat=True))
    assert events.count("password_refused") == 1
    assert events.count("password_changed") == 1


def test_after_five_tries_in_an_hour_it_is_refused_unseen(db: None) -> None:
    make_user()
    token, _ = sign_in()
    for _ in range(5):
        assert change_password(token, old="wrong").status_code == 400

    response = change_password(token)

    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert int(response["Retry-After"]) > 3500
    assert get_me(token).status_code == 200


def test_an_account_without_a_password_sets_its_first_by_mail(db: None) -> None:
    user = User.objects.create_user("ada@example.com")
    token = sessions.start_session(user, "google", ClientInfo()).access

    response = change_password(token, old="anything")

    assert (response.status_code, response.json()["code"]) == (400, "wrong_password")


def test_who_proved_the_old_password_before_the_change_gets_no_session_after_it(db: None) -> None:
    make_user()
    stale_user = User.objects.get()
    change_password(sign_in()[0])

    with pytest.raises(InvalidCredentials):
        sessions.start_session(stale_user, "password", ClientInfo())

    assert AuthSession.objects.filter(revoked_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_changes_at_once_one_counts(unthrottled: None) -> None:
    make_user()
    token, _ = sign_in()
    passwords = ["a lamp in the valley", "a lamp by the river"]

    responses = run_concurrently(2, lambda number: change_password(token, new=passwords[number]))

    statuses = [response.status_code for response in responses]
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 400, 401}
    assert User.objects.get().check_password(passwords[statuses.index(200)])
    assert AuthSession.objects.filter(revoked_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_eight_sign_ins_with_the_old_password_during_the_change_leave_no_session_of_it(unthrottled: None) -> None:
    make_user()
    token, _ = sign_in()
    credentials = {"email": "ada@example.com", "password": PASSWORD, "mode": "token"}

    def call(number: int) -> str:
        if number == 4:
            return str(change_password(token).json()["data"]["access_token"])
        response = SchemaClient().post("/api/auth/login/", credentials)
        return str((response.json().get("data") or {}).get("access_token", ""))

    tokens = run_concurrently(8, call)

    assert [get_me(credentials).status_code for number, credentials in enumerate(tokens) if credentials and number != 4].count(
        200
    ) == 0
    assert get_me(tokens[4]).status_code == 200
