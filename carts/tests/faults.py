"""Database failures in the middle of a request, without hooks in the code under test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, OperationalError, connection

WRITE_KEYWORDS = ("INSERT", "UPDATE", "DELETE")
Execute = Callable[..., Any]


@contextmanager
def failing(*, table: str = "", write: int = 0) -> Iterator[list[str]]:
    """Make every statement on the table fail, or the n-th write; yield the writes so far."""
    writes: list[str] = []

    def execute_or_fail(execute: Execute, sql: str, *rest: Any) -> Any:
        if sql.startswith(WRITE_KEYWORDS):
            writes.append(sql)
            if len(writes) == write:
                raise OperationalError("the database went away")
        if table and table in sql:
            raise OperationalError("the database went away")
        return execute(sql, *rest)

    with connection.execute_wrapper(execute_or_fail):
        yield writes


@contextmanager
def clashing(table: str, times: int) -> Iterator[None]:
    """Make the first inserts into the table fail as duplicates."""
    remaining = times

    def execute_or_clash(execute: Execute, sql: str, *rest: Any) -> Any:
        nonlocal remaining
        if remaining and sql.startswith(f'INSERT INTO "{table}"'):
            remaining -= 1
            raise IntegrityError("duplicate key")
        return execute(sql, *rest)

    with connection.execute_wrapper(execute_or_clash):
        yield
