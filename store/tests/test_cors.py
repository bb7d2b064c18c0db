"""CORS: every response of the API allows the shop front's origin and no other."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from store.tests.factories import EVIL, SHOP_FRONT
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.once

REQUESTED_HEADERS = "x-session-key,x-cart-token,x-market,x-order-token,idempotency-key,authorization,content-type"
ALSO_ALLOWED = {
    *("accept", "user-agent", "x-csrftoken", "x-requested-with", "x-request-id"),
    *("if-match", "if-none-match", "if-unmodified-since", "cache-control", "pragma"),
    *("sentry-trace", "baggage", "traceparent", "tracestate"),
}
EXPOSED = {"X-Session-Key", "X-Cart-Token", "X-Request-ID", "Retry-After", "ETag", "Idempotency-Replayed"}
REQUESTS: dict[str, Callable[[SchemaClient, str], Any]] = {
    "200": lambda api, origin: api.get("/api/products/", HTTP_ORIGIN=origin),
    "200 root": lambda api, origin: api.get("/cart", HTTP_ORIGIN=origin),
    "200 probe": lambda api, origin: api.get("/healthz", HTTP_ORIGIN=origin),
    "400": lambda api, origin: api.get("/api/products/?page_size=x", HTTP_ORIGIN=origin),
    "400 host": lambda api, origin: api.get("/api/cart/", HTTP_ORIGIN=origin, HTTP_HOST="evil.com"),
    "401": lambda api, origin: api.get("/api/auth/me/", HTTP_ORIGIN=origin),
    "404 url": lambda api, origin: api.get("/api/nothing/", HTTP_ORIGIN=origin),
    "404 thing": lambda api, origin: api.get("/api/products/999999999/", HTTP_ORIGIN=origin),
    "405": lambda api, origin: api.get("/api/cart/add/", HTTP_ORIGIN=origin),
}


def send_preflight(client: Client, url: str, origin: str, headers: str = REQUESTED_HEADERS, method: str = "POST") -> Any:
    """Send a CORS preflight request."""
    return client.options(
        url, HTTP_ORIGIN=origin, HTTP_ACCESS_CONTROL_REQUEST_METHOD=method, HTTP_ACCESS_CONTROL_REQUEST_HEADERS=headers
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET"])
@pytest.mark.parametrize("url", ["/api/cart/add/", "/cart/add", "/api/auth/me/", "/api/orders/create/", "/api/nothing/"])
def test_the_shop_front_may_send_all_headers_that_it_needs(client: Client, url: str, method: str) -> None:
    response = send_preflight(client, url, SHOP_FRONT, method=method)

    assert response.status_code in (200, 204)
    assert response["Access-Control-Allow-Origin"] == SHOP_FRONT
    assert response["Access-Control-Allow-Credentials"] == "true"
    assert {*REQUESTED_HEADERS.split(","), *ALSO_ALLOWED} <= set(response["Access-Control-Allow-Headers"].split(", "))
    assert method in response["Access-Control-Allow-Methods"].split(", ")


@pytest.mark.parametrize("answer", REQUESTS)
def test_the_shop_front_reads_answers_and_refusals(api: SchemaClient, answer: str) -> None:
    response = REQUESTS[answer](api, SHOP_FRONT)

    assert str(response.status_code) == answer[:3]
    assert response["Access-Control-Allow-Origin"] == SHOP_FRONT
    assert response["Access-Control-Allow-Credentials"] == "true"
    assert set(response["Access-Control-Expose-Headers"].split(", ")) == EXPOSED


@pytest.mark.urls("core.tests.odd_urls")
@pytest.mark.parametrize("url", ["/api/raised/crash/", "/api/plain/crash/", "/api/raised/database/", "/api/refused/too-large/"])
def test_the_shop_front_reads_crashes_too(client: Client, db: None, url: str) -> None:
    client.raise_request_exception = False

    response = client.get(url, HTTP_ORIGIN=SHOP_FRONT)

    assert response.status_code >= 413
    assert response["Access-Control-Allow-Origin"] == SHOP_FRONT
    assert response["Access-Control-Allow-Credentials"] == "true"


NOT_TRUSTED = [
    *(EVIL, "null", "", "*", f"{SHOP_FRONT}.evil.com", f"{SHOP_FRONT}0", "https://localhost:5173", "http://localhost"),
    *(f"{SHOP_FRONT}/", f"{SHOP_FRONT}/path", f"{SHOP_FRONT}?x", f"{SHOP_FRONT}#x", f" {SHOP_FRONT}", SHOP_FRONT.upper()),
    *("http://localhost:3999", "http://127.0.0.1:5173", "capacitor://localhost"),
    *("http://localhost:5173@evil.com", "http://[", "file://", "http://sub.localhost:5173", "http://testserver"),
]


@pytest.mark.parametrize("origin", NOT_TRUSTED)
@pytest.mark.parametrize("answer", REQUESTS)
def test_no_other_page_reads_anything(api: SchemaClient, answer: str, origin: str) -> None:
    response = REQUESTS[answer](api, origin)

    assert str(response.status_code) == answer[:3]
    assert "Access-Control-Allow-Origin" not in response.headers
    assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("origin", NOT_TRUSTED)
def test_no_other_page_passes_the_preflight(client: Client, origin: str) -> None:
    response = send_preflight(client, "/api/cart/add/", origin)

    assert "Access-Control-Allow-Origin" not in response.headers
    assert "Access-Control-Allow-Headers" not in response.headers


def test_a_listed_origin_is_echoed_exactly(client: Client, settings: Settings) -> None:
    settings.CORS_ALLOWED_ORIGINS = [SHOP_FRONT, "https://shop.example"]

    assert send_preflight(client, "/api/cart/", "https://shop.example")["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Access-Control-Allow-Origin" not in send_preflight(client, "/api/cart/", "https://shop.example.evil.com").headers


@pytest.mark.parametrize("origin", [SHOP_FRONT, EVIL])
@pytest.mark.parametrize("url", ["/admin/", "/admin/login/", "/static/admin/css/base.css"])
def test_admin_and_static_files_are_for_no_other_origin(client: Client, db: None, url: str, origin: str) -> None:
    with (
        closing(client.get(url, HTTP_ORIGIN=origin)) as response,
        closing(send_preflight(client, url, origin)) as preflight,
    ):
        assert "Access-Control-Allow-Origin" not in response.headers
        assert "Access-Control-Allow-Origin" not in preflight.headers


def test_a_cache_tells_origins_apart(api: SchemaClient) -> None:
    assert "origin" in api.get("/api/products/")["Vary"].lower()
    assert "origin" in api.get("/api/config/")["Vary"].lower()


@pytest.mark.parametrize("origin", ["capacitor://localhost", "tauri://localhost", "app://-"])
def test_an_app_is_allowed_and_trusted_if_it_is_listed(api: SchemaClient, settings: Settings, origin: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = settings.CSRF_TRUSTED_ORIGINS = [SHOP_FRONT, origin]

    assert send_preflight(api, "/api/cart/add/", origin)["Access-Control-Allow-Origin"] == origin
    assert api.post("/api/cart/add/", {"product_id": 0}, HTTP_ORIGIN=origin).status_code == 404
    assert "Access-Control-Allow-Origin" not in send_preflight(api, "/api/cart/add/", f"{origin}.evil.com").headers


@pytest.mark.parametrize(
    "origin",
    [
        *("http://localhost:3999", "http://127.0.0.1:8080", "http://localhost", "http://127.0.0.1", "https://localhost:3999"),
        *("http://[::1]:5173", "http://shop.localhost:3999", "http://127.0.0.2", "http://0.0.0.0:3000"),
    ],
)
def test_with_debug_every_port_of_this_machine_is_allowed_and_trusted(api: SchemaClient, settings: Settings, origin: str) -> None:
    body = {"product_id": 0}
    in_production = api.post("/api/cart/add/", body, HTTP_ORIGIN=origin)
    settings.DEBUG = True

    response = api.post("/api/cart/add/", body, HTTP_ORIGIN=origin)

    assert (in_production.status_code, in_production.json()["code"]) == (403, "csrf_failed")
    assert "Access-Control-Allow-Origin" not in in_production.headers
    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (404, origin)


@pytest.mark.parametrize(
    "origin",
    [
        *(
            "http://localhost:3999/",
            "http://localhost:3999/x",
            "http://localhost:3999.evil.com",
            "http://localhost.evil.com",
            "null",
        ),
        *(
            "http://localhost@evil.com",
            "http://evil.com@localhost",
            "http://localhost:80@evil.com",
            "http://[::1",
            "http://[::1].com",
        ),
        *("http://127.0.0.1.evil.com", "http://localhost:", "http://localhost:123456", "http://127x0x0x1", "http://evil-localhost"),
        *("http://localhost, http://evil.com", "http://localhost evil", "HTTP://LOCALHOST", "file://localhost", "ftp://localhost"),
        *("http://10.0.0.1", "http://192.168.1.20:5173"),
    ],
)
def test_with_debug_too_no_other_page_is(api: SchemaClient, settings: Settings, origin: str) -> None:
    settings.DEBUG = True

    response = api.post("/api/cart/add/", {"product_id": 0}, HTTP_ORIGIN=origin)

    assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")
    assert "Access-Control-Allow-Origin" not in response.headers
