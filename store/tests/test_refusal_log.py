"""Refused calls (403, 429) are logged with their caller, and never fill the log"""

import logging
from typing import Any

import pytest
from pytest_django import Settings

from accounts.tests.factories import make_access_token, make_user
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def get_refusals(caplog: pytest.LogCaptureFixture, name: str = "shop.refusals") -> list[str]:
    """Return the messages of the refusal log."""
    return [record.getMessage() for record in caplog.records if record.name == name]


def post_product(client: SchemaClient, path: str = "/api/products/", **extra: Any) -> Any:
    """Try to create a product."""
    return client.post(path, {"name": "Lamp", "price": "5.00"}, **extra)


def test_a_403_names_who_was_refused_what(caplog: pytest.LogCaptureFixture) -> None:
    ada = make_user()

    response = post_product(SchemaClient().bearer(make_access_token(ada)), REMOTE_ADDR="203.0.113.7")

    assert response.status_code == 403
    expected = f"refused POST '/api/products/' with 403 (permission_denied): caller 203.0.113.7, user {ada.pk}"
    assert get_refusals(caplog) == [expected]
    assert caplog.records[-1].levelno == logging.WARNING


def test_behind_a_proxy_it_names_the_client(caplog: pytest.LogCaptureFixture, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    client = SchemaClient().bearer(make_access_token(make_user()))

    post_product(client, headers={"X-Forwarded-For": "198.51.100.9, 203.0.113.7"})

    assert "caller 203.0.113.7" in get_refusals(caplog)[0]


def test_a_429_names_the_limit(caplog: pytest.LogCaptureFixture, settings: Settings) -> None:
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "anon": ((2, 60),)}

    statuses = [SchemaClient().get("/api/products/").status_code for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert get_refusals(caplog) == ["refused GET '/api/products/' with 429 (anon): caller 127.0.0.1, user none"]


def test_a_foreign_page_is_named_with_its_caller(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(12):
        SchemaClient().post("/api/cart/add/", {}, headers={"Origin": "http://evil.example"})

    line = "refused a write to /api/cart/add/ from origin 'http://evil.example': caller 127.0.0.1"
    assert get_refusals(caplog, "shop.origin") == [line] * 10


def test_one_caller_writes_ten_lines_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    client = SchemaClient().bearer(make_access_token(make_user()))

    statuses = {post_product(client, REMOTE_ADDR="203.0.113.7").status_code for _ in range(30)}
    post_product(client, REMOTE_ADDR="203.0.113.8")

    assert statuses == {403}
    assert len(get_refusals(caplog)) == 11
    assert "caller 203.0.113.8" in get_refusals(caplog)[-1]


def test_a_path_cannot_write_lines_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    client = SchemaClient().bearer(make_access_token(make_user()))

    client.delete(f"/api/products/lamp%0aWARNING%1b[31m{'x' * 5000}/")

    (line,) = get_refusals(caplog)
    assert "\n" not in line
    assert "\x1b" not in line
    assert len(line) < 400


@pytest.mark.parametrize("path", ["/api/auth/me/", "/api/products/0/", "/api/orders/my/"])
def test_what_is_not_forbidden_is_not_logged(caplog: pytest.LogCaptureFixture, path: str) -> None:
    assert SchemaClient().get(path).status_code in (401, 404)

    assert get_refusals(caplog) == []
