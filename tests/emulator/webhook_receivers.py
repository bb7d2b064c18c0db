"""A webhook of nobody's shop: it keeps what it is sent, and answers what it is told to."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.emulator.stripe_schema import check_object


@dataclass(frozen=True)
class Received:
    """One request."""

    method: str
    body: bytes
    headers: dict[str, str]
    at: float

    @property
    def event(self) -> dict[str, Any]:
        """Return what it tells of."""
        told: dict[str, Any] = json.loads(self.body)
        return told

    @property
    def signature(self) -> str:
        """Return the header that proves the sender."""
        return self.headers["Stripe-Signature"]


@dataclass
class Receiver:
    """What came in, and what shall be answered: `answers` one after the other, and 200 ever after."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[int | bytes] = field(default_factory=list)  # bytes are sent as they are, and the connection is closed
    location: str = ""  # where a redirect leads
    gate: threading.Event = field(default_factory=threading.Event)  # no answer while it is not set
    changed: threading.Condition = field(default_factory=threading.Condition)

    def clear(self) -> None:
        """Forget all, and answer 200 at once."""
        with self.changed:
            self.received, self.answers, self.location = [], [], ""
        self.gate.set()

    def take(self, received: Received) -> int | bytes:
        """Keep a request, and return what it is answered."""
        with self.changed:
            self.received.append(received)
            answer = self.answers.pop(0) if self.answers else 200
            self.changed.notify_all()
        self.gate.wait(10)
        return answer

    def taken(self) -> list[Received]:
        """Return what came in, and forget it."""
        with self.changed:
            found, self.received = self.received, []
        return found

    def wait_for(self, number: int, seconds: float = 5) -> list[Received]:
        """Return what came in once it is so many requests. Fails where that takes too long."""
        with self.changed:
            enough = self.changed.wait_for(lambda: len(self.received) >= number, seconds)
            assert enough, f"{len(self.received)} of {number} requests came: {self.types()}"
            return list(self.received)

    def events(self) -> list[dict[str, Any]]:
        """Return the events, each checked against the schema."""
        found = [received.event for received in list(self.received) if received.method == "POST"]
        for event in found:
            check_object(event)
        return found

    def types(self) -> list[str]:
        """Return the types of the events in the order in which they came."""
        return [event["type"] for event in self.events()]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    receiver: Receiver

    def do_GET(self) -> None:
        """Take what a webhook is never sent, but for a redirect that was followed."""
        self._take("GET", b"")

    def do_POST(self) -> None:
        """Take an event."""
        self._take("POST", self.rfile.read(int(self.headers["Content-Length"])))

    def _take(self, method: str, body: bytes) -> None:
        answer = self.receiver.take(Received(method, body, dict(self.headers), time.time()))
        if isinstance(answer, bytes):
            self.wfile.write(answer)
            return
        self.send_response(answer)
        if 300 <= answer < 400:
            self.send_header("Location", self.receiver.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class Server(ThreadingHTTPServer):
    """Serves each caller in a thread, and says nothing of those that went away."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Start a webhook on a port of its own."""
    receiver = Receiver()
    receiver.gate.set()
    with Server(("127.0.0.1", 0), type("Handling", (Handler,), {"receiver": receiver})) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/webhook/"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.gate.set()
            server.shutdown()
            thread.join()
