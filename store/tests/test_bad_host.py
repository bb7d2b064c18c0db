"""Requests for an unknown host."""

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


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("host", ["evil.com", "testserver.evil.com", "testserver:80:80", "a b", "testserver/", "", "é"])
@pytest.mark.parametrize("url", ["/api/products/", "/healthzz", "/nothing"])
def test_it_is_refused_in_the_one_shape(client: Client, settings: Settings, url: str, host: str, debug: bool) -> None:
    settings.DEBUG = debug
    settings.ALLOWED_HOSTS = ["testserver"]

    response = client.get(url, HTTP_HOST=host)

    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"
    assert response.json() == REFUSAL


def test_a_forwarded_host_is_not_believed(client: Client, db: None) -> None:
    response = client.get("/api/products/?page_size=1", HTTP_X_FORWARDED_HOST="evil.com")

    assert response.status_code == 200
    assert "evil.com" not in response.content.decode()


def test_behind_a_redirect_to_https_it_is_refused_too(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True

    response = client.get("/api/products/", HTTP_HOST="evil.com")

    assert response.status_code == 400
    assert response["Content-Type"] == "application/json"
    assert response.json()["success"] is False
