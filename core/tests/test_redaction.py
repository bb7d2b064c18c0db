"""core.redaction: no secret in a log line"""

import logging
import sys
import time

import pytest

from core.redaction import MAX_LINE, RedactedFormatter, redact, shorten

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoxOX0.c2lnbmF0dXJl-_x"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"token {JWT} came", "token [hidden] came"),
        (f"Authorization: Bearer {JWT}", "Authorization: Bearer [hidden]"),
        ("GET /api/cart/?cart_token=1f0c8e0e-4711&x=1", "GET /api/cart/?cart_token=[hidden]&x=1"),
        ("{'password': 'a lamp', 'email': 'a@b.c'}", "{'password': [hidden], 'email': 'a@b.c'}"),
        ('{"refresh_token":"abc","mode":"token"}', '{"refresh_token":[hidden],"mode":"token"}'),
        ("X-Cart-Token=4711; sessionid=4712", "X-Cart-Token=[hidden]; sessionid=[hidden]"),
        ("verification_code=123456", "verification_code=[hidden]"),
        (f"cut {JWT[:30]}", "cut [hidden]"),
        (f"-{JWT}-eyJhbGciOiJIUzI1NiJ9", "-[hidden]"),
        ('password="never closed', "password=[hidden]"),
        ("heyJude and eyJ are words", "heyJude and eyJ are words"),
        ("an order of 3 lamps, request 1f0c8e0e", "an order of 3 lamps, request 1f0c8e0e"),
    ],
)
def test_what_looks_like_a_secret_is_blotted_out(line: str, expected: str) -> None:
    assert redact(line) == expected


def test_a_traceback_is_cleaned_too() -> None:
    try:
        raise ValueError(f"bad token {JWT}")
    except ValueError:
        record = logging.LogRecord("shop", logging.ERROR, "x.py", 1, "failed with %s", (JWT,), sys.exc_info())

    line = RedactedFormatter("{message}", style="{").format(record)

    assert JWT not in line
    assert "ValueError: bad token [hidden]" in line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\r\tc", "a\\x0ab\\x0d\\x09c"),
        ("\x1b[2J\x00\x7f\x9b", "\\x1b[2J\\x00\\x7f\\x9b"),
        ("a\u2028b\u2029c", "a\\u2028b\\u2029c"),
        ("\u202e\u2066\u200f\u061c\ufeff", "\\u202e\\u2066\\u200f\\u061c\\ufeff"),
        ("\udcff", "\\udcff"),
        ("Zoë मुंबई 🛒", "Zoë मुंबई 🛒"),
    ],
)
def test_control_characters_are_escaped(text: str, expected: str) -> None:
    assert redact(text) == expected


def test_a_line_is_cut() -> None:
    assert redact("a" * MAX_LINE) == "a" * MAX_LINE
    assert redact("a" * 100_000) == "a" * MAX_LINE + "… (100000 characters)"
    assert shorten("ab" * 200) == "ab" * 100 + "… (400 characters)"


def format_record(message: str, *args: object, error: Exception | None = None) -> str:
    """Return what the shop would log."""
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("shop", logging.ERROR, "x.py", 1, message, args, exc_info)
    return RedactedFormatter("{levelname} {message}", style="{").format(record)


def test_no_client_writes_a_line_of_its_own() -> None:
    line = format_record("at %s", "/x\nERROR all is well")
    traceback = format_record("at %s", "/x", error=ValueError("a\nERROR all is well"))

    assert line == "ERROR at /x\\x0aERROR all is well"
    assert [part for part in traceback.split("\n")[1:] if not part.startswith("  ")] == []
    assert traceback.endswith("\n  ValueError: a\n  ERROR all is well")


@pytest.mark.parametrize(
    "piece", ["-eyJ", "eyJaaaaa.", "token=", 'token="', "password  ", "authorization: bearer ", "\n", "\u202e"]
)
def test_the_cost_does_not_depend_on_what_is_logged(piece: str) -> None:
    def measure(length: int) -> float:
        text = piece * (length // len(piece))
        seconds = []
        for _ in range(3):
            start = time.process_time()
            format_record("%s", text)
            seconds.append(time.process_time() - start)
        return min(seconds)

    assert measure(1_000_000) < 10 * measure(MAX_LINE)
