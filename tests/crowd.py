"""Many callers at one moment: each a thread and a connection of its own, against a server that really runs."""

import http.client
import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 60  # seconds until a call counts as hung


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls the server at `url` with these headers: a token, or a guest's key."""

    url: str
    headers: dict[str, str]

    def send(self, method: str, path: str, body: dict[str, Any], **headers: str) -> Answer:
        """Send a body of JSON and return the answer."""
        return self.send_raw(method, path, json.dumps(body).encode(), **headers)

    def send_raw(self, method: str, path: str, body: bytes, **headers: str) -> Answer:
        """Send a body as it is and return the answer."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE)
        try:
            sent = {"Content-Type": "application/json", **self.headers, **headers}
            connection.request(method, path, body, sent)
            with connection.getresponse() as response:  # which holds the socket too
                return Answer(response.status, json.loads(response.read()))
        finally:
            connection.close()

    def sending(self, method: str, path: str, body: dict[str, Any], **headers: str) -> Callable[[], Answer]:
        """Return the call that will do so."""
        return partial(self.send, method, path, body, **headers)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Answer:
        """Send a body of JSON by POST and return the answer."""
        return self.send("POST", path, body, **headers)

    def posting(self, path: str, body: dict[str, Any], **headers: str) -> Callable[[], Answer]:
        """Return the call that will do so."""
        return self.sending("POST", path, body, **headers)


def at_once(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Make all calls at one moment, and return their answers in the order of the calls."""
    start = threading.Barrier(len(calls))

    def call(one: Callable[[], Answer]) -> Answer:
        start.wait()
        return one()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(call, calls))


def statuses(answers: Sequence[Answer]) -> dict[int, int]:
    """Count the answers by status."""
    found = sorted(answer.status for answer in answers)
    return {status: found.count(status) for status in dict.fromkeys(found)}
