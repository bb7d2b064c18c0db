"""core.replica: which reads go to the replica, and when the primary answers them instead"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import DataError, Error, OperationalError, ProgrammingError, connection, connections, router, transaction
from django.test.utils import CaptureQueriesContext

from core import replica
from core.compiled_queries import CompiledCount, CompiledSelect
from core.models import Job, ShopSetting
from core.shop_settings import values
from tests.fleet.servers import named_replica
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", replica.REPLICA_ALIAS])
JOBS = CompiledSelect(tuple, lambda: Job.objects.values_list("pk"))
JOB_COUNT = CompiledCount(lambda: Job.objects.all())
CONNECTION_LOST = "server closed the connection unexpectedly"


@dataclass
class Measurements:
    """What the replica tells of its lag, or the error with which it fails, and how often it was asked."""

    lag: float | Error | None = 0.0
    calls: int = 0

    def take(self) -> float | None:
        """Return the lag."""
        self.calls += 1
        if isinstance(self.lag, Error):
            raise self.lag
        return self.lag


@pytest.fixture(scope="module", autouse=True)
def second_name(django_db_setup: None) -> Iterator[None]:
    """Give the database of the tests a second name, under which it stands for a replica."""
    with named_replica():
        yield


@pytest.fixture
def measurements(monkeypatch: pytest.MonkeyPatch) -> Measurements:
    """A shop with a replica that is not behind."""
    taken, health = Measurements(), replica.ReplicaHealth()
    monkeypatch.setattr(health, "_measure_lag", taken.take)
    monkeypatch.setattr(replica, "health", health)
    monkeypatch.setitem(router.__dict__, "routers", [replica.ReplicaRouter()])
    return taken


@pytest.fixture
def no_replica(monkeypatch: pytest.MonkeyPatch) -> None:
    """A shop without one."""
    monkeypatch.delitem(connections.settings, replica.REPLICA_ALIAS)


def measure_again(measurements: Measurements, lag: float | Error | None) -> None:
    """Let the next read measure, and find this lag."""
    measurements.lag = lag
    replica.health._check_at = float("-inf")
    replica.health._breaker._retry_at = replica.health._breaker._retry_at and 0.0


def count_statements(function: Callable[[], object]) -> tuple[int, int]:
    """Return how many statements a function sends to the primary and to the replica."""
    with CaptureQueriesContext(connection) as primary, CaptureQueriesContext(connections[replica.REPLICA_ALIAS]) as second:
        function()
    return len(primary), len(second)


def read_everything() -> None:
    """Read by each kind of query."""
    JOBS.rows()
    JOB_COUNT.run()
    Job.objects.exists()
    with replica.get_connection().cursor() as cursor:
        cursor.execute("SELECT 1")


def make_error(kind: type[Error], message: str, cause: Exception | None = None) -> Error:
    """Return an error as Django raises it."""
    error = kind(message)
    error.__cause__ = cause
    return error


def fail_on_replica(error: Error) -> Callable[[], str]:
    """Return a function that reads from the primary, and that fails on the replica."""

    def function() -> str:
        if replica.get_alias() == replica.REPLICA_ALIAS:
            raise error
        return "from the primary"

    return function


@pytest.mark.usefixtures("no_replica")
def test_without_a_replica_everything_is_read_from_the_primary() -> None:
    assert not replica.is_configured()
    assert replica.read(replica.get_alias) == "default"


def test_what_may_be_read_from_the_replica_is(measurements: Measurements) -> None:
    assert count_statements(lambda: replica.read(read_everything)) == (0, 4)


def test_everything_else_is_read_from_the_primary(measurements: Measurements) -> None:
    assert count_statements(read_everything) == (4, 0)


def test_a_transaction_reads_from_the_primary(measurements: Measurements) -> None:
    def read_in_transaction() -> None:
        with transaction.atomic():
            read_everything()

    with transaction.atomic():
        inside = count_statements(lambda: replica.read(read_everything))

    assert inside == (4, 0)
    assert count_statements(lambda: replica.read(read_in_transaction))[1] == 0


def test_writes_go_to_the_primary(measurements: Measurements) -> None:
    assert count_statements(lambda: replica.read(lambda: Job.objects.create(kind="mail", payload={})))[1] == 0


def test_settings_are_read_from_the_primary_because_all_callers_share_them(measurements: Measurements) -> None:
    ShopSetting.objects.create(name="shop_name", value="Lamps")

    assert count_statements(lambda: replica.read(values.read)) == (1, 0)


def test_rows_of_both_databases_may_be_related() -> None:
    assert replica.ReplicaRouter().allow_relation(Job(), Job())


def test_only_the_primary_is_migrated(measurements: Measurements) -> None:
    done = count_statements(lambda: call_command("check", databases=["default", "replica"], verbosity=0))

    assert done[1] <= 1  # what the checks of PostgreSQL ask
    assert [router.allow_migrate(alias, "core") for alias in ("default", "replica")] == [True, False]


def test_the_replica_is_asked_once_a_second_how_far_it_is_behind(measurements: Measurements) -> None:
    for _ in range(3):
        assert replica.read(replica.get_alias) == "replica"
    asked = measurements.calls
    measure_again(measurements, 0.0)
    replica.read(replica.get_alias)

    assert (asked, measurements.calls) == (1, 2)


@pytest.mark.parametrize(("lag", "alias"), [(10.0, "replica"), (10.5, "default"), (None, "default")])
def test_a_replica_that_is_too_far_behind_is_skipped(measurements: Measurements, lag: float | None, alias: str) -> None:
    measurements.lag = lag

    assert replica.read(replica.get_alias) == alias


def test_an_outage_costs_one_attempt_and_two_log_lines(measurements: Measurements, caplog: pytest.LogCaptureFixture) -> None:
    measurements.lag = make_error(OperationalError, f"{CONNECTION_LOST}\n\tat once")

    during = [replica.read(replica.get_alias) for _ in range(3)]
    measure_again(measurements, 0.0)
    afterwards = [replica.read(replica.get_alias) for _ in range(2)]

    assert (during, afterwards, measurements.calls) == (["default"] * 3, ["replica"] * 2, 2)
    assert [record.getMessage() for record in caplog.records if record.name == "shop.replica"] == [
        f"the replica is not used, and the primary answers its reads: OperationalError: {CONNECTION_LOST}",
        "the replica is used again",
    ]


def test_an_outage_that_goes_on_is_not_logged_again(measurements: Measurements, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        replica.health.record_error(make_error(OperationalError, CONNECTION_LOST))

    assert len([record for record in caplog.records if record.name == "shop.replica"]) == 1


@pytest.mark.parametrize(
    "error",
    [
        make_error(OperationalError, CONNECTION_LOST),
        make_error(OperationalError, "terminating connection", psycopg.errors.AdminShutdown()),
        make_error(ProgrammingError, 'column "colour" does not exist', psycopg.errors.UndefinedColumn()),
    ],
    ids=["lost", "shut down", "not migrated yet"],
)
def test_what_fails_on_the_replica_is_read_from_the_primary_and_the_replica_is_skipped(
    measurements: Measurements, error: Error
) -> None:
    first = replica.read(fail_on_replica(error))

    assert first == "from the primary"
    assert replica.read(replica.get_alias) == "default"


@pytest.mark.parametrize(
    "error",
    [
        make_error(OperationalError, "canceling statement due to conflict with recovery", psycopg.errors.SerializationFailure()),
        make_error(OperationalError, "canceling statement due to conflict with recovery", psycopg.errors.QueryCanceled()),
        make_error(OperationalError, "canceling statement", psycopg.errors.DeadlockDetected()),
    ],
    ids=["conflict", "conflict as a cancellation", "deadlock"],
)
def test_a_statement_that_replay_cancels_is_repeated_and_the_replica_goes_on(measurements: Measurements, error: Error) -> None:
    first = replica.read(fail_on_replica(error))

    assert first == "from the primary"
    assert replica.read(replica.get_alias) == "replica"


@pytest.mark.parametrize(
    "error",
    [
        make_error(OperationalError, "canceling statement due to statement timeout", psycopg.errors.QueryCanceled()),
        make_error(DataError, "integer out of range", psycopg.errors.NumericValueOutOfRange()),
    ],
    ids=["time limit", "value"],
)
def test_what_the_primary_would_refuse_too_is_not_repeated(measurements: Measurements, error: Error) -> None:
    with pytest.raises(type(error)):
        replica.read(fail_on_replica(error))

    assert replica.read(replica.get_alias) == "replica"


@pytest.mark.parametrize("path", ["/api/products/", "/api/products/?search=lamp&count=true", "/api/products/categories/"])
def test_the_catalog_is_read_from_the_replica_for_callers_without_credentials(
    measurements: Measurements, api: SchemaClient, path: str
) -> None:
    primary, second = count_statements(lambda: api.get(path))

    assert (primary, second > 0) == (0, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Cart-Token": "550e8400-e29b-41d4-a716-446655440000"},
        {"X-Session-Key": "550e8400-e29b-41d4-a716-446655440000"},
        {"Cookie": "theme=dark"},
        {"Cookie": "access_token=expired"},
    ],
    ids=["cart token", "session key", "a cookie", "a session"],
)
@pytest.mark.parametrize("path", ["/api/products/", "/api/products/lamp/", "/api/products/categories/"])
def test_it_is_read_from_the_primary_for_everybody_else(
    measurements: Measurements, api: SchemaClient, headers: dict[str, str], path: str
) -> None:
    primary, second = count_statements(lambda: api.get(path, headers=headers))

    assert (primary > 0, second) == (True, 0)


@pytest.mark.parametrize("path", ["/api/cart/summary/", "/api/orders/my/", "/api/config/"])
def test_nothing_else_is_read_from_the_replica(measurements: Measurements, api: SchemaClient, path: str) -> None:
    assert count_statements(lambda: api.get(path))[1] == 0


def test_a_replica_that_is_skipped_is_reported(measurements: Measurements, client: Any) -> None:
    healthy = client.get("/readyz").json()["data"], read_gauges(client)
    measure_again(measurements, 3600.0)
    gauges = read_gauges(client)
    degraded = client.get("/readyz")

    assert healthy == ({"degraded": []}, ["shop_replica_up 1.0", "shop_replica_lag_seconds 0.0"])
    assert (degraded.status_code, degraded.json()["data"]) == (200, {"degraded": ["replica"]})
    assert gauges == ["shop_replica_up 0.0"]


def test_a_probe_does_not_wait_for_the_replica(measurements: Measurements, client: Any) -> None:
    assert client.get("/readyz").status_code == 200

    assert measurements.calls == 0


@pytest.mark.usefixtures("no_replica")
def test_a_shop_without_a_replica_reports_none(client: Any) -> None:
    assert client.get("/readyz").json()["data"] == {"degraded": []}
    assert read_gauges(client) == []


def read_gauges(client: Any) -> list[str]:
    """Return the samples of the replica in /metrics."""
    return [line for line in client.get("/metrics").content.decode().splitlines() if line.startswith("shop_replica")]
