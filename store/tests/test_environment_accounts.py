"""What the shop makes of the variables about limits, mails and text messages, and which values it refuses."""

import pytest
from environs import EnvError

from store.environment import DEFAULT_RATES, mail_backend, page_path, sms_backend, throttle_rates


def test_limits_are_calls_and_seconds() -> None:
    rates = throttle_rates("")

    assert set(rates) == set(DEFAULT_RATES)
    assert rates["login_ip"] == ((10, 60), (100, 3600))
    assert rates["login_account"] == ((10, 900),)
    assert rates["code_send_all"] == ((1000, 86400),)


def test_a_limit_of_ones_own_leaves_the_others() -> None:
    rates = throttle_rates(" login_ip=20/min;200/h , register=5/2d,")

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
        throttle_rates(text)


@pytest.mark.parametrize(
    ("given", "debug", "expected"),
    [
        ("", True, "console"),
        ("", False, ""),
        ("console", True, "console"),
        ("file", False, "file"),
        ("locmem", True, "locmem"),
        ("shop_sms.send", False, "shop_sms.send"),
    ],
)
def test_text_messages_leave_by_what_is_chosen(given: str, debug: bool, expected: str) -> None:
    assert sms_backend(given, "/var/sms", debug=debug) == expected


@pytest.mark.parametrize(("given", "path"), [("console", "/x"), ("file", ""), ("send", "/x"), ("a b.send", "/x"), (".send", "/x")])
def test_codes_are_not_printed_in_production_nor_sent_into_the_void(given: str, path: str) -> None:
    with pytest.raises(EnvError, match="SMS_"):
        sms_backend(given, path, debug=False)


@pytest.mark.parametrize(
    ("given", "host", "path", "expected"),
    [
        ("", "", "", "console"),
        ("", "mail.shop.example", "", "smtp"),
        ("console", "mail.shop.example", "", "console"),
        ("file", "", "/var/mails", "filebased"),
        ("smtp", "mail.shop.example", "", "smtp"),
    ],
)
def test_mails_leave_by_what_is_chosen(given: str, host: str, path: str, expected: str) -> None:
    assert mail_backend(given, host, path) == f"django.core.mail.backends.{expected}.EmailBackend"


@pytest.mark.parametrize("given", ["reset", "/reset", "//reset", " /reset "])
def test_a_page_begins_with_one_slash(given: str) -> None:
    assert page_path("RESET_PAGE", given) == "/reset"


@pytest.mark.parametrize("given", ["/a b", "/a?b", "/a#b", "https://evil.example/"])
def test_a_page_is_a_path_of_the_shop_front(given: str) -> None:
    with pytest.raises(EnvError, match="RESET_PAGE"):
        page_path("RESET_PAGE", given)
