"""What the web server answers to a request that never reaches the shop, in the shape of every other refusal."""

from http import HTTPStatus
from uuid import uuid4

from gunicorn.http import errors

from core.http.envelope import encode, failure
from core.http.openapi.refusals import BAD_REQUEST, HEADERS_TOO_LARGE, SERVER_ERROR, URL_TOO_LONG, RefusalInfo

# By exception, the first that fits; anything else is a fault of the server. RFC 9110 and RFC 9112 name the statuses.
REFUSALS: tuple[tuple[type[Exception], int, RefusalInfo], ...] = (
    (errors.InvalidResponseHeader, 500, SERVER_ERROR),
    (errors.InvalidResponseHeaderName, 500, SERVER_ERROR),
    (errors.ConfigurationProblem, 500, SERVER_ERROR),
    (errors.LimitRequestLine, 414, URL_TOO_LONG),
    (errors.LimitRequestHeaders, 431, HEADERS_TOO_LARGE),
    (errors.ExpectationFailed, 417, BAD_REQUEST),
    (errors.UnsupportedTransferCoding, 501, BAD_REQUEST),
    (errors.ParseException, 400, BAD_REQUEST),
    (OSError, 400, BAD_REQUEST),  # of TLS; gunicorn ignores all others
)


def find_refusal(exc: BaseException) -> tuple[int, RefusalInfo]:
    """Return the status and the description of the refusal of a request that the server cannot process."""
    return next(((status, info) for kind, status, info in REFUSALS if isinstance(exc, kind)), (500, SERVER_ERROR))


def build_response(status: int, info: RefusalInfo) -> tuple[str, bytes]:
    """Return the id of the request and the bytes of the response, which quote nothing of the request."""
    request_id, body = uuid4().hex, encode(failure(status, info.code, info.message))
    lines = (
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"X-Request-ID: {request_id}",
        "Connection: close",
    )
    return request_id, "\r\n".join((*lines, "", "")).encode() + body
