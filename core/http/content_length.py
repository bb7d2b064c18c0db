"""Gives every body a Content-Length. Chunked request bodies are read here, within the shop's limits, before any other code runs.

Django and the REST framework treat a request without Content-Length as empty. Buffering proxies send the header; tunnels and
some clients send chunked bodies (RFC 9112 §7.1).
"""

from collections.abc import Callable
from io import BytesIO

from django.http import HttpRequest, HttpResponse

from core.characters import parse_whole_number
from core.http.envelope import refuse
from core.limits import MAX_BODY, MAX_FILE

TIMEOUT_MESSAGE = "The request did not arrive in time"
WITHOUT_BODY = frozenset((204, 304))


def get_content_length(request: HttpRequest) -> int | None:
    """Return the size of the body that the client announces, in bytes; 0 without a header, None if it is not a number."""
    return parse_whole_number(request.META.get("CONTENT_LENGTH") or "0")


class ContentLengthMiddleware:
    """Reads chunked requests, and sets the Content-Length of responses."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        is_chunked = meta.get("HTTP_TRANSFER_ENCODING") and not meta.get("CONTENT_LENGTH")
        response = (read_chunked(request) if is_chunked else None) or self.get_response(request)
        if not response.streaming and response.status_code not in WITHOUT_BODY:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response


def read_chunked(request: HttpRequest) -> HttpResponse | None:
    """Read the body up to the limit and set its length. Return a refusal if it is malformed or too large."""
    if not request.META.get("wsgi.input_terminated"):  # Django's development server does not decode chunks
        return refuse(411, "length_required", "Send the body with its Content-Length")
    is_upload = request.META.get("CONTENT_TYPE", "").startswith("multipart/form-data")
    limit = MAX_BODY + MAX_FILE if is_upload else MAX_BODY
    try:
        body = request.META["wsgi.input"].read(limit + 1)
    except TimeoutError:
        return refuse(408, "request_timeout", TIMEOUT_MESSAGE)
    except Exception:  # noqa: BLE001 - each server raises its own errors for malformed chunks and disconnected clients
        return refuse(400, "bad_request", "The request cannot be read")
    if len(body) > limit:
        return refuse(413, "too_large", f"The request body is larger than {limit // 1024} KB")
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._stream = BytesIO(body)  # the stream that WSGIRequest reads
    return None
