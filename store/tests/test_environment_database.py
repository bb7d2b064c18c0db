"""How the shop parses the variables of the database"""

from pathlib import Path
from typing import Any

import pytest
from environs import EnvError

from store.environment import ShopEnv
from store.environment_database import parse_databases

NETWORK = {"connect_timeout": 5, "tcp_user_timeout": 30_000, "keepalives_idle": 30}


def get_database_settings(monkeypatch: pytest.MonkeyPatch, is_serving: bool = False, /, **variables: str) -> Any:
    """Return the settings of the primary for exactly these variables."""
    return get_all_database_settings(monkeypatch, is_serving, **variables)["default"]


def get_all_database_settings(monkeypatch: pytest.MonkeyPatch, is_serving: bool = False, /, **variables: str) -> dict[str, Any]:
    """Return the settings of all databases for exactly these variables."""
    for name in (
        "DATABASE_URL",
        "DATABASE_REPLICA_URL",
        "DATABASE_POOL",
        "DATABASE_SSL",
        "DATABASE_PREPARED",
        "DATABASE_STATEMENT_TIMEOUT",
        "DATABASE_LOCK_TIMEOUT",
        "DATABASE_IDLE_TIMEOUT",
        "CONN_MAX_AGE",
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return parse_databases(ShopEnv(), Path("/shop"), is_serving=is_serving)


@pytest.mark.parametrize("variables", [{}, {"DATABASE_URL": ""}])
def test_without_a_database_url_there_is_a_file(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    config = get_database_settings(monkeypatch, **variables)

    assert config["ENGINE"] == "django.db.backends.sqlite3"
    assert config["NAME"] == "/shop/db.sqlite3"


def test_a_server_keeps_connections_and_prepares_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    config = get_database_settings(monkeypatch, DATABASE_URL="postgres://ada:pw@db.example:5433/shop")

    assert config["ENGINE"] == "core.postgresql"
    assert (config["NAME"], config["HOST"], config["PORT"]) == ("shop", "db.example", 5433)
    assert (config["CONN_MAX_AGE"], config["CONN_HEALTH_CHECKS"]) == (60, True)
    planner = "-c jit=off -c random_page_cost=1.1 -c work_mem=32MB -c max_parallel_workers_per_gather=0"
    assert config["OPTIONS"] == {**NETWORK, "server_side_binding": True, "prepare_threshold": 1, "options": planner}
    assert config["DISABLE_SERVER_SIDE_CURSORS"] is False


def test_a_process_that_answers_requests_waits_a_limited_time(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"DATABASE_URL": "postgres://db/shop", "DATABASE_STATEMENT_TIMEOUT": "5000", "DATABASE_IDLE_TIMEOUT": "0"}

    config = get_database_settings(monkeypatch, True, **variables)

    assert config["OPTIONS"]["options"].endswith(" -c statement_timeout=5000 -c lock_timeout=10000")


def test_a_command_takes_its_time_unless_it_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    free = get_database_settings(monkeypatch, DATABASE_URL="postgres://db/shop")
    limited = get_database_settings(monkeypatch, DATABASE_URL="postgres://db/shop", DATABASE_STATEMENT_TIMEOUT="5000")

    assert "timeout" not in free["OPTIONS"]["options"]
    assert limited["OPTIONS"]["options"].endswith(" -c statement_timeout=5000")


def test_the_url_may_set_how_long_to_wait_for_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    config = get_database_settings(monkeypatch, DATABASE_URL="postgres://db/shop?connect_timeout=2")

    assert (config["OPTIONS"]["connect_timeout"], config["OPTIONS"]["tcp_user_timeout"]) == (2, 30_000)


def test_behind_a_transaction_pooler_nothing_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    config = get_database_settings(monkeypatch, DATABASE_URL="postgres://db/shop", DATABASE_PREPARED="0", DATABASE_SSL="1")

    assert config["OPTIONS"] == {**NETWORK, "sslmode": "require"}
    assert config["DISABLE_SERVER_SIDE_CURSORS"] is True


def test_a_limit_of_statements_that_a_pooler_would_ignore_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"DATABASE_URL": "postgres://db/shop", "DATABASE_PREPARED": "0", "DATABASE_STATEMENT_TIMEOUT": "5000"}

    with pytest.raises(EnvError, match=r"^DATABASE_STATEMENT_TIMEOUT.* cannot be sent .* ALTER ROLE \.\.\. SET statement_timeout"):
        get_database_settings(monkeypatch, **variables)


def test_a_pool_bounds_the_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    config = get_database_settings(monkeypatch, DATABASE_URL="postgres://db/shop", DATABASE_POOL="4", DATABASE_PREPARED="0")

    assert config["OPTIONS"] == {**NETWORK, "pool": {"min_size": 1, "max_size": 4, "timeout": 10}}
    assert config["CONN_MAX_AGE"] == 0


@pytest.mark.parametrize(
    "url", ["nonsense-4711", "foo://ada:pw-4711@db/shop", "postgres://ada:pw-4711@db:port/shop", "postgres://ada:pw-4711@[/x"]
)
def test_a_database_url_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(EnvError) as error:
        get_database_settings(monkeypatch, DATABASE_URL=url)

    assert "DATABASE_URL" in str(error.value)
    assert "4711" not in str(error.value)


def test_without_a_replica_url_there_is_one_database(monkeypatch: pytest.MonkeyPatch) -> None:
    assert get_all_database_settings(monkeypatch, DATABASE_URL="postgres://db/shop", DATABASE_REPLICA_URL="").keys() == {"default"}


def test_a_replica_has_the_primarys_settings_waits_less_and_cannot_be_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"DATABASE_URL": "postgres://db/shop", "DATABASE_REPLICA_URL": "postgres://ada:pw@copy.example:5433/shop"}

    databases = get_all_database_settings(monkeypatch, True, **variables, DATABASE_SSL="1")

    primary, replica = databases["default"], databases["replica"]
    assert (replica["NAME"], replica["HOST"], replica["PORT"]) == ("shop", "copy.example", 5433)
    assert replica["TEST"] == {"MIRROR": "default"}
    assert replica["OPTIONS"] == {
        **primary["OPTIONS"],
        "connect_timeout": 2,
        "tcp_user_timeout": 5_000,
        "keepalives_idle": 10,
        "reply_timeout": 5,
        "options": f"{primary['OPTIONS']['options']} -c default_transaction_read_only=on -c statement_timeout=4000",
    }


@pytest.mark.parametrize(("limit", "expected"), [("0", 4000), ("2500", 2500), ("15000", 4000)])
def test_a_replica_ends_a_slow_statement_before_it_passes_for_dead(
    monkeypatch: pytest.MonkeyPatch, limit: str, expected: int
) -> None:
    variables = {"DATABASE_URL": "postgres://db/shop", "DATABASE_REPLICA_URL": "postgres://copy/shop"}

    replica = get_all_database_settings(monkeypatch, True, **variables, DATABASE_STATEMENT_TIMEOUT=limit)["replica"]

    assert replica["OPTIONS"]["options"].endswith(f" -c statement_timeout={expected}")


def test_the_url_of_a_replica_may_set_how_long_to_wait_for_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"DATABASE_URL": "postgres://db/shop", "DATABASE_REPLICA_URL": "postgres://copy/shop?connect_timeout=4"}

    assert get_all_database_settings(monkeypatch, **variables)["replica"]["OPTIONS"]["connect_timeout"] == 4


def test_a_replica_behind_a_pooler_is_sent_no_options_and_has_a_pool_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {"DATABASE_URL": "postgres://db/shop", "DATABASE_REPLICA_URL": "postgres://copy/shop"}

    replica = get_all_database_settings(monkeypatch, **variables, DATABASE_PREPARED="0", DATABASE_POOL="4")["replica"]

    assert "options" not in replica["OPTIONS"]
    assert replica["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 4, "timeout": 2}


@pytest.mark.parametrize(
    ("primary", "replica"),
    [
        ("", "postgres://copy/shop"),
        ("sqlite:////shop/db.sqlite3", "postgres://copy/shop"),
        ("postgres://db/shop", "sqlite:////shop/db.sqlite3"),
        ("postgres://db/shop", "mysql://copy/shop"),
        ("mysql://db/shop", "mysql://copy/shop"),
    ],
)
def test_only_postgresql_has_replicas(monkeypatch: pytest.MonkeyPatch, primary: str, replica: str) -> None:
    with pytest.raises(EnvError, match=r"^DATABASE_REPLICA_URL needs PostgreSQL, there and in DATABASE_URL"):
        get_all_database_settings(monkeypatch, DATABASE_URL=primary, DATABASE_REPLICA_URL=replica)


def test_a_replica_url_that_cannot_be_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EnvError, match=r"^DATABASE_REPLICA_URL is malformed") as error:
        get_all_database_settings(
            monkeypatch, DATABASE_URL="postgres://db/shop", DATABASE_REPLICA_URL="postgres://a:pw-4711@db:x/y"
        )

    assert "4711" not in str(error.value)
