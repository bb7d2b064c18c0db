"""A webhook endpoint that records requests and answers as configured."""

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
class ReceivedRequest:
    """A recorded request."""

    method: str
    body: bytes
    headers: dict[str, str]
    at: float

    @property
    def event(self) -> dict[str, Any]:
        """Return the event in the body."""
        payload: dict[str, Any] = json.loads(self.body)
        return payload

    @property
    def signature(self) -> str:
        """Return the signature header."""
        return self.headers["Stripe-Signature"]


@dataclass
class WebhookReceiver:
    """Recorded requests and configured answers: `answers` in turn, then always 200."""

    url: str = ""
    received: list[ReceivedRequest] = field(default_factory=list)
    answers: list[int | bytes] = field(default_factory=list)  # bytes are sent as they are, and the connection is closed
    location: str = ""  # where a redirect leads
    gate: threading.Event = field(default_factory=threading.Event)  # answers wait while it is not set
    changed: threading.Condition = field(default_factory=threading.Condition)

    def clear(self) -> None:
        """Forget all requests, and answer 200 at once."""
        with self.changed:
            self.received, self.answers, self.location = [], [], ""
        self.gate.set()

    def record(self, received: ReceivedRequest) -> int | bytes:
        """Record a request and return its answer."""
        with self.changed:
            self.received.append(received)
            response = self.answers.pop(0) if self.answers else 200
            self.changed.notify_all()
        self.gate.wait(10)
        return response

    def pop_requests(self) -> list[ReceivedRequest]:
        """Return the recorded requests and forget them."""
        with self.changed:
            requests, self.received = self.received, []
        return requests

    def wait_for(self, number: int, seconds: float = 60) -> list[ReceivedRequest]:
        """Wait for this number of requests and return them; fail on a timeout."""
        with self.changed:
            enough = self.changed.wait_for(lambda: len(self.received) >= number, seconds)
            assert enough, f"{len(self.received)} of {number} requests came: {self.types()}"
            return list(self.received)

    def events(self) -> list[dict[str, Any]]:
        """Return the events, each checked against the schema."""
        requests = [received.event for received in list(self.received) if received.method == "POST"]
        for event in requests:
            check_object(event)
        return requests

    def types(self) -> list[str]:
        """Return the types of the events in order of arrival."""
        return [event["type"] for event in self.events()]


class Handler(BaseHTTPRequestHandler):
    """Handles one connection."""

    receiver: WebhookReceiver

    def do_GET(self) -> None:
        """Record a GET, which only a followed redirect sends."""
        self._record("GET", b"")

    def do_POST(self) -> None:
        """Record an event."""
        self._record("POST", self.rfile.read(int(self.headers["Content-Length"])))

    def _record(self, method: str, body: bytes) -> None:
        response = self.receiver.record(ReceivedRequest(method, body, dict(self.headers), time.time()))
        if isinstance(response, bytes):
            self.wfile.write(response)
            return
        self.send_response(response)
        if 300 <= response < 400:
            self.send_header("Location", self.receiver.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing."""


class Server(ThreadingHTTPServer):
    """Serves each connection in a thread, and ignores disconnects."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def run_receiver() -> Iterator[WebhookReceiver]:
    """Run a receiver on a free port."""
    receiver = WebhookReceiver()
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
