"""X-Request-ID: on every answer, and in the log."""

import io
import logging
import re

import pytest
from django.test import Client

from core.http.request_id import RequestIdFilter
from tests.schema_client import SchemaClient

MADE = re.compile(r"[0-9a-f]{32}")


@pytest.mark.parametrize("given", ["abc-1", "A.b_c-9", "x" * 64])
def test_a_sane_id_comes_back(client: Client, given: str) -> None:
    response = client.get("/healthz", HTTP_X_REQUEST_ID=given)

    assert response["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "a b", "a\nb", "a\n", "<b>", "é", "a;b", "٣"])
def test_an_insane_id_is_replaced(client: Client, given: str) -> None:
    response = client.get("/healthz", HTTP_X_REQUEST_ID=given)

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


def shop_log() -> "logging.StreamHandler[io.StringIO]":
    """Return the handler that writes the shop's log."""
    return next(
        handler
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.StreamHandler) and any(isinstance(one, RequestIdFilter) for one in handler.filters)
    )


def test_the_lines_of_the_log_carry_it(api: SchemaClient) -> None:
    handler, lines = shop_log(), io.StringIO()
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
