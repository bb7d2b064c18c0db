"""Crashes and Django's own errors: the envelope, without internal details."""

import logging
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from core.tests.odd_urls import SECRET

pytestmark = [pytest.mark.urls("core.tests.odd_urls"), pytest.mark.django_db]
CRASHED = {
    "success": False,
    "status": 500,
    "code": "server_error",
    "message": "Something went wrong on our side",
    "detail": "Something went wrong on our side",
    "errors": {},
}
CRASHES = ["/api/raised/crash/", "/api/plain/crash/", "/api/unwritable/"]


@pytest.fixture
def shop(client: Client) -> Client:
    """A client that gets an error response for a crash instead of the exception."""
    client.raise_request_exception = False
    return client


@pytest.mark.sampled
@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("url", CRASHES)
def test_a_crash_is_a_500_in_the_one_shape_without_a_trace(shop: Client, settings: Settings, url: str, debug: bool) -> None:
    settings.DEBUG = debug

    response = shop.get(url)

    assert response.status_code == 500
    assert response["Content-Type"] == "application/json"
    assert response.json() == CRASHED


def test_a_crash_is_logged_with_its_trace(shop: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "shop.errors"):
        shop.get("/api/raised/crash/")

    record = next(record for record in caplog.records if record.name == "shop.errors")
    assert record.getMessage() == "RuntimeError at /api/raised/crash/"
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == SECRET


@pytest.mark.parametrize("url", ["/api/raised/database/", "/api/plain/database/"])
def test_a_database_that_does_not_answer_is_a_503(shop: Client, url: str) -> None:
    response = shop.get(url)

    assert response.status_code == 503
    assert response["Retry-After"] == "2"
    assert response.json()["code"] == "database_unavailable"
    assert SECRET not in response.content.decode()


@pytest.mark.sampled
@pytest.mark.parametrize("mount", ["raised", "plain"])
@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("missing", 404, "not_found"),
        ("denied", 403, "forbidden"),
        ("suspicious", 400, "bad_request"),
        ("too-big", 413, "too_large"),
    ],
)
@pytest.mark.parametrize("debug", [False, True])
def test_what_django_refuses_has_the_one_shape(
    shop: Client, settings: Settings, mount: str, what: str, status: int, code: str, debug: bool
) -> None:
    settings.DEBUG = debug

    response = shop.get(f"/api/{mount}/{what}/")

    body: dict[str, Any] = response.json()
    assert response.status_code == status
    sentence = body["message"]
    assert body == {"success": False, "status": status, "code": code, "message": sentence, "detail": sentence, "errors": {}}
    assert SECRET not in sentence


def test_an_address_without_a_view_is_a_404_where_no_pattern_catches_all(shop: Client) -> None:
    response = shop.get("/api/nowhere/")

    assert response.status_code == 404
    assert response.json() == {
        "success": False,
        "status": 404,
        "code": "not_found",
        "message": "Not found",
        "detail": "Not found",
        "errors": {},
    }


@pytest.mark.parametrize(("what", "status", "code"), [("crash", 500, "server_error"), ("suspicious", 400, "bad_request")])
def test_what_goes_wrong_outside_of_the_api_shows_nothing_of_the_inside(shop: Client, what: str, status: int, code: str) -> None:
    response = shop.get(f"/admin/plain/{what}/")

    assert response.status_code == status
    assert response.json()["code"] == code
    assert SECRET not in response.content.decode()
