"""A body that does not arrive in time, or not at all: 408 and 400"""

import pytest
from django.http import UnreadablePostError
from django.test import RequestFactory

from core.http.content_length import read_chunked
from core.http.handlers import exception_handler


class SilentClient:
    """A body that never comes."""

    def read(self, size: int) -> bytes:
        """Wait in vain. Raises TimeoutError."""
        raise TimeoutError


def test_a_chunked_body_that_does_not_arrive_in_time_is_refused() -> None:
    request = RequestFactory().post("/api/cart/add/")
    request.META |= {"wsgi.input_terminated": True, "wsgi.input": SilentClient()}

    refusal = read_chunked(request)

    assert refusal is not None
    assert (refusal.status_code, b'"code":"request_timeout"' in refusal.content) == (408, True)


@pytest.mark.parametrize(("cause", "status", "code"), [(TimeoutError(), 408, "request_timeout"), (OSError(), 400, "bad_request")])
def test_a_body_that_cannot_be_read_is_refused(cause: OSError, status: int, code: str) -> None:
    error = UnreadablePostError()
    error.__cause__ = cause

    refusal = exception_handler(error, {})

    assert (refusal.status_code, refusal.data["code"]) == (status, code)
