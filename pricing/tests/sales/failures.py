"""Statements that fail once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connection


@contextmanager
def fail_once(begin: str) -> Iterator[list[str]]:
    """Make the first statement that starts like this fail; yields the errors raised."""
    failures: list[str] = []

    def execute_or_fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not failures and sql.startswith(begin):
            failures.append(f"cannot run {begin}")
            raise OperationalError(failures[0])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(execute_or_fail):
        yield failures
