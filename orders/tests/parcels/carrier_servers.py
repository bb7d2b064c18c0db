"""A carrier's server in the process of the tests, which answers whatever a test wants."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qsl, urlsplit


@dataclass
class CarrierServer:
    """What the server answers, and the requests that it got: each with its parameters and headers."""

    url: str
    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    by_number: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[list[tuple[str, str]], dict[str, str]]] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    carrier: CarrierServer


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        carrier = cast(_Server, self.server).carrier
        params = parse_qsl(urlsplit(self.path).query)
        carrier.requests.append((params, {name.lower(): value for name, value in self.headers.items()}))
        numbers = [value for _, value in params]
        body = carrier.by_number.get(numbers[0], carrier.body) if len(numbers) == 1 else carrier.body
        self.send_response(carrier.status)
        for name, value in {"Content-Length": str(len(body)), **carrier.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True  # the shop has read enough

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@contextmanager
def run_carrier_server() -> Iterator[CarrierServer]:
    """Run a server on a free port, and stop it afterwards."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.carrier = CarrierServer(f"http://127.0.0.1:{server.server_port}/events")
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.carrier
        finally:
            server.shutdown()
            thread.join()
