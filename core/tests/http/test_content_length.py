"""Chunked request bodies, and the Content-Length of responses."""

from io import BytesIO
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from django.test.client import MULTIPART_CONTENT

from core.http.content_length import ContentLengthMiddleware

KB = 1024


def make_chunked_request(body: bytes, content_type: str = "application/json", meta: dict[str, Any] | None = None) -> HttpRequest:
    """Return a request as passed on by a server that decodes chunks itself."""
    request = RequestFactory().post("/", content_type=content_type, HTTP_TRANSFER_ENCODING="chunked")
    request.META.update({"CONTENT_LENGTH": "", "wsgi.input": BytesIO(body), "wsgi.input_terminated": True, **(meta or {})})
    return request


def echo(request: HttpRequest) -> HttpResponse:
    """Answer with the Content-Length and the body of the request."""
    return HttpResponse(request.META["CONTENT_LENGTH"].encode() + b" " + request.read())


def get_response(request: HttpRequest) -> HttpResponse:
    """Send a request through this middleware only."""
    return ContentLengthMiddleware(echo)(request)


def test_a_body_in_chunks_gets_its_length() -> None:
    assert get_response(make_chunked_request(b"{}")).content == b"2 {}"
    assert get_response(make_chunked_request(b"")).content == b"0 "


@pytest.mark.parametrize(("content_type", "limit"), [("application/json", 256 * KB), (MULTIPART_CONTENT, (5 * KB + 256) * KB)])
def test_no_more_is_read_than_the_shop_takes(content_type: str, limit: int) -> None:
    fits, too_large = make_chunked_request(b"x" * limit, content_type), make_chunked_request(b"x" * (limit + 9), content_type)

    assert (get_response(fits).status_code, get_response(too_large).status_code) == (200, 413)
    assert too_large.META["wsgi.input"].read() == b"x" * 8


def test_chunks_that_cannot_be_read_are_refused() -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("the caller is gone")

    assert get_response(make_chunked_request(b"", meta={"wsgi.input": Broken()})).status_code == 400


def test_a_server_that_reads_no_chunks_is_sent_none(client: Client) -> None:
    assert get_response(make_chunked_request(b"{}", meta={"wsgi.input_terminated": False})).status_code == 411


def test_a_response_says_how_long_it_is(rf: RequestFactory) -> None:
    responses = [HttpResponse(b"four"), HttpResponse(status=204), HttpResponseNotModified(), StreamingHttpResponse([b"four"])]

    def get_processed(response: HttpResponseBase) -> Any:
        return ContentLengthMiddleware(lambda _: response)(rf.get("/"))  # type: ignore[arg-type,return-value]  # as middleware is

    processed = [get_processed(response) for response in responses]

    assert [response.get("Content-Length") for response in processed] == ["4", None, None, None]
