"""/admin/login/ and /admin/password_change/: counted, recorded and logged as at the API"""

import logging
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import AuthEvent, AuthSession, User
from accounts.tests.factories import PASSWORD, get_me, make_user, sign_in
from accounts.tests.mails import send_pending_emails
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def log_in(password: str = PASSWORD, email: str = "ada@example.com", ip: str = "203.0.113.7") -> Any:
    """Sign in to the admin with a new browser."""
    return Client().post("/admin/login/", {"username": email, "password": password}, REMOTE_ADDR=ip, headers={"User-Agent": "Lynx"})


def list_events() -> list[tuple[str, Any, str | None, str]]:
    """Return event, user, IP address and method, oldest first."""
    rows = AuthEvent.objects.order_by("pk")
    return [(row.event, row.user, row.ip, row.detail.get("method", "")) for row in rows]


def test_a_sign_in_is_recorded_and_logged_with_its_caller(caplog: pytest.LogCaptureFixture) -> None:
    ada = make_user(is_staff=True)

    with caplog.at_level(logging.INFO):
        assert log_in().status_code == 302

    assert list_events() == [("login_ok", ada, "203.0.113.7", "admin")]
    assert AuthEvent.objects.get().user_agent == "Lynx"
    assert f"user {ada.pk} signed in to the admin: caller 203.0.113.7" in caplog.text
    assert not AuthSession.objects.exists()


@pytest.mark.parametrize(
    ("fields", "password", "email"),
    [
        ({"is_staff": True}, "wrong, surely", "ada@example.com"),
        ({"is_staff": True, "is_active": False}, PASSWORD, "ada@example.com"),
        ({}, PASSWORD, "ada@example.com"),
        ({"is_superuser": True}, PASSWORD, "ada@example.com"),
    ],
    ids=["wrong", "disabled", "customer", "superuser without access"],
)
def test_a_failed_one_is_recorded_and_logged(
    caplog: pytest.LogCaptureFixture, fields: dict[str, bool], password: str, email: str
) -> None:
    ada = make_user(**fields)  # type: ignore[arg-type]  # fields of a user

    response = log_in(password, email)

    assert response.status_code == 200
    assert "admin_sessionid" not in response.cookies
    assert list_events() == [("login_fail", ada, "203.0.113.7", "admin")]
    assert "sign-in to the admin failed: caller 203.0.113.7" in caplog.text
    assert password not in caplog.text


def test_a_form_without_a_password_is_no_attempt() -> None:
    make_user(is_staff=True)

    assert log_in("").status_code == 200

    assert list_events() == []


def test_an_unknown_address_is_recorded_as_a_hash() -> None:
    log_in(email="nobody@example.com")

    (event,) = AuthEvent.objects.all()
    assert (event.event, event.user, len(event.detail["email"])) == ("login_fail", None, 16)


def test_guesses_at_the_api_and_at_the_admin_count_together(settings: Settings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "login_ip": ((100, 60),)}
    ada = make_user(is_staff=True)
    credentials = {"email": "ada@example.com", "password": "wrong, surely"}
    for _ in range(7):
        assert SchemaClient().post("/api/auth/login/", credentials, REMOTE_ADDR="203.0.113.7").status_code == 401
    for _ in range(3):
        assert log_in("wrong, surely").status_code == 200

    refused = log_in()

    assert refused.status_code == 429
    assert int(refused["Retry-After"]) > 0
    assert "admin_sessionid" not in refused.cookies
    assert list_events()[-1] == ("login_throttled", None, "203.0.113.7", "admin")
    assert AuthEvent.objects.latest("pk").detail["scope"] == "login_account"
    assert User.objects.get().last_login == ada.last_login


def test_an_account_is_guessed_at_a_hundred_times_an_hour_from_all_addresses(settings: Settings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "login_mail": ((4, 3600),)}
    make_user(is_staff=True)
    for number in range(4):
        assert log_in("wrong, surely", ip=f"198.51.100.{number}").status_code == 200

    assert log_in(ip="198.51.100.9").status_code == 429


def test_guesses_from_elsewhere_do_not_shut_staff_out(settings: Settings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "login_mail": ((4, 3600),)}
    make_user(is_staff=True)
    assert log_in().status_code == 302
    for number in range(5):
        log_in("wrong, surely", ip=f"198.51.100.{number}")

    assert log_in().status_code == 302


def test_throttled_sign_ins_fill_neither_the_table_nor_the_log(caplog: pytest.LogCaptureFixture) -> None:
    make_user(is_staff=True)

    statuses = [log_in("wrong, surely").status_code for _ in range(40)]

    assert statuses == [200] * 5 + [429] * 35
    assert AuthEvent.objects.filter(event="login_throttled").count() == 10
    lines = [record.getMessage() for record in caplog.records if record.name == "shop.refusals"]
    assert lines == ["refused POST '/admin/login/' with 429 (admin_login): caller 203.0.113.7, user none"] * 10


def test_a_throttled_sign_in_at_the_api_is_recorded_too() -> None:
    make_user()
    credentials = {"email": "ada@example.com", "password": "wrong, surely"}
    statuses = [SchemaClient().post("/api/auth/login/", credentials).status_code for _ in range(12)]

    assert statuses == [401] * 10 + [429] * 2
    events = AuthEvent.objects.filter(event="login_throttled")
    assert [event.detail["scope"] for event in events] == ["login_ip"] * 2


def test_a_password_change_in_the_admin_is_counted_recorded_and_told(unthrottled: None, settings: Settings) -> None:
    ada = make_user(is_staff=True)
    token, _ = sign_in()
    client = Client()
    client.force_login(ada)
    body = {"new_password1": "a lamp in the valley", "new_password2": "a lamp in the valley"}

    assert client.post("/admin/password_change/", {**body, "old_password": "wrong, surely"}).status_code == 200
    assert client.post("/admin/password_change/", {**body, "old_password": PASSWORD}).status_code == 302

    assert [event for event, *_ in list_events()][-2:] == ["password_refused", "password_changed"]
    assert get_me(token).json()["code"] == "session_revoked"
    assert [message.subject for message in send_pending_emails()] == ["Your password at Our shop was changed"]
    assert client.get("/admin/").status_code == 200


def test_a_stolen_admin_session_guesses_the_password_five_times_an_hour() -> None:
    client = Client()
    client.force_login(make_user(is_staff=True))
    body = {"new_password1": "a lamp in the valley", "new_password2": "a lamp in the valley"}
    for number in range(5):
        assert client.post("/admin/password_change/", {**body, "old_password": f"guess {number}"}).status_code == 200

    assert client.post("/admin/password_change/", {**body, "old_password": PASSWORD}).status_code == 429
    assert User.objects.get().check_password(PASSWORD)
