"""Requests for an unknown host."""

import logging

import pytest
from django.test import Client
from pytest_django import Settings

REFUSAL = {
    "success": False,
    "status": 400,
    "code": "bad_host",
    "message": "This host is not served here",
    "detail": "This host is not served here",
    "errors": {},
}


HOSTS = ["evil.com", "testserver.evil.com", "testserver:80:80", "a b", "testserver/", "", "é"]
PATHS = ["/api/products/", "/healthzz", "/nothing", "/admin/", "/static/admin/css/base.css", "/media/lamp.png"]


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("redirect", [False, True])
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("url", PATHS)
def test_it_is_refused_in_the_one_shape_and_leaves_one_line(
    client: Client,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    *,
    url: str,
    method: str,
    scheme: str,
    redirect: bool,
    debug: bool,
) -> None:
    settings.DEBUG = debug
    settings.SECURE_SSL_REDIRECT = redirect
    settings.ACCESS_LOG = True
    settings.ALLOWED_HOSTS = ["testserver"]
    caplog.set_level(logging.INFO)

    for host in HOSTS:
        caplog.clear()
        response = client.generic(method, url, secure=scheme == "https", headers={"Host": host, "Origin": "https://evil.com"})

        assert response.status_code == 400
        assert response["Content-Type"] == "application/json"
        assert response.json() == REFUSAL
        assert [(record.name, record.levelname, record.exc_info) for record in caplog.records] == [("shop.access", "INFO", None)]


@pytest.mark.parametrize("url", ["/healthz", "/readyz/", "/metrics"])
def test_a_write_to_a_probe_from_a_foreign_page_is_refused_under_any_host(client: Client, db: None, url: str) -> None:
    headers = {"Host": "10.0.0.1:8000", "Origin": "http://evil.com"}

    assert client.post(url, headers=headers).status_code == 403


def test_a_forwarded_host_is_not_believed(client: Client, db: None) -> None:
    response = client.get("/api/products/?page_size=1", HTTP_X_FORWARDED_HOST="evil.com")

    assert response.status_code == 200
    assert "evil.com" not in response.content.decode()
