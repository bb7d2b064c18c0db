"""A stand-in for the host that publishes Google's certificates, over HTTP on this machine."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE = 5  # seconds that a hanging answer takes, which is longer than the shop waits


@dataclass
class StandIn:
    """What the stand-in says, and what it was asked."""

    url: str = ""
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    does: str = ""  # hang, close, half (of the body, and closes), stall (after half), trickle
    asked: list[str] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    """Answers every GET alike."""

    protocol_version = "HTTP/1.1"
    stand_in: StandIn

    def do_GET(self) -> None:
        """Say what the stand-in shall say."""
        stand_in = self.stand_in
        stand_in.asked.append(self.path)
        if stand_in.does in ("hang", "close"):
            time.sleep(PATIENCE if stand_in.does == "hang" else 0)
            self.close_connection = True
            return
        self.send_response(stand_in.status)
        for name, value in {"Content-Length": str(len(stand_in.body)), **stand_in.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self._write(stand_in.body)

    def _write(self, body: bytes) -> None:
        does, half = self.stand_in.does, len(body) // 2
        if does == "trickle":
            for start in range(0, len(body), len(body) // 12):
                self.wfile.write(body[start : start + len(body) // 12])
                time.sleep(0.6)
            return
        self.wfile.write(body[:half] if does in ("half", "stall") else body)
        if does == "stall":
            time.sleep(PATIENCE)
        self.close_connection = does in ("half", "stall")

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class Server(ThreadingHTTPServer):
    """Serves each caller in a thread, and says nothing of those that went away."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def publishing(body: str) -> Iterator[StandIn]:
    """Start the stand-in on a port of its own."""
    stand_in = StandIn(body=body.encode())
    with Server(("127.0.0.1", 0), type("Handling", (Handler,), {"stand_in": stand_in})) as server:
        stand_in.url = f"http://127.0.0.1:{server.server_address[1]}/certs"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield stand_in
        finally:
            server.shutdown()
            thread.join()
