"""Concurrent requests: each caller has a thread and a connection, and calls a live server."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.db import connection

TIMEOUT = 60  # seconds until a call counts as hung


@dataclass(frozen=True, slots=True)
class Response:
    """The response to a request."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls the server at `url` with these headers (a token or a guest's key)."""

    url: str
    headers: dict[str, str]

    def send(self, method: str, path: str, body: dict[str, Any], **headers: str) -> Response:
        """Send a JSON body and return the response."""
        return self.send_raw(method, path, json.dumps(body).encode(), **headers)

    def send_raw(self, method: str, path: str, body: bytes, **headers: str) -> Response:
        """Send raw bytes and return the response."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=TIMEOUT)
        try:
            sent = {"Content-Type": "application/json", **self.headers, **headers}
            connection.request(method, path, body, sent)
            with connection.getresponse() as response:  # closes the socket too
                return Response(response.status, json.loads(response.read()))
        finally:
            connection.close()

    def make_call(self, method: str, path: str, body: dict[str, Any], **headers: str) -> Callable[[], Response]:
        """Return a call of `send` with these arguments."""
        return partial(self.send, method, path, body, **headers)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Response:
        """Post a JSON body and return the response."""
        return self.send("POST", path, body, **headers)

    def make_post(self, path: str, body: dict[str, Any], **headers: str) -> Callable[[], Response]:
        """Return a call of `post` with these arguments."""
        return self.make_call("POST", path, body, **headers)


def at_once(calls: Sequence[Callable[[], Response]]) -> list[Response]:
    """Make all calls at the same moment and return the responses in the order of the calls."""
    start = threading.Barrier(len(calls))

    def call(request: Callable[[], Response]) -> Response:
        start.wait()
        return request()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call, calls))


def count_statuses(responses: Sequence[Response]) -> dict[int, int]:
    """Count the responses by status."""
    counts = sorted(response.status for response in responses)
    return {status: counts.count(status) for status in dict.fromkeys(counts)}


def wait_for_blocked_statement() -> None:
    """Wait until a statement of another connection waits for a lock; on PostgreSQL."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(300):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.1)
    raise AssertionError("no statement waits for a lock")
