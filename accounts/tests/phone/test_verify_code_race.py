"""POST /api/auth/verify-code/ with concurrent requests"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import AuthEvent, AuthSession, PhoneCode, PhoneCodeTry, User
from accounts.tests.concurrency import run_concurrently
from accounts.tests.phones import PHONE, SentTexts, make_wrong_code, request_code, send_code, use_sms_file, verify_code

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Path) -> SentTexts:
    """Write text messages to a file."""
    return use_sms_file(tmp_path, settings)


def test_of_thirty_wrong_codes_of_one_caller_five_are_looked_at(texts: SentTexts) -> None:
    code = request_code(texts)

    statuses = run_concurrently(30, lambda number: verify_code(make_wrong_code(code, number + 1)).status_code)

    assert statuses == [401] * 30
    assert PhoneCode.objects.get().attempts == 5
    assert PhoneCodeTry.objects.get().attempts == 5
    assert verify_code(code).status_code == 401
    assert not User.objects.exists()


def test_of_thirty_wrong_codes_of_thirty_callers_ten_are_looked_at(texts: SentTexts) -> None:
    code = request_code(texts)

    statuses = run_concurrently(
        30, lambda number: verify_code(make_wrong_code(code, number + 1), REMOTE_ADDR=f"203.0.113.{number}").status_code
    )

    assert statuses == [401] * 30
    assert PhoneCode.objects.get().attempts == 10
    assert verify_code(code, REMOTE_ADDR="203.0.113.99").status_code == 401
    assert not User.objects.exists()


def test_of_eight_right_codes_one_signs_in(texts: SentTexts) -> None:
    code = request_code(texts)

    statuses = run_concurrently(8, lambda number: verify_code(code, REMOTE_ADDR=f"203.0.113.{number}").status_code)

    assert Counter(statuses) == {200: 1, 401: 7}
    assert User.objects.get().phone == PHONE
    assert AuthSession.objects.count() == 1


def test_of_eight_codes_asked_for_at_once_one_opens_the_account(texts: SentTexts) -> None:
    statuses = run_concurrently(8, lambda number: send_code().status_code)

    assert statuses == [202] * 8
    assert AuthEvent.objects.filter(event="code_sent").count() == 8
    opened = [
        verify_code(text["text"][:6], REMOTE_ADDR=f"203.0.113.{number}").status_code for number, text in enumerate(texts.all())
    ]
    assert Counter(opened) == {200: 1, 401: 7}
    assert User.objects.count() == 1


def test_a_code_that_is_replaced_while_it_is_tried_is_refused(texts: SentTexts) -> None:
    code = request_code(texts)

    def replace_code(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith(("BEGIN", "INSERT")) and len(texts.all()) == 1:  # the code has been read, and its first try begins
            run_concurrently(1, lambda number: send_code())
        return execute(sql, *rest)

    with connection.execute_wrapper(replace_code):
        response = verify_code(code)

    assert response.status_code == 401
    assert not User.objects.exists()
    assert verify_code(texts.code()).status_code == 200
