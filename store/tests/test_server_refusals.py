"""The refusals of the web server itself; tests/startup/test_slow_clients.py has them over sockets"""

import json
import ssl

import pytest
from gunicorn.http import errors

from store.server_refusals import build_response, find_refusal

REFUSALS: list[tuple[Exception, int, str]] = [
    (errors.InvalidRequestLine("<b>"), 400, "bad_request"),
    (errors.InvalidHeader("<b>"), 400, "bad_request"),
    (errors.ExpectationFailed("<b>"), 417, "bad_request"),
    (errors.UnsupportedTransferCoding("<b>"), 501, "bad_request"),
    (errors.LimitRequestLine(9000, 8190), 414, "url_too_long"),
    (errors.LimitRequestHeaders("<b>"), 431, "headers_too_large"),
    (ssl.SSLError("<b>"), 400, "bad_request"),
    (errors.InvalidResponseHeader("<b>"), 500, "server_error"),
    (errors.InvalidResponseHeaderName("<b>"), 500, "server_error"),
    (errors.ConfigurationProblem("<b>"), 500, "server_error"),
    (ValueError("<b>"), 500, "server_error"),
]


@pytest.mark.parametrize(("exc", "status", "code"), REFUSALS, ids=lambda value: type(value).__name__)
def test_a_refusal_has_a_status_and_a_code_and_quotes_nothing(exc: Exception, status: int, code: str) -> None:
    request_id, response = build_response(*find_refusal(exc))

    head, _, body = response.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert head.split(b"\r\n")[1:] == [
        b"Content-Type: application/json",
        b"Content-Length: %d" % len(body),
        b"X-Request-ID: " + request_id.encode(),
        b"Connection: close",
    ]
    assert (json.loads(body)["status"], json.loads(body)["code"]) == (status, code)
    assert b"<b>" not in response


def test_each_has_an_id_of_its_own() -> None:
    refusal = find_refusal(errors.InvalidRequestLine("x"))

    assert build_response(*refusal)[0] != build_response(*refusal)[0]
