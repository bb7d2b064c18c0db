"""Chromium for tests, and shop fronts on origins of their own."""

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


class Quiet(SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def chromium(*flags: str) -> Iterator[Browser]:
    """Start Debian's Chromium without a window, with these flags."""
    # Playwright runs an event loop in this thread, and Django would not ask its database beside one.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            arguments = ["--no-sandbox", "--disable-gpu", *flags]
            browser = playwright.chromium.launch(executable_path=program("chromium"), args=arguments)
            yield browser
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@contextmanager
def shop_front(folder: Path, host: str = "localhost") -> Iterator[str]:
    """Serve the files of a folder, and yield their origin."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
