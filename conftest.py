"""Shared fixtures and test selection."""

import gc
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import count
from operator import itemgetter
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.core.servers.basehttp import WSGIServer
from django.db import connection, transaction
from django.test import TransactionTestCase
from pytest_django import Settings

from core.shop_settings import values
from tests import services
from tests.profile import IS_SOAK
from tests.schema_client import SchemaClient

# What a marked test needs, where it is not what every machine or every run has.
REQUIREMENTS: dict[str, Callable[[], bool]] = {
    "postgresql": lambda: connection.vendor == "postgresql",
    "node": lambda: not services.find_missing_programs("node"),
    "browser": lambda: not services.find_missing_programs("browser"),
    "proxy": lambda: not services.find_missing_programs("proxy"),
    "fleet": lambda: not services.find_missing_programs("fleet"),
    "soak": lambda: IS_SOAK,
}
SLOWEST = 20  # how many tests of a run are named
PROGRAMS_ENGINE = os.environ.get("TESTS_PROGRAMS_ENGINE", "sqlite")  # whose run has the browsers and the whole shops
WSGIServer.request_queue_size = 128  # a crowd of callers waits in line; with Django's 10 some are turned away
gc.disable()  # what is loaded until the tests begin stays to the end


def pytest_collection_finish() -> None:
    """Keep the garbage collector from searching the program and the tests over and over."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this engine, this machine or this run cannot do; `tests.run` runs all on both engines.

    What does not depend on the engine runs on SQLite alone. Where both engines are tested, browsers and whole shops run beside
    PostgreSQL, whose run has fewer tests.
    """
    absent = {marker for marker, is_met in REQUIREMENTS.items() if not is_met()}
    skipped = {item for item in items if _has(item, *absent) or not _runs_on(connection.vendor, item)}
    items[:] = [item for item in items if item not in skipped]
    config.hook.pytest_deselected(items=list(skipped))


def _has(item: pytest.Item, *markers: str) -> bool:
    """Return whether a test has one of these markers."""
    return any(item.get_closest_marker(marker) for marker in markers)


def _runs_on(engine: str, item: pytest.Item) -> bool:
    """Return whether a test runs on this engine."""
    if _has(item, "postgresql"):
        return engine == "postgresql"
    if _has(item, "apart") or (_has(item, "browser") and _has(item, "once")):
        return engine == PROGRAMS_ENGINE
    if engine == "sqlite":
        return True
    return _uses_database(item) and not _has(item, "once") and (_is_first_case(item) or not _has(item, "sampled"))


def _is_first_case(item: pytest.Item) -> bool:
    """Return whether a test is the first of its parameters, or has none."""
    call = getattr(item, "callspec", None)
    return call is None or not any(call.indices.values())


def _uses_database(item: pytest.Item) -> bool:
    fixtures: list[str] = getattr(item, "fixturenames", [])
    return _has(item, "django_db") or any(name in fixtures for name in ("db", "transactional_db", "live_server"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Keep how long the slowest tests took, each with its setup and teardown; `tests.run` prints them."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                seconds[report.nodeid] += report.duration
    if getattr(config, "cache", None) is not None:
        config.cache.set("slowest", sorted(seconds.items(), key=itemgetter(1), reverse=True)[:SLOWEST])


def delete_rows(*_: TransactionTestCase) -> None:
    """Delete what a test has committed. Permissions and content types stay: migrations create them.

    Django's `flush` truncates every table and creates those rows again, which takes longer than most tests.
    """
    models = [model for model in apps.get_models(include_auto_created=True) if model not in (Permission, ContentType)]
    tables = {connection.ops.quote_name(model._meta.db_table) for model in models if model._meta.managed}
    with transaction.atomic(), connection.cursor() as cursor:  # foreign keys are checked at the commit
        for table in sorted(tables):
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of our own


TransactionTestCase._fixture_teardown = delete_rows  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def media_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Paths for the pictures of each test. No folder is made until a test stores one."""
    folder = tmp_path_factory.mktemp("media")
    return (folder / str(number) for number in count())


@pytest.fixture(autouse=True)
def quick_and_clean(settings: Settings, media_folders: Iterator[Path]) -> Iterator[None]:
    """Hash passwords fast, keep pictures out of the way, and begin with an empty cache."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = next(media_folders)
    settings.SHOP_SETTINGS_MAX_AGE = 3600  # however long a test takes, a statement that it counts is its own
    settings.WHITENOISE_AUTOREFRESH = True  # looks for a static file when it is asked for, not at each start of a client
    _forget()
    yield
    _forget()


def _forget() -> None:
    for cache in caches.all():
        cache.clear()
    values.keep(values.Values({}))  # no test begins with stored settings


@pytest.fixture
def api(db: None) -> SchemaClient:
    """A client that holds each answer against the published schema."""
    return SchemaClient()


@pytest.fixture
def unthrottled(settings: Settings) -> None:
    """Let callers call as often as they like, and leave as many orders unpaid."""
    settings.THROTTLE_ENABLED = False
    settings.MAX_UNPAID_ORDERS = settings.MAX_UNPAID_ORDERS_PER_NETWORK = 0
