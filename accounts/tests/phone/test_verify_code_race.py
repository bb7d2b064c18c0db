"""POST /api/auth/verify-code/, many at once"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import AuthEvent, AuthSession, PhoneCode, PhoneCodeTry, User
from accounts.tests.crowd import at_once
from accounts.tests.phones import PHONE, Texts, asked, other, send, texts_in, verify

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unthrottled")]


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Path) -> Texts:
    """Text messages go to a file."""
    return texts_in(tmp_path, settings)


def test_of_thirty_wrong_codes_of_one_caller_five_are_looked_at(texts: Texts) -> None:
    code = asked(texts)

    statuses = at_once(30, lambda number: verify(other(code, number + 1)).status_code)

    assert statuses == [401] * 30
    assert PhoneCode.objects.get().attempts == 5
    assert PhoneCodeTry.objects.get().attempts == 5
    assert verify(code).status_code == 401
    assert not User.objects.exists()


def test_of_thirty_wrong_codes_of_thirty_callers_ten_are_looked_at(texts: Texts) -> None:
    code = asked(texts)

    statuses = at_once(30, lambda number: verify(other(code, number + 1), REMOTE_ADDR=f"203.0.113.{number}").status_code)

    assert statuses == [401] * 30
    assert PhoneCode.objects.get().attempts == 10
    assert verify(code, REMOTE_ADDR="203.0.113.99").status_code == 401
    assert not User.objects.exists()


def test_of_eight_right_codes_one_signs_in(texts: Texts) -> None:
    code = asked(texts)

    statuses = at_once(8, lambda number: verify(code, REMOTE_ADDR=f"203.0.113.{number}").status_code)

    assert Counter(statuses) == {200: 1, 401: 7}
    assert User.objects.get().phone == PHONE
    assert AuthSession.objects.count() == 1


def test_of_eight_codes_asked_for_at_once_one_opens_the_account(texts: Texts) -> None:
    statuses = at_once(8, lambda number: send().status_code)

    assert statuses == [202] * 8
    assert AuthEvent.objects.filter(event="code_sent").count() == 8
    opened = [verify(text["text"][:6], REMOTE_ADDR=f"203.0.113.{number}").status_code for number, text in enumerate(texts.all())]
    assert Counter(opened) == {200: 1, 401: 7}
    assert User.objects.count() == 1


def test_a_code_that_is_replaced_while_it_is_tried_is_refused(texts: Texts) -> None:
    code = asked(texts)

    def replaced(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith(("BEGIN", "INSERT")) and len(texts.all()) == 1:  # it has been read, and its first try begins
            at_once(1, lambda number: send())
        return execute(sql, *rest)

    with connection.execute_wrapper(replaced):
        response = verify(code)

    assert response.status_code == 401
    assert not User.objects.exists()
    assert verify(texts.code()).status_code == 200
