"""Serves the shop front: `python examples/storefront/serve.py --port 5173 --api http://localhost:8000`. Standard library only."""

import argparse
import socket
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FOLDER = Path(__file__).resolve().parent
DEFAULT_API = "http://localhost:8000"
NAMES = ("localhost", "127.0.0.1")


class Handler(SimpleHTTPRequestHandler):
    """Files as they are; every other path is the page, whose code knows what it means."""

    def __init__(self, *arguments: Any, api: str, name: str) -> None:
        self.api, self.name = api, name
        super().__init__(*arguments, directory=str(FOLDER))

    def do_GET(self) -> None:
        """Send a file, or the page; by one name alone, for to a browser and to the shop another name is another site."""
        host, _, port = self.headers.get("Host", "").rpartition(":")
        if host in NAMES and host != self.name:
            self.send_response(307)
            self.send_header("Location", f"http://{self.name}:{port}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path = urlsplit(self.path).path
        if path != "/" and Path(self.translate_path(path)).is_file() and not path.endswith(".py"):
            super().do_GET()
            return
        page = (FOLDER / "index.html").read_text(encoding="utf-8").replace(DEFAULT_API, self.api).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def end_headers(self) -> None:
        """Let the page load its own files and talk to the shop, and nothing else."""
        # Pictures may lie at a media host; what is kept must be asked for again, so that a change of the code is seen.
        pictures = f"img-src 'self' data: https: {self.api}"
        policy = f"default-src 'self'; connect-src {self.api}; {pictures}; base-uri 'none'; frame-ancestors 'none'"
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "strict-origin-when-cross-origin")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """On one address of this machine, with room for a browser that asks for many files at once."""

    request_queue_size = 64
    daemon_threads = True

    def server_bind(self) -> None:
        """Listen at once; `HTTPServer` would look up the machine's name, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", self.server_address[1]


def server(port: int = 5173, api: str = DEFAULT_API, name: str = "localhost") -> Server:
    """Return a server on this port of 127.0.0.1 (0: a free one), by one of its NAMES, for a shop whose API is at `api`."""
    return Server(("127.0.0.1", port), partial(Handler, api=api, name=name))


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Serves the demo shop front.")
    parser.add_argument("--port", type=int, default=5173)
    parser.add_argument("--api", default=DEFAULT_API, help="where the shop answers, without /api")
    given = parser.parse_args()
    with suppress(KeyboardInterrupt):
        server(given.port, given.api).serve_forever()


if __name__ == "__main__":
    main()
