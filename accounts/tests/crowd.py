"""Many callers at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection, connections

from tests.schema_client import routes

Result = TypeVar("Result")


def at_once(callers: int, act: Callable[[int], Result]) -> list[Result]:
    """Run `act` in as many threads, all let go together, and return what each got."""
    routes()
    gate = Barrier(callers)

    def one(number: int) -> Result:
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(one, range(callers)))
