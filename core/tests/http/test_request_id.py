"""X-Request-ID in every response and in the log."""

import io
import logging
import re

import pytest
from django.test import Client

from core.http.request_id import RequestIdFilter
from tests.schema_client import SchemaClient

MADE = re.compile(r"[0-9a-f]{32}")


@pytest.mark.parametrize("request_id", ["abc-1", "A.b_c-9", "x" * 64])
def test_a_sane_id_comes_back(client: Client, request_id: str) -> None:
    response = client.get("/healthz", HTTP_X_REQUEST_ID=request_id)

    assert response["X-Request-ID"] == request_id


@pytest.mark.parametrize("request_id", ["", "x" * 65, "a b", "a\nb", "a\n", "<b>", "é", "a;b", "٣"])
def test_an_insane_id_is_replaced(client: Client, request_id: str) -> None:
    response = client.get("/healthz", HTTP_X_REQUEST_ID=request_id)

    assert MADE.fullmatch(response["X-Request-ID"])


def test_without_one_each_request_gets_its_own(client: Client) -> None:
    first = client.get("/healthz")["X-Request-ID"]

    second = client.get("/healthz")["X-Request-ID"]

    assert MADE.fullmatch(first)
    assert MADE.fullmatch(second)
    assert first != second


def test_a_refusal_has_it_too(api: SchemaClient) -> None:
    assert api.get("/api/nothing/", HTTP_X_REQUEST_ID="abc-1")["X-Request-ID"] == "abc-1"
    assert api.get("/healthz", HTTP_HOST="evil.com", HTTP_X_REQUEST_ID="abc-2")["X-Request-ID"] == "abc-2"
    assert api.post("/api/cart/", HTTP_ORIGIN="http://evil.com", HTTP_X_REQUEST_ID="abc-3")["X-Request-ID"] == "abc-3"


def get_log_handler() -> "logging.StreamHandler[io.StringIO]":
    """Return the shop's log handler."""
    return next(
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler) and any(isinstance(item, RequestIdFilter) for item in handler.filters)
    )


def test_the_lines_of_the_log_carry_it(api: SchemaClient) -> None:
    handler, lines = get_log_handler(), io.StringIO()
    before = handler.setStream(lines)

    try:
        api.post("/api/cart/add/", {}, HTTP_ORIGIN="http://evil.com", HTTP_X_REQUEST_ID="abc-1")
        logging.getLogger("shop.origin").warning("after the request")
    finally:
        if before is not None:
            handler.setStream(before)

    first, second = lines.getvalue().splitlines()
    assert "WARNING shop.origin [abc-1] refused a write to /api/cart/add/" in first
    assert "WARNING shop.origin [-] after the request" in second
