"""Reads from a streaming replica (DATABASE_REPLICA_URL), and from the primary while the replica is down or too far behind.

Only what runs within `read` goes to the replica, and inside a transaction nothing does. Compiled queries and the ORM ask
`get_alias` where to go, so no query names a database.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DataError, Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from core.circuit_breaker import CircuitBreaker
from core.sqlstates import QUERY_CANCELED, ROLLBACK_CLASS, get_sqlstate

T = TypeVar("T")
logger = logging.getLogger("shop.replica")
REPLICA_ALIAS = "replica"
RETRY_SECONDS = 5.0  # between attempts to use the replica during an outage
CHECK_SECONDS = 1.0  # between measurements of the lag
RECOVERY_CONFLICT = "conflict with recovery"
# The age in seconds of the last transaction that was replayed, and the position up to which the replica has received the WAL. The
# age is 0 if everything received has been replayed, because the primary may have been idle since, and NULL after a restart. The
# last column is whether the WAL has been replayed up to a given position. Any role may see that pg_stat_wal_receiver has a row.
LAG = """
SELECT
    CASE
        WHEN NOT pg_is_in_recovery() THEN 0
        WHEN is_receiving AND pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn() THEN 0
        ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())
    END::float8,
    pg_last_wal_receive_lsn()::text,
    coalesce(is_receiving AND pg_last_wal_replay_lsn() >= %s::pg_lsn, false)
FROM (SELECT EXISTS (SELECT FROM pg_stat_wal_receiver) AS is_receiving) AS receiver
"""
_alias: ContextVar[str] = ContextVar("alias_of_reads", default=DEFAULT_DB_ALIAS)


class ReplicaRouter:
    """Sends the ORM's reads where `get_alias` says, and everything else to the primary."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        """Return the database of a QuerySet that reads."""
        return get_alias()

    def db_for_write(self, model: Any, **hints: Any) -> str:
        """Return the primary."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        """Allow relations between rows that were read from either database: they are the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        """Migrate the primary only; the replica follows."""
        return db != REPLICA_ALIAS


def is_configured() -> bool:
    """Return whether the shop has a replica."""
    return REPLICA_ALIAS in connections.settings


def get_alias() -> str:
    """Return the database from which to read now."""
    alias = _alias.get()
    if alias != DEFAULT_DB_ALIAS and connections[DEFAULT_DB_ALIAS].in_atomic_block:
        return DEFAULT_DB_ALIAS
    return alias


def get_connection() -> BaseDatabaseWrapper:
    """Return this thread's connection to the database from which to read now."""
    return connections[get_alias()]


def read(function: Callable[[], T]) -> T:
    """Return the result of a function that only reads; its statements go to the replica if that is available.

    If the replica fails, the function is called again on the primary, so that its result never mixes two databases.
    """
    if not is_configured() or connections[DEFAULT_DB_ALIAS].in_atomic_block or not health.is_available():
        return function()
    try:
        with _reading_from(REPLICA_ALIAS):
            return function()
    except Error as error:
        if isinstance(error, DataError) or _has_timed_out(error):
            raise  # the primary would refuse it too, or need as long
        health.record_error(error)
    return function()


@contextmanager
def on_primary() -> Iterator[None]:
    """Read from the primary in this block, for what must be up to date for every caller."""
    with _reading_from(DEFAULT_DB_ALIAS):
        yield


@contextmanager
def _reading_from(alias: str) -> Iterator[None]:
    token = _alias.set(alias)
    try:
        yield
    finally:
        _alias.reset(token)


class ReplicaHealth:
    """Whether this process may use the replica, which it asks at most once a second, and during an outage every 5 seconds."""

    def __init__(self) -> None:
        self.lag: float | None = None  # seconds, as last measured; None if it is not known
        self._breaker = CircuitBreaker(RETRY_SECONDS)
        self._check_lock = Lock()
        self._check_at = float("-inf")  # when the next measurement is due, on the monotonic clock
        self._received: tuple[float, str] | None = None  # when the lag was last measured, and up to which position

    @property
    def is_skipped(self) -> bool:
        """Whether the primary answers the replica's reads, as far as this process knows without asking."""
        return self._breaker.is_open

    def is_available(self) -> bool:
        """Return whether the replica answers and is not too far behind. Asking it may take some seconds."""
        if not self._breaker.allows_call():
            return False
        return self._check() if self._is_check_due() else True

    def record_error(self, error: Error) -> None:
        """Note that the replica failed to answer a statement, unless replay merely cancelled it."""
        connections[REPLICA_ALIAS].close()  # the server may have ended it, or still owe a reply
        if not _is_recovery_conflict(error):
            self._begin_outage(f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}")

    def _is_check_due(self) -> bool:
        with self._check_lock:
            now = time.monotonic()
            if now < self._check_at:
                return False
            self._check_at = now + CHECK_SECONDS
            return True

    def _check(self) -> bool:
        try:
            self.lag = self._measure_lag()
        except Error as error:
            self.lag = None
            self.record_error(error)
            return False
        if self.lag is None or self.lag > settings.DATABASE_REPLICA_MAX_LAG:
            self._begin_outage("it has replayed nothing yet" if self.lag is None else f"it is {self.lag:.0f} s behind")
            return False
        if self._breaker.record_success():
            logger.warning("the replica is used again")
        return True

    def _measure_lag(self) -> float | None:
        """Return an upper bound of the lag in seconds, or None if the replica cannot tell. A primary has none.

        The age of the last transaction grows while a long one is replayed, so the time since the last measurement is a bound too,
        if all that had been received by then has been replayed.
        """
        previous, now = self._received, time.monotonic()
        with connections[REPLICA_ALIAS].cursor() as cursor:
            cursor.execute(LAG, [previous[1] if previous else None])
            age, received, has_caught_up = cursor.fetchone()
        self._received = (now, received) if received else None
        bounds = [age] if age is not None else []
        if previous and has_caught_up:
            bounds.append(now - previous[0])
        return min(bounds, default=None)

    def _begin_outage(self, reason: str) -> None:
        with self._check_lock:
            self._check_at = float("-inf")  # the next attempt measures first
        if self._breaker.record_failure():
            logger.error("the replica is not used, and the primary answers its reads: %s", reason)


health = ReplicaHealth()


def _is_recovery_conflict(error: Error) -> bool:
    """Return whether replaying the primary's changes cancelled the statement, which another one need not meet."""
    return get_sqlstate(error).startswith(ROLLBACK_CLASS) or RECOVERY_CONFLICT in str(error)


def _has_timed_out(error: Error) -> bool:
    return get_sqlstate(error) == QUERY_CANCELED and RECOVERY_CONFLICT not in str(error)
