"""How the shop parses the variables for limits, e-mails and text messages, and which values it rejects."""

import pytest
from environs import EnvError

from store.environment import DEFAULT_RATES, parse_email_backend, parse_page_path, parse_sms_backend, parse_throttle_rates


def test_limits_are_calls_and_seconds() -> None:
    rates = parse_throttle_rates("")

    assert set(rates) == set(DEFAULT_RATES)
    assert rates["login_ip"] == ((10, 60), (100, 3600))
    assert rates["login_account"] == ((10, 900),)
    assert rates["code_send_all"] == ((1000, 86400),)


def test_a_limit_of_ones_own_leaves_the_others() -> None:
    rates = parse_throttle_rates(" login_ip=20/min;200/h , register=5/2d,")

    assert rates["login_ip"] == ((20, 60), (200, 3600))
    assert rates["register"] == ((5, 172800),)
    assert rates["google"] == ((20, 60),)


@pytest.mark.parametrize(
    "text",
    [
        "login=1/min",
        "login_ip",
        "login_ip=",
        "login_ip=0/min",
        "login_ip=1/",
        "login_ip=1/week",
        "login_ip=-1/min",
        "login_ip=1/0min",
    ],
)
def test_other_limits_are_refused(text: str) -> None:
    with pytest.raises(EnvError, match="THROTTLE_RATES"):
        parse_throttle_rates(text)


@pytest.mark.parametrize(
    ("value", "debug", "expected"),
    [
        ("", True, "console"),
        ("", False, ""),
        ("console", True, "console"),
        ("file", False, "file"),
        ("locmem", True, "locmem"),
        ("shop_sms.send", False, "shop_sms.send"),
    ],
)
def test_text_messages_leave_by_what_is_chosen(value: str, debug: bool, expected: str) -> None:
    assert parse_sms_backend(value, "/var/sms", debug=debug) == expected


@pytest.mark.parametrize(("value", "path"), [("console", "/x"), ("file", ""), ("send", "/x"), ("a b.send", "/x"), (".send", "/x")])
def test_codes_are_not_printed_in_production_nor_sent_into_the_void(value: str, path: str) -> None:
    with pytest.raises(EnvError, match="SMS_"):
        parse_sms_backend(value, path, debug=False)


@pytest.mark.parametrize(
    ("value", "host", "path", "expected"),
    [
        ("", "", "", "core.mail_backends.console"),
        ("", "mail.shop.example", "", "django.core.mail.backends.smtp"),
        ("console", "mail.shop.example", "", "core.mail_backends.console"),
        ("file", "", "/var/mails", "django.core.mail.backends.filebased"),
        ("smtp", "mail.shop.example", "", "django.core.mail.backends.smtp"),
    ],
)
def test_mails_leave_by_what_is_chosen(value: str, host: str, path: str, expected: str) -> None:
    assert parse_email_backend(value, host, path) == f"{expected}.EmailBackend"


@pytest.mark.parametrize("value", ["reset", "/reset", "//reset", " /reset "])
def test_a_page_begins_with_one_slash(value: str) -> None:
    assert parse_page_path("RESET_PAGE", value) == "/reset"


@pytest.mark.parametrize("value", ["/a b", "/a?b", "/a#b", "https://evil.example/"])
def test_a_page_is_a_path_of_the_shop_front(value: str) -> None:
    with pytest.raises(EnvError, match="RESET_PAGE"):
        parse_page_path("RESET_PAGE", value)
