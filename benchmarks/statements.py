"""Counts the SQL statements that PostgreSQL executes, by its extension pg_stat_statements.

BEGIN and COMMIT do not count, nor do the queries by which PostgreSQL checks foreign keys at the end of a transaction.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

PRELOADED = ("shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track_utility=off")
COUNT = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements WHERE query NOT LIKE '%FROM ONLY%FOR KEY SHARE OF x'"
RELOAD_SECONDS = 0.2  # until every connection has read a changed setting


class StatementCounter:
    """Counts while it is switched on, so that it costs nothing while something else is measured.

    A server that was started without the `PRELOADED` settings counts nothing.
    """

    def __init__(self, connection: "psycopg.Connection[tuple[int]]") -> None:
        self.connection = connection
        setting = connection.execute("SELECT count(*) FROM pg_settings WHERE name = 'pg_stat_statements.track'").fetchone()
        self.is_available = setting == (1,)
        if self.is_available:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            self._configure("none")

    @contextmanager
    def switched_on(self) -> Iterator[None]:
        """Count the statements of all other connections."""
        if self.is_available:
            self._configure("top")
            self.connection.execute("SET pg_stat_statements.track = none")  # in this connection
        try:
            yield
        finally:
            if self.is_available:
                self._configure("none")

    def _configure(self, track: str) -> None:
        self.connection.execute(f"ALTER SYSTEM SET pg_stat_statements.track = {track}".encode())
        self.connection.execute("SELECT pg_reload_conf()")
        time.sleep(RELOAD_SECONDS)

    def reset(self) -> None:
        """Start from zero."""
        if self.is_available:
            self.connection.execute("SELECT pg_stat_statements_reset()")

    def read(self) -> int | None:
        """Return the number of statements since the reset; None if the server does not count."""
        if not self.is_available:
            return None
        row = self.connection.execute(COUNT).fetchone()
        return None if row is None else row[0]
