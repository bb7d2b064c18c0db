"""Capture the SQL statements of a request."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

TRANSACTION = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@contextmanager
def capture_statements() -> Iterator[list[str]]:
    """Collect the statements that the block runs, except those that begin or end a transaction."""
    queries: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield queries
    queries += [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(TRANSACTION)]
