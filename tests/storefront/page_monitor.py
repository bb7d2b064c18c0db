"""Record the requests, error responses and script errors of the pages in a browser."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

CONNECTION_FAILED = "net::ERR_FAILED"
ABORTED = "net::ERR_ABORTED"  # the page was left before the response came
POLL_INTERVAL = 20  # milliseconds
QUOTES = "/api/cart/delivery/"


class PageMonitor:
    """Records what happens in all tabs of a context; `expected` holds the statuses and failures that a test provokes."""

    def __init__(self, context: BrowserContext) -> None:
        self.expected: set[int | str] = set()
        self.calls: list[tuple[str, str]] = []
        self.problems: list[str] = []
        self.error_responses: list[tuple[int, str]] = []
        self._open: set[Request] = set()
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", self._on_request)
        context.on("response", self._on_response)
        context.on("requestfinished", lambda request: self._open.discard(request))
        context.on("requestfailed", self._on_request_failed)

    def count_calls(self, method: str, path: str) -> int:
        """Return how often the shop received this request."""
        return self.calls.count((method, path))

    def get_problems(self) -> list[str]:
        """Return every problem that the test did not expect."""
        unexpected = [f"{status} {url}" for status, url in self.error_responses if status not in self.expected]
        return self.problems + unexpected

    def wait_until_idle(self, context: BrowserContext) -> None:
        """Wait until no request is open."""
        for tab in context.pages:
            for _ in range(5_000 // POLL_INTERVAL):
                if not self._open:
                    return
                tab.wait_for_timeout(POLL_INTERVAL)

    def _on_console(self, message: ConsoleMessage) -> None:
        # Error responses are recorded below, with their URL.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.problems.append(f"console: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.problems.append(f"page: {error.error}")

    def _on_request(self, request: Request) -> None:
        self._open.add(request)
        self.calls.append((request.method, urlsplit(request.url).path))

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.error_responses.append((response.status, response.url))
        elif urlsplit(response.url).path == QUOTES:
            # The checkout quotes while the buyer is writing: the postal code was still one of the country chosen before.
            unfinished = (400, response.url)
            self.error_responses = [answer for answer in self.error_responses if answer != unfinished]

    def _on_request_failed(self, request: Request) -> None:
        self._open.discard(request)
        if request.failure not in {ABORTED, *self.expected}:
            self.problems.append(f"request: {request.failure} {request.url}")
