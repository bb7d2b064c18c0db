"""core.json_logs: records for log collectors"""

import json
import logging
import sys
from typing import Any

from django.test import RequestFactory

from core.http.request_id import RequestIdFilter
from core.json_logs import RedactedJsonFormatter

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyX2lkIjoxOX0.c2lnbmF0dXJl-_x"


def write(message: str, *args: object, exc_info: Any = None, **extra: object) -> str:
    """Return the line of a record of the logger `shop`."""
    record = logging.getLogger("shop").makeRecord("shop", logging.WARNING, "x.py", 1, message, args, exc_info, extra=extra)
    record.created = 1_772_000_000.25
    RequestIdFilter().filter(record)
    return RedactedJsonFormatter().format(record)


def test_a_record_is_one_object_with_its_fields() -> None:
    assert json.loads(write("%s lamps", 3, user_id=7, route="/api/cart/")) == {
        "time": "2026-02-25T06:13:20.250000+00:00",
        "level": "WARNING",
        "logger": "shop",
        "request_id": "-",
        "message": "3 lamps",
        "user_id": 7,
        "route": "/api/cart/",
    }


def test_secrets_and_control_characters_are_hidden_in_every_field() -> None:
    fields = json.loads(write("token %s\nsecond line", JWT, route=f"/{JWT}"))

    assert fields["message"] == "token [hidden]\\x0asecond line"
    assert fields["route"] == "/[hidden]"


def test_the_request_that_django_adds_is_left_out_because_it_holds_the_query() -> None:
    request = RequestFactory().get("/api/products/?search=ada@example.com")

    fields = json.loads(write("refused", request=request, status_code=400))

    assert (fields["status_code"], "request" in fields) == (400, False)


def test_a_traceback_stays_in_the_line_and_is_cleaned() -> None:
    try:
        raise ValueError(f"bad token {JWT}")
    except ValueError:
        line = write("failed", exc_info=sys.exc_info())

    assert "\n" not in line
    assert json.loads(line)["exc_info"].endswith("ValueError: bad token [hidden]")
