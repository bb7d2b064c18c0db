"""/healthz and /readyz"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import OperationalError
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from core import outbox
from core.models import Job
from store import probes

OK = {"success": True, "status": 200, "message": "OK", "data": None, "warnings": []}
DEAD_REDIS = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}


@pytest.fixture(autouse=True)
def unread_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start as a new process does, which has not looked at the migrations yet."""
    monkeypatch.setitem(probes._state, "is_migrated", False)


def build_not_ready(reason: str) -> dict[str, object]:
    """Return the response body of a failing probe."""
    return {
        "success": False,
        "status": 503,
        "code": "not_ready",
        "message": f"Not ready: {reason}",
        "detail": f"Not ready: {reason}",
        "errors": {},
    }


def test_the_process_lives_whatever_the_database_does(client: Client) -> None:
    response = client.get("/healthz")

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == OK


@pytest.mark.django_db
def test_a_live_process_asks_nobody(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        client.get("/healthz")


@pytest.mark.django_db
def test_a_migrated_shop_is_ready(client: Client) -> None:
    response = client.get("/readyz")

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == {**OK, "data": {"degraded": []}}


@pytest.mark.django_db
def test_the_migrations_are_read_until_all_are_applied(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    client.get("/readyz")

    with django_assert_num_queries(1):  # the jobs
        client.get("/readyz")


@pytest.mark.parametrize("host", ["10.1.2.3:8000", "shop-6d4cf56db6-x2x7b", "", "a b"])
@pytest.mark.django_db
def test_probes_answer_under_any_host(client: Client, settings: Settings, host: str) -> None:
    settings.ALLOWED_HOSTS = ["shop.example"]
    settings.SECURE_SSL_REDIRECT = True

    answers = [client.get(path, HTTP_HOST=host).status_code for path in ("/healthz", "/healthz/", "/readyz", "/readyz/")]

    assert answers == [200, 200, 200, 200]


@pytest.mark.django_db
def test_it_is_not_ready_while_a_migration_is_pending(client: Client) -> None:
    (last,) = MigrationLoader(connection).graph.leaf_nodes("core")
    MigrationRecorder(connection).record_unapplied(*last)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == build_not_ready("migrations are pending")


@pytest.mark.django_db
def test_it_is_ready_but_degraded_while_the_cache_does_not_answer(client: Client, settings: Settings) -> None:
    with override_settings(CACHES={**settings.CACHES, "throttles": DEAD_REDIS}):
        response = client.get("/readyz")

    assert response.status_code == 200
    assert response.json() == {**OK, "data": {"degraded": ["cache"]}}


@pytest.mark.django_db
def test_it_is_degraded_while_nobody_runs_the_jobs(client: Client) -> None:
    outbox.enqueue("mail", {})
    Job.objects.update(run_at=timezone.now() - timedelta(minutes=6))

    response = client.get("/readyz")

    assert response.json() == {**OK, "data": {"degraded": ["jobs"]}}


@pytest.mark.django_db
def test_it_is_not_ready_while_the_database_does_not_answer(client: Client) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(fail):
        response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json() == build_not_ready("the database does not answer")


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/api/products/", "/api/cart/summary/", "/api/products/7/"])
def test_meanwhile_the_api_asks_to_try_again(client: Client, url: str) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    client.cookies["cart_token"] = "550e8400-e29b-41d4-a716-446655440000"
    with connection.execute_wrapper(fail):
        response = client.get(url)

    assert response.status_code == 503
    assert response["Retry-After"] == "2"
    assert response.json()["code"] == "database_unavailable"
    assert "server closed" not in response.content.decode()


@pytest.mark.parametrize("url", ["/admin/", "/admin/products/product/"])
def test_so_does_the_admin(admin_client: Client, url: str) -> None:
    def fail(execute: Callable[..., object], sql: str, *parameters: object) -> object:
        if "django_session" in sql or '"accounts_user"."id" =' in sql:
            return execute(sql, *parameters)
        raise OperationalError("canceling statement due to lock timeout")

    with connection.execute_wrapper(fail):
        response = admin_client.get(url)

    assert response.status_code == 503
    assert response["Retry-After"] == "2"
    assert response.json()["code"] == "database_unavailable"
