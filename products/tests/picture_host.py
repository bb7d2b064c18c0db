"""A fake image host: an HTTP server on 127.0.0.1 that sends configured responses and records the requests."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MAX_DURATION = 5  # seconds after which an endless response stops, so that a failing test ends too


class Request(BaseHTTPRequestHandler):
    """A request to the host."""

    def do_GET(self) -> None:
        """Record the request and send the response configured for its path."""
        host: PictureHost = self.server.host  # type: ignore[attr-defined]  # set by PictureHost
        host.requested_paths.append(self.path)
        host.headers.append(dict(self.headers))
        respond = host.responders.get(self.path)
        with contextlib.suppress(OSError):  # the client may disconnect at any time
            if respond is None:
                self.send_error(404)
            else:
                respond(self)

    def log_message(self, *args: Any) -> None:
        """Suppress the request log."""


Responder = Callable[[Request], None]


class PictureHost:
    """A running server."""

    def __init__(self) -> None:
        self.requested_paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.responders: dict[str, Responder] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Request)
        self.server.daemon_threads = True
        self.server.host = self  # type: ignore[attr-defined]
        self.port = self.server.server_address[1]

    def serve(self, path: str, responder: Responder) -> str:
        """Respond like this at the path, and return its URL."""
        self.responders[path] = responder
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def picture_host() -> Iterator[PictureHost]:
    """Run a host."""
    host = PictureHost()
    thread = threading.Thread(target=lambda: host.server.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield host
    finally:
        host.server.shutdown()
        host.server.server_close()
        thread.join()


def respond_with(content: bytes, *, status: int = 200, has_length: bool = True, **headers: str) -> Responder:
    """Respond with this content."""

    def respond(request: Request) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        if has_length:
            request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    return respond


def redirect_to(url: str, *, status: int = 302) -> Responder:
    """Redirect to the URL."""
    return respond_with(b"", status=status, Location=url)


def respond_slowly(head: bytes, chunk: bytes, *, pause: float = 0.05) -> Responder:
    """Send the head, and then the chunk again and again without end."""

    def respond(request: Request) -> None:
        end = time.monotonic() + MAX_DURATION
        request.wfile.write(head)
        while time.monotonic() < end:
            request.wfile.write(chunk)
            time.sleep(pause)

    return respond
