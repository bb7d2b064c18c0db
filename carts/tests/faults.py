"""The database fails in the middle of a request: made from outside, with no hook in the shop's code."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError, OperationalError, connection

WRITES = ("INSERT", "UPDATE", "DELETE")
Execute = Callable[..., Any]


@contextmanager
def failing(*, table: str = "", write: int = 0) -> Iterator[list[str]]:
    """Let each statement on this table fail, or the n-th that writes; yields the writing statements so far."""
    seen: list[str] = []

    def execute_or_fail(execute: Execute, sql: str, *rest: Any) -> Any:
        if sql.startswith(WRITES):
            seen.append(sql)
            if len(seen) == write:
                raise OperationalError("the database went away")
        if table and table in sql:
            raise OperationalError("the database went away")
        return execute(sql, *rest)

    with connection.execute_wrapper(execute_or_fail):
        yield seen


@contextmanager
def clashing(table: str, times: int) -> Iterator[None]:
    """Let the first inserts into this table find that somebody else was faster."""
    left = times

    def execute_or_clash(execute: Execute, sql: str, *rest: Any) -> Any:
        nonlocal left
        if left and sql.startswith(f'INSERT INTO "{table}"'):
            left -= 1
            raise IntegrityError("duplicate key")
        return execute(sql, *rest)

    with connection.execute_wrapper(execute_or_clash):
        yield
