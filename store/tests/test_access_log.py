"""The line and the count of each request"""

import logging
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from pytest_django import Settings

from accounts.tests.factories import make_user
from carts.tests.factories import add_to_cart, signed_in_client
from core.http.access import _format_route
from core.metrics import POOL, REFUSALS, REQUESTS
from orders.tests.factories import placed
from products.models import Product
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def access_log(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Log each request."""
    settings.ACCESS_LOG = True
    caplog.set_level(logging.INFO, "shop.access")


def get_lines(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return the records that requests left."""
    return [record for record in caplog.records if record.name in ("shop.access", "django.request", "shop.errors")]


def test_a_request_is_one_line_without_what_the_client_sent(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/api/products/?search=ada@example.com", headers={"X-Request-ID": "abc-1"})

    (record,) = get_lines(caplog)
    fields: Any = record
    assert record.getMessage().startswith("GET /api/products/ 200 ")
    assert (fields.method, fields.route, fields.status, hasattr(fields, "user_id")) == ("GET", "/api/products/", 200, False)
    assert fields.ms > 0
    assert "ada" not in str(vars(record))


def test_the_line_of_an_order_names_it_and_its_buyer(caplog: pytest.LogCaptureFixture) -> None:
    user = make_user()
    client = signed_in_client(user)
    add_to_cart(client, make_product("Lamp"))
    number = placed(client)["number"]
    caplog.clear()

    client.get(f"/api/orders/{number}/")

    (record,) = get_lines(caplog)
    fields: Any = record
    assert (fields.route, fields.order, fields.user_id) == ("/api/orders/{number}/", number, user.pk)


def test_a_page_of_the_admin_names_its_user(admin_client: Client, admin_user: Any, caplog: pytest.LogCaptureFixture) -> None:
    admin_client.get("/admin/")

    fields: Any = get_lines(caplog)[-1]
    assert (fields.route, fields.user_id) == ("/admin/", admin_user.pk)


def test_a_refused_form_of_the_admin_is_logged_without_asking_who_sent_it(caplog: pytest.LogCaptureFixture) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Cookie": "admin_sessionid=unknown"})

    assert client.post("/admin/login/").status_code == 403

    (record,) = [record for record in get_lines(caplog) if record.name == "shop.access"]
    assert (record.__dict__["status"], hasattr(record, "user_id")) == (403, False)


def test_a_fault_is_one_traceback_and_one_line(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr("products.api.views.ProductViewSet.list", lambda *_: 1 / 0)

    assert client.get("/api/products/").status_code == 500

    assert [(record.name, record.levelname) for record in get_lines(caplog)] == [("shop.errors", "ERROR"), ("shop.access", "INFO")]


def test_the_log_can_be_switched_off(client: Client, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    settings.ACCESS_LOG = False

    client.get("/api/config/")

    assert get_lines(caplog) == []


@pytest.mark.parametrize(
    ("path", "host", "status", "code"),
    [
        ("/api/orders/260101-abcdef/", "testserver", 404, "order_not_found"),
        ("/nothing/", "testserver", 404, "not_found"),
        ("/api/products/", "evil.example", 400, "bad_host"),
    ],
)
def test_refusals_are_counted_by_code(client: Client, path: str, host: str, status: int, code: str) -> None:
    before = REFUSALS.labels(code)._value.get()

    assert client.get(path, HTTP_HOST=host).status_code == status

    assert REFUSALS.labels(code)._value.get() == before + 1


def test_requests_are_counted_by_route(client: Client) -> None:
    labels = ("GET", "/api/products/{product}/", 404)
    before = REQUESTS.labels(*labels)._sum.get()

    client.get("/api/products/4711/")

    assert REQUESTS.labels(*labels)._sum.get() > before
    assert not Product.objects.exists()


def test_unknown_urls_are_not_counted_as_the_home_page(client: Client) -> None:
    before = REQUESTS.labels("GET", "unknown", 404)._sum.get()

    client.get("/nothing/")

    assert REQUESTS.labels("GET", "unknown", 404)._sum.get() > before


class Pool:
    """A connection pool of psycopg_pool with one connection in use and two callers that wait for it."""

    def get_stats(self) -> dict[str, int]:
        return {"pool_min": 1, "pool_size": 1, "requests_waiting": 2}


@pytest.mark.once
def test_the_state_of_the_connection_pool_is_noted(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "pool", {})
    monkeypatch.setattr(type(connections["default"]), "pool", Pool(), raising=False)

    client.get("/healthz")

    states = {state: POOL.labels(state)._value.get() for state in ("open", "idle", "waiting")}
    assert states == {"open": 1, "idle": 0, "waiting": 2}


def test_a_request_that_cannot_be_counted_is_answered(
    client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(REQUESTS, "labels", fail)

    assert client.get("/api/config/").status_code == 200

    messages = [record.getMessage() for record in get_lines(caplog)]
    assert messages[0] == "a request was not counted for /metrics: No space left on device"
    assert messages[1].startswith("GET /api/config/ 200 ")


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        ("api/^cart/items/(?P<item_id>[0-9]{1,18})/?$", "/api/cart/items/{item_id}/"),
        ("^healthz/?$", "/healthz/"),
        ("admin/orders/order/<path:object_id>/change/", "/admin/orders/order/{object_id}/change/"),
        ("", "/"),
    ],
)
def test_a_route_is_named_as_people_write_it(route: str, expected: str) -> None:
    assert _format_route(route) == expected
