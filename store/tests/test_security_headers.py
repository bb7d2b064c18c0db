"""The security headers of every response."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.tests.factories import make_access_token, make_user
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.once

API_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
ANSWERS: dict[str, Callable[[SchemaClient], Any]] = {
    "200": lambda api: api.get("/api/products/"),
    "200 cart": lambda api: api.get("/api/cart/"),
    "200 config": lambda api: api.get("/api/config/"),
    "200 probe": lambda api: api.get("/healthz"),
    "400": lambda api: api.post("/api/cart/add/", {}),
    "400 host": lambda api: api.get("/api/cart/", HTTP_HOST="evil.com"),
    "401": lambda api: api.get("/api/auth/me/"),
    "403": lambda api: api.post("/api/cart/add/", {}, HTTP_ORIGIN="http://evil.com"),
    "404 url": lambda api: api.get("/api/nothing/"),
    "404 thing": lambda api: api.get("/api/products/999999999/"),
    "405": lambda api: api.get("/api/cart/add/"),
    "415": lambda api: api.generic("POST", "/api/cart/add/", "a=1", content_type="text/plain"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_of_the_api_carries_them_all(api: SchemaClient, answer: str) -> None:
    response = ANSWERS[answer](api)

    assert str(response.status_code) == answer[:3]
    assert {name: response.headers.get(name) for name in API_HEADERS} == API_HEADERS
    assert "Server" not in response.headers
    assert "X-Powered-By" not in response.headers
    assert response["X-Request-ID"]


@pytest.mark.urls("core.tests.odd_urls")
@pytest.mark.parametrize("url", ["/api/raised/crash/", "/api/plain/crash/"])
def test_so_does_a_crash(client: Client, db: None, url: str) -> None:
    client.raise_request_exception = False

    response = client.get(url)

    assert response.status_code == 500
    assert {name: response.headers.get(name) for name in API_HEADERS} == API_HEADERS


@pytest.mark.parametrize(
    "url",
    ["/api/cart/", "/api/cart/summary/", "/api/auth/me/", "/api/orders/my/", "/api/orders/260101-abcdef/", "/healthz", "/readyz"],
)
def test_personal_answers_are_kept_by_no_cache(api: SchemaClient, url: str) -> None:
    api.bearer(make_access_token(make_user()))

    response = api.get(url)

    assert response["Cache-Control"] == "no-store"
    assert {"cookie", "authorization", "origin"} <= {name.strip().lower() for name in response["Vary"].split(",")}


@pytest.mark.parametrize(
    "url", ["/api/cart/add/", "/api/auth/login/", "/api/auth/register/", "/api/auth/logout/", "/api/orders/create/"]
)
def test_nor_is_the_answer_to_a_write(api: SchemaClient, url: str) -> None:
    response = api.post(url, {"email": "ada@example.com", "password": "a lamp on the hill"})

    assert response["Cache-Control"] == "no-store"
    assert {"cookie", "authorization", "origin"} <= {name.strip().lower() for name in response["Vary"].split(",")}


def test_the_configuration_may_be_cached(api: SchemaClient) -> None:
    assert api.get("/api/config/")["Cache-Control"] == "public, max-age=60"


def test_over_https_browsers_are_told_to_stay_there(db: None, settings: Settings) -> None:
    settings.SECURE_HSTS_SECONDS = 3600

    assert Client().get("/api/products/", secure=True)["Strict-Transport-Security"] == "max-age=3600"
    assert "Strict-Transport-Security" not in Client().get("/api/products/").headers


def test_probes_need_no_https(db: None, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    client = Client()

    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz/").status_code == 200
    assert client.get("/api/products/").status_code == 301


def test_the_admin_may_load_its_own_files_and_is_framed_by_nobody(client: Client, db: None) -> None:
    response = client.get("/admin/login/")

    assert response.status_code == 200
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert "no-store" in response["Cache-Control"]
