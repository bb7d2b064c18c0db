"""How often and how long a code is valid: POST /api/auth/verify-code/"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuthEvent, AuthSession, PhoneCode, PhoneCodeTry, User
from accounts.tests.factories import make_user
from accounts.tests.phones import OTHER_PHONE, PHONE, SentTexts, make_wrong_code, request_code, use_sms_file, verify_code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Path) -> SentTexts:
    """Write text messages to a file."""
    return use_sms_file(tmp_path, settings)


def try_wrong_codes(code: str, times: int, **extra: str) -> None:
    """Try wrong codes."""
    for number in range(times):
        assert verify_code(make_wrong_code(code, number + 1), **extra).status_code == 401


def test_after_four_wrong_tries_the_right_code_signs_in(texts: SentTexts) -> None:
    code = request_code(texts)
    try_wrong_codes(code, 4)

    response = verify_code(code)

    assert response.status_code == 200


def test_after_five_wrong_tries_the_right_code_is_worth_nothing(texts: SentTexts) -> None:
    code = request_code(texts)
    try_wrong_codes(code, 5)

    response = verify_code(code)

    assert response.status_code == 401
    assert response.json()["code"] == "invalid_code"
    assert not User.objects.exists()
    assert PhoneCode.objects.get().attempts == 5
    assert PhoneCodeTry.objects.get().attempts == 5
    assert AuthEvent.objects.filter(event="code_failed").count() == 6


def test_one_callers_wrong_tries_do_not_shut_another_out(texts: SentTexts) -> None:
    code = request_code(texts)
    try_wrong_codes(code, 7, REMOTE_ADDR="203.0.113.1")

    response = verify_code(code, REMOTE_ADDR="203.0.113.2")

    assert response.status_code == 200
    assert PhoneCode.objects.get().attempts == 6


def test_after_ten_wrong_tries_of_all_callers_the_code_is_worth_nothing(texts: SentTexts) -> None:
    code = request_code(texts)
    try_wrong_codes(code, 5, REMOTE_ADDR="203.0.113.1")
    try_wrong_codes(code, 5, REMOTE_ADDR="203.0.113.2")

    response = verify_code(code, REMOTE_ADDR="203.0.113.3")

    assert response.status_code == 401
    assert not User.objects.exists()
    assert PhoneCode.objects.get().attempts == 10


def test_nine_wrong_tries_of_all_callers_leave_one(texts: SentTexts) -> None:
    code = request_code(texts)
    try_wrong_codes(code, 5, REMOTE_ADDR="203.0.113.1")
    try_wrong_codes(code, 4, REMOTE_ADDR="203.0.113.2")

    assert verify_code(code, REMOTE_ADDR="203.0.113.3").status_code == 200


def test_behind_a_proxy_callers_are_told_apart_by_what_it_has_seen(settings: Settings, texts: SentTexts) -> None:
    settings.TRUSTED_PROXIES = 1
    code = request_code(texts)
    for number in range(5):
        assert (
            verify_code(make_wrong_code(code), headers={"X-Forwarded-For": f"198.51.100.{number}, 203.0.113.1"}).status_code == 401
        )

    same = verify_code(code, headers={"X-Forwarded-For": "198.51.100.77, 203.0.113.1"})
    another = verify_code(code, headers={"X-Forwarded-For": "198.51.100.77, 203.0.113.2"})

    assert (same.status_code, another.status_code) == (401, 200)
    assert set(PhoneCodeTry.objects.values_list("caller", flat=True)) == {"203.0.113.1", "203.0.113.2"}


def test_without_a_proxy_a_header_makes_no_new_caller(texts: SentTexts) -> None:
    code = request_code(texts)
    for number in range(5):
        verify_code(make_wrong_code(code), headers={"X-Forwarded-For": f"203.0.113.{number}"})

    response = verify_code(code, headers={"X-Forwarded-For": "203.0.113.99"})

    assert response.status_code == 401
    assert not User.objects.exists()


def test_one_network_of_ipv6_is_one_caller(texts: SentTexts) -> None:
    code = request_code(texts)
    for number in range(5):
        verify_code(make_wrong_code(code), REMOTE_ADDR=f"2001:db8:1:2::{number + 1}")

    same = verify_code(code, REMOTE_ADDR="2001:db8:1:2:ffff::1")
    another = verify_code(code, REMOTE_ADDR="2001:db8:1:3::1")

    assert (same.status_code, another.status_code) == (401, 200)


def test_a_code_is_used_once(texts: SentTexts) -> None:
    code = request_code(texts)
    assert verify_code(code).status_code == 200

    response = verify_code(code)

    assert response.status_code == 401
    assert AuthSession.objects.count() == 1


@pytest.mark.parametrize(("remaining", "status"), [(timedelta(seconds=20), 200), (timedelta(0), 401), (timedelta(days=-1), 401)])
def test_a_code_holds_until_its_time_is_over(texts: SentTexts, remaining: timedelta, status: int) -> None:
    code = request_code(texts)
    PhoneCode.objects.update(expires_at=timezone.now() + remaining)

    response = verify_code(code)

    assert response.status_code == status
    assert User.objects.count() == (1 if status == 200 else 0)


def test_a_new_code_ends_the_one_before(texts: SentTexts) -> None:
    old = request_code(texts)
    new = request_code(texts)
    while new == old:
        new = request_code(texts)

    refused, taken = verify_code(old), verify_code(new)

    assert (refused.status_code, taken.status_code) == (401, 200)
    assert PhoneCode.objects.count() == 1


def test_a_new_code_has_tries_of_its_own(texts: SentTexts) -> None:
    try_wrong_codes(request_code(texts), 6)

    response = verify_code(request_code(texts))

    assert response.status_code == 200


def test_wrong_tries_at_one_number_leave_another_alone(texts: SentTexts) -> None:
    code = request_code(texts)
    try_wrong_codes(request_code(texts, OTHER_PHONE), 6, phone=OTHER_PHONE)

    assert verify_code(code).status_code == 200


@pytest.mark.parametrize("changed", [{"salt": "0" * 32}, {"phone": OTHER_PHONE}], ids=str)
def test_what_is_kept_of_a_code_holds_for_its_salt_and_number_alone(texts: SentTexts, changed: dict[str, str]) -> None:
    code = request_code(texts)
    PhoneCode.objects.update(**changed)

    response = verify_code(code, PhoneCode.objects.get().phone)

    assert response.status_code == 401
    assert not User.objects.exists()


def test_a_disabled_account_is_told_so_after_the_right_code_alone(texts: SentTexts) -> None:
    banned = make_user(phone=PHONE, is_active=False)
    code = request_code(texts)

    wrong, right = verify_code(make_wrong_code(code)), verify_code(code)

    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_code")
    assert (right.status_code, right.json()["code"]) == (403, "account_disabled")
    assert not right.cookies
    banned.refresh_from_db()
    assert (banned.is_active, banned.phone_verified_at, banned.last_login) == (False, None, None)
    assert not AuthSession.objects.exists()
    assert verify_code(code).status_code == 401


def test_a_failed_try_is_on_record_without_the_number_and_the_code(texts: SentTexts) -> None:
    code = request_code(texts)
    try_wrong_codes(code, 1, REMOTE_ADDR="203.0.113.7")

    event = AuthEvent.objects.get(event="code_failed")

    assert (event.user, event.ip) == (None, "203.0.113.7")
    assert PHONE[1:] not in str(event.detail)
    assert make_wrong_code(code) not in str(event.detail)


def test_a_new_account_is_on_record(texts: SentTexts) -> None:
    verify_code(request_code(texts))

    user = User.objects.get()
    assert list(AuthEvent.objects.filter(user=user).values_list("event", flat=True)) == ["login_ok", "register"]
