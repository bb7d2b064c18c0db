"""Requests through nginx, by HTTPS on connections that are kept open, and the record of each."""

import contextlib
import json
import ssl
import time
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPSConnection
from typing import Any, NamedTuple

from tests.nginx import HOST

TIMEOUT = 40  # seconds
BROKEN = 0  # the status of a request whose connection broke
UNKNOWN_OUTCOMES = (BROKEN, 500, 502, 503, 504)  # the write was done, or it was not
READS = ("GET", "HEAD")
Json = dict[str, Any]


class Record(NamedTuple):
    """A request that was sent."""

    method: str
    path: str
    status: int
    started: float  # on the monotonic clock
    seconds: float
    code: str  # of a refusal
    caller: str  # what the request said of who sent it

    @property
    def is_read(self) -> bool:
        """Whether it only read."""
        return self.method in READS

    @property
    def has_failed(self) -> bool:
        """Whether the shop failed to answer it."""
        return self.status in UNKNOWN_OUTCOMES


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, and when its request was sent."""

    status: int
    body: Json
    started: float

    @property
    def is_unknown(self) -> bool:
        """Whether a write may have been done or not."""
        return self.status in UNKNOWN_OUTCOMES

    @property
    def is_success(self) -> bool:
        """Whether the request was answered with success."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The code of a refusal, else empty."""
        return str(self.body.get("code", ""))


@dataclass
class Traffic:
    """Where requests go, and those that were sent; appending to a list is atomic."""

    port: int
    context: ssl.SSLContext
    records: list[Record] = field(default_factory=list)

    def make_client(self, number: int, **headers: str) -> "Client":
        """Return a client with an address of its own on the loopback interface."""
        return Client(self, f"127.0.{1 + number // 250}.{1 + number % 250}", headers)


class Client:
    """A client with one connection."""

    def __init__(self, traffic: Traffic, address: str, headers: dict[str, str]) -> None:
        self.traffic, self.address = traffic, address
        self.headers = {"Host": HOST, "Content-Type": "application/json", **headers}
        self._connection: HTTPSConnection | None = None

    def send(self, method: str, path: str, body: Json | None = None, *, headers: dict[str, str] | None = None) -> Answer:
        """Send a request and return its answer; the status is BROKEN if there is none."""
        started = time.monotonic()
        status = BROKEN
        parsed: Json = {}
        try:
            connection = self._request(method, path, body, headers)
            response = connection.getresponse()
            status, text = response.status, response.read()
            parsed = json.loads(text) if text.startswith(b"{") else {}
        except (OSError, HTTPException, ValueError):
            status = BROKEN
            self.close()
        record = Record(method, path, status, started, time.monotonic() - started, str(parsed.get("code", "")), self.caller)
        self.traffic.records.append(record)
        return Answer(status, parsed, started)

    def send_and_hang_up(self, method: str, path: str, body: Json, *, headers: dict[str, str]) -> None:
        """Send a request and close the connection without waiting for the answer, as a phone in a tunnel does."""
        with contextlib.suppress(OSError, HTTPException):  # it is lost either way
            self._request(method, path, body, headers)
        self.close()

    @property
    def caller(self) -> str:
        """What its requests say of who sends them."""
        return (
            "an account"
            if "Authorization" in self.headers
            else "a cart's key"
            if "X-Cart-Token" in self.headers
            else "anonymous callers"
        )

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _request(self, method: str, path: str, body: Json | None, headers: dict[str, str] | None) -> HTTPSConnection:
        if self._connection is None:
            self._connection = HTTPSConnection(
                "127.0.0.1", self.traffic.port, timeout=TIMEOUT, source_address=(self.address, 0), context=self.traffic.context
            )
        content = None if body is None else json.dumps(body)
        self._connection.request(method, path, content, {**self.headers, **(headers or {})})
        return self._connection
