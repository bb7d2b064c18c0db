"""core.postgresql: a connection is checked without asking the server while it is in use, and replaced when the server ends it.

It keeps one cursor, reads times with psycopg's own loader, and gives up a server that does not reply if an option says so.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from django.core.signals import request_finished, request_started
from django.db import NotSupportedError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.compiled_queries import CompiledSelect
from core.models import Job
from core.postgresql import base
from tests.crashes import make_environment

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What the server answered to the checks of the connection."""
    answers: list[bool] = []
    is_usable: Any = connection.is_usable

    def record() -> bool:
        answers.append(is_usable())
        return answers[-1]

    monkeypatch.setattr(connection, "is_usable", record)
    return answers


def ask() -> int:
    """Send a request as a server does, which opens and closes connections at its limits; return the status."""
    request_started.connect(close_old)
    request_finished.connect(close_old)
    try:
        return Client().get("/api/products/").status_code
    finally:
        request_started.disconnect(close_old)
        request_finished.disconnect(close_old)


def close_old(**_: Any) -> None:
    """What Django does at the start and the end of a request; its test client leaves that out."""
    connection.close_if_unusable_or_obsolete()


def test_a_busy_connection_is_not_asked(checks: list[bool]) -> None:
    assert [ask() for _ in range(4)] == [200] * 4

    assert len(checks) <= 1


def test_an_idle_connection_is_asked(checks: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "MAX_IDLE", -1.0)
    ask()
    checks.clear()

    assert ask() == 200
    assert checks == [True]


def test_a_connection_that_the_server_has_ended_is_replaced_at_once(checks: list[bool]) -> None:
    ask()
    checks.clear()
    with psycopg.connect(make_environment()["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [connection.connection.info.backend_pid])

    assert ask() == 200
    assert checks == [False]


NEW_YEAR = "SELECT timestamptz '2027-01-01 00:30:00.25+05:30'"


def fetch_time(database: BaseDatabaseWrapper) -> datetime:
    """Return a time that the server sends."""
    with database.cursor() as cursor:
        cursor.execute(NEW_YEAR)
        (moment,) = cursor.fetchone()
    assert isinstance(moment, datetime)
    return moment


def test_times_are_in_utc_and_read_without_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psycopg.types.datetime.TimestamptzLoader.load", None)  # what Django's loader calls

    moment = fetch_time(connection)

    assert moment == datetime(2026, 12, 31, 19, 0, 0, 250000, UTC)
    assert moment.utcoffset() == timedelta(0)
    assert moment.isoformat() == "2026-12-31T19:00:00.250000+00:00"


def test_a_connection_in_another_zone_reads_times_in_that_zone() -> None:
    in_kolkata = connection.copy(alias="in_kolkata")
    in_kolkata.settings_dict = {**connection.settings_dict, "TIME_ZONE": "Asia/Kolkata"}
    try:
        moment = fetch_time(in_kolkata)
    finally:
        in_kolkata.close()

    assert moment.tzinfo == ZoneInfo("Asia/Kolkata")
    assert moment.isoformat() == "2027-01-01T00:30:00.250000+05:30"


def test_a_connection_keeps_one_cursor_and_a_new_connection_another() -> None:
    kept: Any = connection.get_kept_cursor()  # type: ignore[attr-defined]  # of core.postgresql

    kept.execute("SELECT 1")
    assert kept.fetchall() == [(1,)]
    assert connection.get_kept_cursor() is kept  # type: ignore[attr-defined]
    connection.close()
    other: Any = connection.get_kept_cursor()  # type: ignore[attr-defined]
    other.execute("SELECT 2")
    assert other.fetchall() == [(2,)]


def test_statements_of_the_kept_cursor_are_logged_while_statements_are_captured() -> None:
    connection.get_kept_cursor()  # type: ignore[attr-defined]

    with CaptureQueriesContext(connection) as queries:
        connection.get_kept_cursor().execute("SELECT 1")  # type: ignore[attr-defined]
    connection.get_kept_cursor().execute("SELECT 2")  # type: ignore[attr-defined]

    assert [query["sql"] for query in queries] == ["SELECT 1"]


def test_a_reply_is_waited_for_as_long_as_an_option_says() -> None:
    options = {**connection.settings_dict["OPTIONS"], "reply_timeout": 0.2}
    impatient = base.DatabaseWrapper({**connection.settings_dict, "OPTIONS": options}, connection.alias)
    impatient.ensure_connection()
    pid = impatient.connection.info.backend_pid
    start = time.monotonic()

    with pytest.raises(OperationalError, match="timeout"), impatient.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(20)")
    waited = time.monotonic() - start
    impatient.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])

    assert waited < 10


def test_a_lost_connection_is_replaced_within_a_request() -> None:
    ask()
    connection.connection.pgconn.finish()
    connection.health_check_done = False  # type: ignore[attr-defined]

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


READ_JOBS = CompiledSelect(tuple, lambda: Job.objects.values_list("kind"))


@pytest.fixture
def prepared_statement() -> Iterator[None]:
    """A statement that the connection has prepared, and a migration that has changed a column of it since."""
    for _ in range(4):
        READ_JOBS.rows()
    change = "ALTER TABLE outbox_job ALTER COLUMN kind TYPE varchar({})"
    with psycopg.connect(make_environment()["DATABASE_URL"], autocommit=True) as other:
        other.execute(change.format(60))
        yield
        connection.close()
        other.execute(change.format(50))


@pytest.mark.usefixtures("prepared_statement")
def test_a_statement_is_prepared_again_after_a_migration() -> None:
    assert READ_JOBS.rows() == []


@pytest.mark.usefixtures("prepared_statement")
def test_a_transaction_fails_once_after_a_migration() -> None:
    with pytest.raises(OperationalError, match="a migration has changed"), transaction.atomic():
        READ_JOBS.rows()

    with transaction.atomic():
        assert READ_JOBS.rows() == []


def test_what_postgresql_does_not_support_is_refused_as_ever() -> None:
    with pytest.raises(NotSupportedError), connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM outbox_job FULL JOIN outbox_job AS other ON outbox_job.id < other.id")


def test_a_connection_that_prepares_nothing_has_djangos_cursor() -> None:
    behind_a_pooler = connection.copy(alias="behind_a_pooler")
    behind_a_pooler.settings_dict = {**connection.settings_dict, "OPTIONS": {}}

    assert behind_a_pooler.get_connection_params()["cursor_factory"] is not base.PreparingCursor
    assert connection.get_connection_params()["cursor_factory"] is base.PreparingCursor
