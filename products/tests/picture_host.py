"""A stand-in for a host of pictures: an HTTP server on 127.0.0.1 that answers as it is told and remembers what it was asked."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

GIVES_UP = 5  # seconds after which an endless answer ends, for a test that fails shall end too


class Request(BaseHTTPRequestHandler):
    """One request to a host."""

    def do_GET(self) -> None:
        """Answer as the host was told."""
        host: Host = self.server.host  # type: ignore[attr-defined]  # set by Host
        host.asked.append(self.path)
        host.headers.append(dict(self.headers))
        answer = host.answers.get(self.path)
        with contextlib.suppress(OSError):  # the client may leave at any time
            if answer is None:
                self.send_error(404)
            else:
                answer(self)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


Answer = Callable[[Request], None]


class Host:
    """A running server."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.answers: dict[str, Answer] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
        self.server.daemon_threads = True
        self.server.host = self  # type: ignore[attr-defined]
        self.port = self.server.server_address[1]

    def at(self, path: str, answer: Answer) -> str:
        """Answer so at this path, and return its address."""
        self.answers[path] = answer
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def picture_host() -> Iterator[Host]:
    """Start a host."""
    host = Host()
    thread = threading.Thread(target=lambda: host.server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield host
    finally:
        host.server.shutdown()
        host.server.server_close()
        thread.join()


def says(content: bytes, *, status: int = 200, has_length: bool = True, **headers: str) -> Answer:
    """Answer with this content."""

    def answer(request: Request) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        if has_length:
            request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    return answer


def points_to(address: str, *, status: int = 302) -> Answer:
    """Redirect."""
    return says(b"", status=status, Location=address)


def trickles(head: bytes, drop: bytes, *, pause: float = 0.05) -> Answer:
    """Send the head, and then drop after drop without end."""

    def answer(request: Request) -> None:
        end = time.monotonic() + GIVES_UP
        request.wfile.write(head)
        while time.monotonic() < end:
            request.wfile.write(drop)
            time.sleep(pause)

    return answer
