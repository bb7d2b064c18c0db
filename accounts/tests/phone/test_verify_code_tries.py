"""How often and how long a code holds: POST /api/auth/verify-code/"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuthEvent, AuthSession, PhoneCode, PhoneCodeTry, User
from accounts.tests.factories import make_user
from accounts.tests.phones import OTHER, PHONE, Texts, asked, other, texts_in, verify

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Path) -> Texts:
    """Text messages go to a file."""
    return texts_in(tmp_path, settings)


def fail(code: str, times: int, **extra: str) -> None:
    """Try wrong codes."""
    for number in range(times):
        assert verify(other(code, number + 1), **extra).status_code == 401


def test_after_four_wrong_tries_the_right_code_signs_in(texts: Texts) -> None:
    code = asked(texts)
    fail(code, 4)

    response = verify(code)

    assert response.status_code == 200


def test_after_five_wrong_tries_the_right_code_is_worth_nothing(texts: Texts) -> None:
    code = asked(texts)
    fail(code, 5)

    response = verify(code)

    assert response.status_code == 401
    assert response.json()["code"] == "invalid_code"
    assert not User.objects.exists()
    assert PhoneCode.objects.get().attempts == 5
    assert PhoneCodeTry.objects.get().attempts == 5
    assert AuthEvent.objects.filter(event="code_failed").count() == 6


def test_one_callers_wrong_tries_do_not_shut_another_out(texts: Texts) -> None:
    code = asked(texts)
    fail(code, 7, REMOTE_ADDR="203.0.113.1")

    response = verify(code, REMOTE_ADDR="203.0.113.2")

    assert response.status_code == 200
    assert PhoneCode.objects.get().attempts == 6


def test_after_ten_wrong_tries_of_all_callers_the_code_is_worth_nothing(texts: Texts) -> None:
    code = asked(texts)
    fail(code, 5, REMOTE_ADDR="203.0.113.1")
    fail(code, 5, REMOTE_ADDR="203.0.113.2")

    response = verify(code, REMOTE_ADDR="203.0.113.3")

    assert response.status_code == 401
    assert not User.objects.exists()
    assert PhoneCode.objects.get().attempts == 10


def test_nine_wrong_tries_of_all_callers_leave_one(texts: Texts) -> None:
    code = asked(texts)
    fail(code, 5, REMOTE_ADDR="203.0.113.1")
    fail(code, 4, REMOTE_ADDR="203.0.113.2")

    assert verify(code, REMOTE_ADDR="203.0.113.3").status_code == 200


def test_behind_a_proxy_callers_are_told_apart_by_what_it_has_seen(settings: Settings, texts: Texts) -> None:
    settings.TRUSTED_PROXIES = 1
    code = asked(texts)
    for number in range(5):
        assert verify(other(code), headers={"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.1"}).status_code == 401

    same = verify(code, headers={"X-Forwarded-For": "198.51.100.77, 203.0.113.1"})
    another = verify(code, headers={"X-Forwarded-For": "198.51.100.77, 203.0.113.2"})

    assert (same.status_code, another.status_code) == (401, 200)
    assert set(PhoneCodeTry.objects.values_list("caller", flat=True)) == {"203.0.113.1", "203.0.113.2"}


def test_without_a_proxy_a_header_makes_no_new_caller(texts: Texts) -> None:
    code = asked(texts)
    for number in range(5):
        verify(other(code), headers={"X-Forwarded-For": f"203.0.113.{number}"})

    response = verify(code, headers={"X-Forwarded-For": "203.0.113.99"})

    assert response.status_code == 401
    assert not User.objects.exists()


def test_one_network_of_ipv6_is_one_caller(texts: Texts) -> None:
    code = asked(texts)
    for number in range(5):
        verify(other(code), REMOTE_ADDR=f"2001:db8:1:2::{number + 1}")

    same = verify(code, REMOTE_ADDR="2001:db8:1:2:ffff::1")
    another = verify(code, REMOTE_ADDR="2001:db8:1:3::1")

    assert (same.status_code, another.status_code) == (401, 200)


def test_a_code_is_used_once(texts: Texts) -> None:
    code = asked(texts)
    assert verify(code).status_code == 200

    response = verify(code)

    assert response.status_code == 401
    assert AuthSession.objects.count() == 1


@pytest.mark.parametrize(("left", "status"), [(timedelta(seconds=20), 200), (timedelta(0), 401), (timedelta(days=-1), 401)])
def test_a_code_holds_until_its_time_is_over(texts: Texts, left: timedelta, status: int) -> None:
    code = asked(texts)
    PhoneCode.objects.update(expires_at=timezone.now() + left)

    response = verify(code)

    assert response.status_code == status
    assert User.objects.count() == (1 if status == 200 else 0)


def test_a_new_code_ends_the_one_before(texts: Texts) -> None:
    old = asked(texts)
    new = asked(texts)
    while new == old:
        new = asked(texts)

    refused, taken = verify(old), verify(new)

    assert (refused.status_code, taken.status_code) == (401, 200)
    assert PhoneCode.objects.count() == 1


def test_a_new_code_has_tries_of_its_own(texts: Texts) -> None:
    fail(asked(texts), 6)

    response = verify(asked(texts))

    assert response.status_code == 200


def test_wrong_tries_at_one_number_leave_another_alone(texts: Texts) -> None:
    code = asked(texts)
    fail(asked(texts, OTHER), 6, phone=OTHER)

    assert verify(code).status_code == 200


@pytest.mark.parametrize("changed", [{"salt": "0" * 32}, {"phone": OTHER}], ids=str)
def test_what_is_kept_of_a_code_holds_for_its_salt_and_number_alone(texts: Texts, changed: dict[str, str]) -> None:
    code = asked(texts)
    PhoneCode.objects.update(**changed)

    response = verify(code, PhoneCode.objects.get().phone)

    assert response.status_code == 401
    assert not User.objects.exists()


def test_a_disabled_account_is_told_so_after_the_right_code_alone(texts: Texts) -> None:
    banned = make_user(phone=PHONE, is_active=False)
    code = asked(texts)

    wrong, right = verify(other(code)), verify(code)

    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_code")
    assert (right.status_code, right.json()["code"]) == (403, "account_disabled")
    assert not right.cookies
    banned.refresh_from_db()
    assert (banned.is_active, banned.phone_verified_at, banned.last_login) == (False, None, None)
    assert not AuthSession.objects.exists()
    assert verify(code).status_code == 401


def test_a_failed_try_is_on_record_without_the_number_and_the_code(texts: Texts) -> None:
    code = asked(texts)
    fail(code, 1, REMOTE_ADDR="203.0.113.7")

    event = AuthEvent.objects.get(event="code_failed")

    assert (event.user, event.ip) == (None, "203.0.113.7")
    assert PHONE[1:] not in str(event.detail)
    assert other(code) not in str(event.detail)


def test_a_new_account_is_on_record(texts: Texts) -> None:
    verify(asked(texts))

    user = User.objects.get()
    assert list(AuthEvent.objects.filter(user=user).values_list("event", flat=True)) == ["login_ok", "register"]
