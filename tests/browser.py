"""Chromium for tests, and a server for static storefronts on separate origins."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.services import program


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without logging requests."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""


@contextmanager
def launch_chromium(*flags: str, is_whole: bool = False) -> Iterator[Browser]:
    """Start Debian's Chromium headless with these flags.

    Where it is installed, this is the headless shell, which draws no windows: a page costs half the time. It lacks what belongs to
    the browser around the page, such as its protection from tracking; `is_whole` asks for that.
    """
    executable = None if is_whole else program("chromium-headless-shell")
    # Playwright runs an event loop in this thread, in which Django refuses synchronous database access.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            arguments = ["--no-sandbox", "--disable-gpu", *flags]
            browser = playwright.chromium.launch(executable_path=executable or program("chromium"), args=arguments)
            yield browser
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@contextmanager
def serve_folder(folder: Path, host: str = "localhost") -> Iterator[str]:
    """Serve the files of a folder and yield the origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
