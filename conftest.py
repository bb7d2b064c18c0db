"""Shared fixtures and test selection."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from operator import itemgetter
from pathlib import Path

import pytest
from django.core.cache import caches
from django.core.servers.basehttp import WSGIServer
from django.db import connection
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
    "soak": lambda: IS_SOAK,
}
SLOWEST = 20  # how many tests of a run are named
SHARE = os.environ.get("TESTS_SHARE", "")
UNMEASURED = os.environ.get("TESTS_UNMEASURED", "sqlite")  # the engine that runs what is not measured and runs on one alone
WSGIServer.request_queue_size = 128  # a crowd of callers waits in line; with Django's 10 some are turned away


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this engine, this machine or this run cannot do; `tests.run` runs all on both engines.

    What does not depend on the engine runs on one alone: on SQLite, or, where both run side by side, some of it on the other.
    """
    absent = {marker for marker, is_met in REQUIREMENTS.items() if not is_met()}
    skipped = {item for item in items if _has(item, *absent) or not _runs_on(connection.vendor, item)}
    if SHARE:
        skipped |= {item for item in items if _has(item, "measured", "postgresql") != (SHARE == "measured")}
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
        return engine == UNMEASURED
    return engine == "sqlite" or (_uses_database(item) and not _has(item, "once"))


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


@pytest.fixture(autouse=True)
def quick_and_clean(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Hash passwords fast, keep pictures out of the way, and begin with an empty cache."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path / "media"
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
