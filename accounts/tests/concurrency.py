"""Concurrent calls for tests."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection, connections

from tests.schema_client import get_strict_components

Result = TypeVar("Result")


def run_concurrently(callers: int, function: Callable[[int], Result]) -> list[Result]:
    """Call `function` in this number of threads, all released together, and return the results."""
    get_strict_components()
    gate = Barrier(callers)

    def call(number: int) -> Result:
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            return function(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(call, range(callers)))
