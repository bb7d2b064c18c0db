"""Unknown URLs, and methods that a route does not support."""

import pytest
from pytest_django import Settings

from tests.schema_client import SchemaClient

pytestmark = pytest.mark.once

NOT_FOUND = {"success": False, "status": 404, "code": "not_found", "message": "Not found", "detail": "Not found", "errors": {}}
NOWHERE = [
    *("/", "/api", "/api/", "/nothing", "/api/nothing/", "/api/cart/nothing/", "/api/cart//", "/api/orders/my/1/"),
    *("/api/products/1/2/", "/api/auth/", "/index.php", "/media/", "/.env", "/api/%00/", "/api/%ff/"),
]


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("url", NOWHERE)
def test_an_unknown_address_is_a_404_in_the_one_shape(api: SchemaClient, settings: Settings, url: str, debug: bool) -> None:
    settings.DEBUG = debug

    read, write = api.get(url), api.post(url, {"a": 1})

    assert (read.status_code, read.json()) == (404, NOT_FOUND)
    assert (write.status_code, write.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_by_any_method(api: SchemaClient, method: str) -> None:
    response = getattr(api, method)("/api/nothing/")

    assert (response.status_code, response.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize(
    "url", ["/api/products/%00/", "/api/products/lamp%00/", "/api/products/%ff/", "/api/products/99999999999999999999/"]
)
def test_a_product_that_no_name_can_mean_is_a_404(api: SchemaClient, url: str) -> None:
    response = api.get(url)

    assert response.status_code == 404
    assert response.json()["errors"] == {}


@pytest.mark.parametrize(
    ("method", "url", "allowed"),
    [
        ("DELETE", "/api/products/", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("GET", "/api/cart/add/", {"POST", "OPTIONS"}),
        ("GET", "/api/cart/items/", {"POST", "OPTIONS"}),
        ("GET", "/api/cart/update/", {"PATCH", "POST", "PUT", "OPTIONS"}),
        ("GET", "/api/cart/remove/7/", {"DELETE", "POST", "OPTIONS"}),
        ("PATCH", "/api/cart/clear/", {"DELETE", "POST", "OPTIONS"}),
        ("POST", "/api/cart/summary/", {"GET", "HEAD", "OPTIONS"}),
        ("PUT", "/api/auth/login/", {"POST", "OPTIONS"}),
        ("GET", "/api/auth/logout/", {"POST", "OPTIONS"}),
        ("GET", "/api/orders/create/", {"POST", "OPTIONS"}),
        ("GET", "/api/order/create/", {"POST", "OPTIONS"}),
        ("POST", "/api/config/", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_method_that_a_route_does_not_know_is_a_405_that_names_those_it_knows(
    api: SchemaClient, method: str, url: str, allowed: set[str]
) -> None:
    response = api.generic(method, url)

    assert response.status_code == 405
    assert response.json()["code"] == "method_not_allowed"
    assert set(response["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("url", ["/api/schema/", "/api/docs/"])
def test_the_published_pages_refuse_in_the_one_shape_too(api: SchemaClient, url: str) -> None:
    response = api.post(url, {})

    assert response.status_code == 405
    assert response["Content-Type"] == "application/json"
    assert response.json()["code"] == "method_not_allowed"
