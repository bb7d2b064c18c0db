"""Serves the shop front, with the standard library only: `python examples/storefront/serve.py --port 5173 --api http://localhost:8000`."""

import argparse
import re
import socket
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

FOLDER = Path(__file__).resolve().parent
DEFAULT_API = "http://localhost:8000"
HOSTS = ("localhost", "127.0.0.1")
PAGES = (  # the routes of app.js; whether a product or an order exists is known to the shop alone
    r"^/$",
    r"^/product/([^/]+)$",
    r"^/cart$",
    r"^/checkout$",
    r"^/checkout/(?:success|cancel)$",
    r"^/orders/([^/]+)$",
    r"^/orders$",
    r"^/wishlist$",
    r"^/sign-in$",
    r"^/sign-up$",
    r"^/account$",
    r"^/addresses$",
    r"^/reset-password$",
    r"^/verify-email$",
)


class Handler(SimpleHTTPRequestHandler):
    """Serves files; every other path returns the page, which does its own routing, with status 404 if it has no route for it."""

    def __init__(self, *arguments: Any, api: str, host: str) -> None:
        self.api, self.host = api, host
        super().__init__(*arguments, directory=str(FOLDER))

    def do_GET(self) -> None:
        """Send a file or the page. Redirect to one host name, because browsers and the shop treat each name as another site."""
        requested_host, _, port = self.headers.get("Host", "").rpartition(":")
        if requested_host in HOSTS and requested_host != self.host:
            self.send_response(307)
            self.send_header("Location", f"http://{self.host}:{port}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path = urlsplit(self.path).path
        if path != "/" and Path(self.translate_path(path)).is_file() and not path.endswith(".py"):
            super().do_GET()
            return
        page = (FOLDER / "index.html").read_text(encoding="utf-8").replace(DEFAULT_API, self.api).encode()
        is_known = any(re.search(pattern, re.sub(r"(.)/$", r"\1", path)) for pattern in PAGES)
        self.send_response(200 if is_known else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def end_headers(self) -> None:
        """Allow the page to load its own files and to call the shop, and nothing else."""
        # Images may be on a media host. `no-cache` makes browsers revalidate files, so that changes to the code take effect.
        images = f"img-src 'self' data: https: {self.api}"
        policy = f"default-src 'self'; connect-src {self.api}; {images}; base-uri 'none'; frame-ancestors 'none'"
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "strict-origin-when-cross-origin")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


class Server(ThreadingHTTPServer):
    """A local server with a backlog large enough for a browser that requests many files at once."""

    request_queue_size = 64
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind without the host name lookup of `HTTPServer`, which can take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", self.server_address[1]


def make_server(port: int = 5173, api: str = DEFAULT_API, host: str = "localhost") -> Server:
    """Return a server on this port of 127.0.0.1 (0: a free one) with one of HOSTS as its name, for the shop at `api`."""
    return Server(("127.0.0.1", port), partial(Handler, api=api, host=host))


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Serves the demo shop front.")
    parser.add_argument("--port", type=int, default=5173)
    parser.add_argument("--api", default=DEFAULT_API, help="URL of the shop, without /api")
    options = parser.parse_args()
    with suppress(KeyboardInterrupt):
        make_server(options.port, options.api).serve_forever()


if __name__ == "__main__":
    main()
