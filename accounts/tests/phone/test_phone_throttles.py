"""Rate limits of POST /api/auth/send-code/ and verify-code/"""

from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import PhoneCode, User
from accounts.tests.phones import OTHER_PHONE, PHONE, SentTexts, make_wrong_code, request_code, send_code, use_sms_file, verify_code

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Path) -> SentTexts:
    """Write text messages to a file."""
    return use_sms_file(tmp_path, settings)


def set_rates(settings: Settings, **scopes: tuple[tuple[int, int], ...]) -> None:
    """Override the rates of some scopes."""
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, **scopes}


def is_throttled(response: Any, max_wait: int) -> bool:
    """Return whether the response is a complete 429 with a wait of at most `max_wait` seconds."""
    body = response.json()
    wait = int(response.headers.get("Retry-After", 0))
    return bool(response.status_code == 429 and body["code"] == "throttled" and 0 < wait <= max_wait)


def test_the_numbers_are_those_of_the_papers(settings: Settings) -> None:
    scopes = ("code_send", "code_send_ip", "code_send_all", "code_verify")

    rates = {scope: tuple(settings.THROTTLE_RATES[scope]) for scope in scopes}

    assert rates == {
        "code_send": ((1, 60), (5, 3600)),
        "code_send_ip": ((20, 3600),),
        "code_send_all": ((1000, 86400),),
        "code_verify": ((10, 600),),
    }


def test_a_second_code_within_a_minute_is_refused_and_the_first_stays_good(texts: SentTexts) -> None:
    code = request_code(texts)

    response = send_code("+1 (312) 805-9851")

    assert is_throttled(response, 60)
    assert len(texts.all()) == 1
    assert code not in response.content.decode()
    assert verify_code(code).status_code == 200


def test_another_number_may_have_one_in_the_same_minute(texts: SentTexts) -> None:
    assert [send_code(phone).status_code for phone in (PHONE, OTHER_PHONE)] == [202, 202]
    assert len(texts.all()) == 2


def test_the_sixth_code_of_an_hour_is_refused(settings: Settings, texts: SentTexts) -> None:
    set_rates(settings, code_send=((5, 3600),))

    responses = [send_code() for _ in range(6)]

    assert [response.status_code for response in responses] == [202] * 5 + [429]
    assert is_throttled(responses[-1], 3600)
    assert len(texts.all()) == 5


def test_one_caller_gets_twenty_an_hour_whatever_the_number(texts: SentTexts) -> None:
    responses = [send_code(f"+131280598{number}") for number in range(10, 31)]

    assert [response.status_code for response in responses] == [202] * 20 + [429]
    assert is_throttled(responses[-1], 3600)
    assert len(texts.all()) == 20
    assert send_code("+13128059899", REMOTE_ADDR="203.0.113.9").status_code == 202


def test_the_whole_shop_sends_no_more_than_its_day_allows(settings: Settings, texts: SentTexts) -> None:
    set_rates(settings, code_send_all=((3, 86400),))

    responses = [send_code(f"+1312805985{number}", REMOTE_ADDR=f"203.0.113.{number}") for number in range(4)]

    assert [response.status_code for response in responses] == [202] * 3 + [429]
    assert is_throttled(responses[-1], 86400)
    assert len(texts.all()) == 3
    assert PhoneCode.objects.count() == 3


def test_what_was_refused_for_its_number_does_not_use_up_the_day(settings: Settings) -> None:
    set_rates(settings, code_send_all=((2, 86400),))
    for _ in range(5):
        send_code()

    assert send_code(OTHER_PHONE).status_code == 202


def test_a_header_of_forwarding_is_not_believed_without_a_proxy(settings: Settings, texts: SentTexts) -> None:
    set_rates(settings, code_send_ip=((1, 3600),))

    responses = [
        send_code(phone, headers={"X-Forwarded-For": ip}) for phone, ip in ((PHONE, "203.0.113.1"), (OTHER_PHONE, "203.0.113.2"))
    ]

    assert [response.status_code for response in responses] == [202, 429]
    assert len(texts.all()) == 1


def test_behind_a_proxy_its_own_entry_counts_and_no_other(settings: Settings) -> None:
    set_rates(settings, code_send_ip=((1, 3600),))
    settings.TRUSTED_PROXIES = 1
    hops = ("1.1.1.1, 203.0.113.1", "2.2.2.2, 203.0.113.1", "1.1.1.1, 203.0.113.2")

    responses = [send_code(f"+1312805985{number}", headers={"X-Forwarded-For": hop}) for number, hop in enumerate(hops)]

    assert [response.status_code for response in responses] == [202, 429, 202]


def test_ten_tries_in_ten_minutes_are_all_that_a_number_gets(settings: Settings, texts: SentTexts) -> None:
    set_rates(settings, code_send=((100, 60),))
    code = request_code(texts)
    for number in range(10):
        assert verify_code(make_wrong_code(code, number + 1), REMOTE_ADDR=f"203.0.113.{number}").status_code == 401
    code = request_code(texts)

    response = verify_code(code)

    assert is_throttled(response, 600)
    assert not User.objects.exists()
    assert PhoneCode.objects.get().attempts == 0


def test_without_throttles_the_tries_of_a_code_are_limited_still(unthrottled: None, texts: SentTexts) -> None:
    code = request_code(texts)
    for number in range(5):
        verify_code(make_wrong_code(code, number + 1))

    response = verify_code(code)

    assert response.status_code == 401
    assert not User.objects.exists()
