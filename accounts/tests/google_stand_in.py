"""A local HTTP server in place of the host that publishes Google's certificates."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HANG_SECONDS = 5  # seconds that a hanging response takes, longer than the shop's timeout


@dataclass
class FakeGoogle:
    """The response of the fake server, and the requests that it received."""

    url: str = ""
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    failure: str = ""  # hang, close, half (of the body, and closes), stall (after half), trickle
    requests: list[str] = field(default_factory=list)


class FakeGoogleHandler(BaseHTTPRequestHandler):
    """Answers every GET the same way."""

    protocol_version = "HTTP/1.1"
    fake_google: FakeGoogle

    def do_GET(self) -> None:
        """Send the configured response."""
        fake_google = self.fake_google
        fake_google.requests.append(self.path)
        if fake_google.failure in ("hang", "close"):
            time.sleep(HANG_SECONDS if fake_google.failure == "hang" else 0)
            self.close_connection = True
            return
        self.send_response(fake_google.status)
        for name, value in {"Content-Length": str(len(fake_google.body)), **fake_google.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self._write(fake_google.body)

    def _write(self, body: bytes) -> None:
        failure, half = self.fake_google.failure, len(body) // 2
        if failure == "trickle":
            for start in range(0, len(body), len(body) // 12):
                self.wfile.write(body[start : start + len(body) // 12])
                time.sleep(0.6)
            return
        self.wfile.write(body[:half] if failure in ("half", "stall") else body)
        if failure == "stall":
            time.sleep(HANG_SECONDS)
        self.close_connection = failure in ("half", "stall")

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class FakeGoogleServer(ThreadingHTTPServer):
    """Serves each request in a thread, and ignores clients that disconnect."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Stay silent."""


@contextmanager
def serve_certificates(body: str) -> Iterator[FakeGoogle]:
    """Start the fake server on a free port."""
    fake_google = FakeGoogle(body=body.encode())
    with FakeGoogleServer(("127.0.0.1", 0), type("BoundHandler", (FakeGoogleHandler,), {"fake_google": fake_google})) as server:
        fake_google.url = f"http://127.0.0.1:{server.server_address[1]}/certs"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield fake_google
        finally:
            server.shutdown()
            thread.join()
