"""core.redaction: no secret in a log line"""

import logging
import sys

import pytest

from core.redaction import RedactedFormatter, redact

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
