"""What every test can use."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.cache import caches
from django.core.servers.basehttp import WSGIServer
from django.db import connection
from pytest_django import Settings

from tests import services
from tests.schema_client import SchemaClient

# What a marked test needs, where it is not what every machine has.
RUNS: dict[str, Callable[[], bool]] = {
    "postgresql": lambda: connection.vendor == "postgresql",
    "node": lambda: not services.absent("node"),
    "browser": lambda: not services.absent("browser"),
}
# About headers, bodies, origins, tokens, pictures, files and addresses, and not about what an engine does with them.
ONCE = {
    *("test_cors.py", "test_origin_rule.py", "test_origin_rule_bearer.py", "test_market_of_a_request.py", "test_mounts.py"),
    *("test_google_token.py", "test_bad_cookie.py", "test_access_token.py", "test_password_rules.py"),
    *("test_image_refused.py", "test_image_rewritten.py", "test_image_upload.py", "test_image_change.py"),
    *("test_import_addresses.py", "test_import_addresses_refused.py", "test_import_bad_rows.py", "test_import_columns.py"),
    *("test_import_csv.py", "test_import_csv_bad_rows.py", "test_import_foreign.py", "test_import_json.py"),
    *("test_import_pictures.py", "test_import_picture_changes.py", "test_import_report.py"),
    *("test_bodies.py", "test_body_depth.py", "test_unknown_urls.py", "test_security_headers.py", "test_catalog_cache_control.py"),
    *("test_google_fetching.py", "test_google_certificates.py", "test_login_time.py", "test_admin_pictures.py"),
}
# Whole shops, or runs of tests, in processes of their own: nothing in them is measured.
APART = {"test_import_memory.py", "test_demo.py", "test_manage_test.py"}
# What runs code that is for PostgreSQL or Redis alone, beside all that is marked so: `tests.run` measures this there, and no more.
MEASURED = ("store", "core", "carts")
SHARE = os.environ.get("TESTS_SHARE", "")
UNMEASURED = os.environ.get("TESTS_UNMEASURED", "sqlite")  # the engine that runs what is not measured and runs on one alone
WSGIServer.request_queue_size = 128  # a crowd of callers waits in line; with Django's 10 some are turned away


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this engine or this machine cannot run; `tests.run` runs all on both engines, and says what it could not.

    What does not depend on the engine runs on one alone: on SQLite, or, where both run side by side, some of it on the other.
    """
    absent = {marker for marker, runs in RUNS.items() if not runs()}
    gone = [item for item in items if any(item.get_closest_marker(marker) for marker in absent)]
    gone += [item for item in items if not _is_for(connection.vendor, item)]
    if SHARE:
        gone += [item for item in items if _is_measured(item) != (SHARE == "measured")]
    items[:] = [item for item in items if item not in gone]
    config.hook.pytest_deselected(items=gone)


def _is_for(engine: str, item: pytest.Item) -> bool:
    """Say whether a test runs on this engine, where it can run on both."""
    if item.get_closest_marker("postgresql"):
        return engine == "postgresql"
    if item.path.name in APART or (item.get_closest_marker("browser") and item.get_closest_marker("once")):
        return engine == UNMEASURED
    return engine == "sqlite" or _depends_on_the_engine(item)


def _is_measured(item: pytest.Item) -> bool:
    """Say whether a test belongs to the share that is measured on PostgreSQL."""
    return item.nodeid.split("/")[0] in MEASURED or item.get_closest_marker("postgresql") is not None


def _depends_on_the_engine(item: pytest.Item) -> bool:
    """Say whether a test asks a database for anything, and is not marked or listed as one that asks nothing special of it."""
    if item.path.name in ONCE or item.get_closest_marker("once"):
        return False
    fixtures: list[str] = getattr(item, "fixturenames", [])
    marked = any(item.get_closest_marker(marker) for marker in ("django_db", "postgresql"))
    return marked or any(name in fixtures for name in ("db", "transactional_db", "live_server"))


@pytest.fixture(autouse=True)
def quick_and_clean(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Hash passwords fast, keep pictures out of the way, and begin with an empty cache."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.WHITENOISE_AUTOREFRESH = True  # looks for a static file when it is asked for, not at each start of a client
    _forget()
    yield
    _forget()


def _forget() -> None:
    for cache in caches.all():
        cache.clear()


@pytest.fixture
def api(db: None) -> SchemaClient:
    """A client that holds each answer against the published schema."""
    return SchemaClient()


@pytest.fixture
def unthrottled(settings: Settings) -> None:
    """Let callers call as often as they like."""
    settings.THROTTLE_ENABLED = False
