"""Watches a browser: what went wrong in its pages, what the shop refused, and what it was asked."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

LOST = "net::ERR_FAILED"
ENDED = "net::ERR_ABORTED"  # the reader went on to another page meanwhile
SLICE = 20  # milliseconds


class Watch:
    """Collects what happens in all tabs of a context; `intended` are the refusals and failures that a test asks for."""

    def __init__(self, context: BrowserContext) -> None:
        self.intended: set[int | str] = set()
        self.calls: list[tuple[str, str]] = []
        self.wrong: list[str] = []
        self.refused: list[tuple[int, str]] = []
        self._open: set[Request] = set()
        context.on("console", self._said)
        context.on("weberror", self._broke)
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("requestfinished", lambda request: self._open.discard(request))
        context.on("requestfailed", self._failed)

    def asked(self, method: str, path: str) -> int:
        """Return how often the shop was asked this."""
        return self.calls.count((method, path))

    def trouble(self) -> list[str]:
        """Return what went wrong, without what the test intended."""
        refusals = [f"{status} {url}" for status, url in self.refused if status not in self.intended]
        return self.wrong + refusals

    def rest(self, context: BrowserContext) -> None:
        """Wait until the shop has answered everything."""
        for tab in context.pages:
            for _ in range(5_000 // SLICE):
                if not self._open:
                    return
                tab.wait_for_timeout(SLICE)

    def _said(self, message: ConsoleMessage) -> None:
        # What the shop refused is counted below, with its address.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.wrong.append(f"console: {message.text}")

    def _broke(self, error: WebError) -> None:
        self.wrong.append(f"page: {error.error}")

    def _asked(self, request: Request) -> None:
        self._open.add(request)
        self.calls.append((request.method, urlsplit(request.url).path))

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.refused.append((response.status, response.url))

    def _failed(self, request: Request) -> None:
        self._open.discard(request)
        if request.failure not in {ENDED, *self.intended}:
            self.wrong.append(f"request: {request.failure} {request.url}")
