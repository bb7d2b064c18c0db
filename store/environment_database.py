"""Parser of the environment variables of the databases, for `settings.py`."""

from pathlib import Path
from typing import Any

import dj_database_url
from environs import EnvError

from store.environment import ShopEnv

# JIT compilation costs more than any query of a shop, and the tables are on SSDs. With less memory, the matches of frequent words
# are collected by pages, and all rows of these are read. Parallel workers would take the cores from other requests.
# Connection poolers reject such options; with one, use ALTER ROLE ... SET.
PLANNER_OPTIONS = "-c jit=off -c random_page_cost=1.1 -c work_mem=32MB -c max_parallel_workers_per_gather=0"
# Options of libpq for every connection; those of DATABASE_URL take precedence. Without them, a database host that vanishes holds a
# request until TCP gives up, which takes minutes.
NETWORK_LIMITS = {"connect_timeout": 5, "tcp_user_timeout": 30_000, "keepalives_idle": 30}  # seconds, milliseconds, seconds
# Those of the replica are short, because the primary answers instead (core/replica.py). 2 seconds are the least that libpq accepts.
REPLICA_NETWORK_LIMITS = {"connect_timeout": 2, "tcp_user_timeout": 5_000, "keepalives_idle": 10}
REPLICA_REPLY_TIMEOUT = 5  # seconds (core/postgresql)
REPLICA_STATEMENT_TIMEOUT = 4_000  # milliseconds; a slow search is refused before it passes for a replica that does not reply
REPLICA_POOL_TIMEOUT = 2  # seconds
READ_ONLY = "-c default_transaction_read_only=on"
POSTGRESQL = "django.db.backends.postgresql"


def parse_databases(env: ShopEnv, base_dir: Path, *, is_serving: bool) -> dict[str, dict[str, Any]]:
    """Return Django's database settings: the primary's from DATABASE_URL, and the replica's if DATABASE_REPLICA_URL is set.

    Without DATABASE_URL, the primary is a SQLite file. `is_serving` says that the process answers requests, so that its
    statements have a limit. Raises EnvError.
    """
    primary = _parse_url("DATABASE_URL", env.str("DATABASE_URL", "") or f"sqlite:///{base_dir / 'db.sqlite3'}")
    replica_url: str = env.str("DATABASE_REPLICA_URL", "")
    if primary["ENGINE"] == "django.db.backends.sqlite3":
        primary |= _sqlite_config(primary["NAME"])
    else:
        primary |= _server_config(env, primary, is_serving=is_serving)
    if not replica_url:
        return {"default": primary}
    replica = _parse_url("DATABASE_REPLICA_URL", replica_url)
    if replica["ENGINE"] != POSTGRESQL or primary["ENGINE"] != "core.postgresql":
        raise EnvError("DATABASE_REPLICA_URL needs PostgreSQL, there and in DATABASE_URL: only its servers stream to replicas.")
    return {"default": primary, "replica": replica | _replica_config(env, replica, is_serving=is_serving)}


def _parse_url(name: str, url: str) -> dict[str, Any]:
    try:
        return dict(dj_database_url.parse(url))
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        raise EnvError(f"{name} is malformed; it must look like postgres://user:password@host:5432/name.") from None


def _sqlite_config(name: str) -> dict[str, Any]:
    # IMMEDIATE: otherwise a transaction that reads before it writes fails with "database is locked" under concurrency.
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
    return {
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE", "init_command": pragmas},
        "CONN_MAX_AGE": None,
        "TEST": {"NAME": f"{name}.test" if name != ":memory:" else None},
    }


def _server_config(env: ShopEnv, config: dict[str, Any], *, is_serving: bool) -> dict[str, Any]:
    pool = env.count("DATABASE_POOL", 0)
    options: dict[str, Any] = dict(config.get("OPTIONS", {}))
    is_prepared = env.bool("DATABASE_PREPARED", True)
    is_postgresql = config["ENGINE"] == POSTGRESQL
    if is_postgresql:
        options = NETWORK_LIMITS | options
        if env.bool("DATABASE_SSL", False):
            options.setdefault("sslmode", "require")
        limits = _parse_limits(env, is_serving=is_serving and is_prepared)
        if is_prepared:
            options |= {"server_side_binding": True, "prepare_threshold": 1}
            options["options"] = " ".join(filter(None, (options.get("options", ""), PLANNER_OPTIONS, *limits)))
        elif limits:
            raise EnvError(
                "DATABASE_STATEMENT_TIMEOUT, DATABASE_LOCK_TIMEOUT and DATABASE_IDLE_TIMEOUT cannot be sent through a connection "
                "pooler (DATABASE_PREPARED=0). Leave them empty, and set the limits in PostgreSQL: "
                "ALTER ROLE ... SET statement_timeout = '15s'."
            )
        if pool:
            options["pool"] = {"min_size": 1, "max_size": pool, "timeout": 10}
    return {
        "ENGINE": "core.postgresql" if is_postgresql else config["ENGINE"],
        "OPTIONS": options,
        "CONN_MAX_AGE": 0 if pool else env.count("CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": not is_prepared,
    }


def _replica_config(env: ShopEnv, config: dict[str, Any], *, is_serving: bool) -> dict[str, Any]:
    """Return the primary's settings with the replica's limits. In tests the replica mirrors the primary."""
    server = _server_config(env, config, is_serving=is_serving)
    options = server["OPTIONS"] | REPLICA_NETWORK_LIMITS | config.get("OPTIONS", {}) | {"reply_timeout": REPLICA_REPLY_TIMEOUT}
    if "options" in server["OPTIONS"]:
        limit = min(env.count("DATABASE_STATEMENT_TIMEOUT", 0) or REPLICA_STATEMENT_TIMEOUT, REPLICA_STATEMENT_TIMEOUT)
        options["options"] = f"{server['OPTIONS']['options']} {READ_ONLY} -c statement_timeout={limit}"
    if "pool" in options:
        options["pool"] = {**options["pool"], "timeout": REPLICA_POOL_TIMEOUT}
    return {**server, "OPTIONS": options, "TEST": {"MIRROR": "default"}}


def _parse_limits(env: ShopEnv, *, is_serving: bool) -> list[str]:
    """Return PostgreSQL's options for the limits, in milliseconds.

    By default a process that answers requests has some. A command has none, because imports and migrations take longer.
    """
    statement, lock, idle = (15_000, 10_000, 60_000) if is_serving else (0, 0, 0)
    limits = {
        "statement_timeout": env.count("DATABASE_STATEMENT_TIMEOUT", statement),
        "lock_timeout": env.count("DATABASE_LOCK_TIMEOUT", lock),
        "idle_in_transaction_session_timeout": env.count("DATABASE_IDLE_TIMEOUT", idle),
    }
    return [f"-c {name}={limit}" for name, limit in limits.items() if limit]
