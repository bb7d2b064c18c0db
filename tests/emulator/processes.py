"""Start the payment emulator in a separate process and control it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tests.emulator.stripe_schema import check_object
from tests.processes import ROOT

Json = dict[str, Any]
KEY, SECRET, TOKEN = "sk_test_of_the_tests", "whsec_of_the_tests", "the token of the tests"
INHERITED_VARIABLES = ("PATH", "HOME", "LANG", "SYSTEMROOT")  # the only variables that the emulator inherits


@dataclass(frozen=True)
class Response:
    """The response to a request."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body parsed as JSON."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode()


class ControlError(Exception):
    """The control API refused a call."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"{response.status} {response.text}")
        self.status = response.status
        self.message: str = response.json["error"]["message"]


@dataclass
class Emulator:
    """A running emulator."""

    process: subprocess.Popen[str]
    url: str
    secret: str = SECRET
    token: str = TOKEN

    def request(self, method: str, path: str, body: str = "", **headers: str) -> Response:
        """Send a plain request; underscores in header names become hyphens."""
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        connection = HTTPConnection(parts.hostname, parts.port, timeout=90)
        try:
            renamed = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body.encode() if body else None, renamed)
            with connection.getresponse() as response:  # closes the socket too
                return Response(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def api(self, method: str, path: str, form: str = "", **headers: str) -> Response:
        """Call the API with a raw form, which Stripe's package cannot send."""
        return self.request(method, path, form, **{"Authorization": f"Bearer {KEY}", **headers})

    def control(self, method: str, path: str, payload: Any = None) -> Any:
        """Call the control API. Raises ControlError."""
        body = "" if payload is None else json.dumps(payload)
        response = self.request(method, f"/_emu/{path}", body, X_Emulator_Token=self.token)
        if response.status != 200:
            raise ControlError(response)
        return response.json

    def pay(self, session: str) -> Json:
        """Pay an open session by card."""
        return self._post(f"sessions/{session}/pay")

    def decline(self, session: str) -> Json:
        """Try a card that is declined."""
        return self._post(f"sessions/{session}/decline")

    def pay_later(self, session: str) -> Json:
        """Complete a session with a delayed payment."""
        return self._post(f"sessions/{session}/pay_later")

    def async_succeed(self, session: str) -> Json:
        """Let a delayed payment succeed."""
        return self._post(f"sessions/{session}/async_succeed")

    def async_fail(self, session: str) -> Json:
        """Let a delayed payment fail."""
        return self._post(f"sessions/{session}/async_fail")

    def refund_charge(self, charge: str, amount: int | None = None) -> Json:
        """Refund a charge as in the dashboard; without `amount`, all that is left."""
        return self._post(f"charges/{charge}/refund", {} if amount is None else {"amount": amount})

    def fail_refund(self, refund: str, reason: str = "lost_or_stolen_card") -> Json:
        """Let a refund fail."""
        return self._post(f"refunds/{refund}/fail", {"reason": reason})

    def dispute(self, charge: str, status: str = "needs_response", amount: int | None = None) -> Json:
        """Open a dispute of a charge (by default of all of it), or change its status and amount."""
        return self._post(f"charges/{charge}/dispute", {"status": status} | ({} if amount is None else {"amount": amount}))

    def resend(self, event: str) -> Json:
        """Send an event again."""
        return self._post(f"deliveries/{event}/resend")

    def advance_clock(self, advance: int) -> int:
        """Advance the clock by some seconds and return its time."""
        return int(self._post("clock", {"advance": advance})["now"])

    def set_faults(self, *rules: Json) -> None:
        """Replace all fault rules with these."""
        self.control("PUT", "faults", list(rules))

    def set_random_faults(self, **chances: float) -> Json:
        """Set random faults: seed, p_drop, p_dup, p_delay, p_5xx, delay_ms."""
        payload: Json = self.control("PUT", "faults", {"random": chances})
        return payload

    def ledger(self) -> list[Json]:
        """Return the captured and refunded amounts of each session."""
        rows: list[Json] = self.control("GET", "ledger")["sessions"]
        return rows

    def requests(self) -> list[Json]:
        """Return the API calls that the emulator received."""
        rows: list[Json] = self.control("GET", "requests")["requests"]
        return rows

    def deliveries(self) -> list[Json]:
        """Return the attempts to deliver events."""
        rows: list[Json] = self.control("GET", "deliveries")["deliveries"]
        return rows

    def wait_for_deliveries(self, seconds: float = 60) -> bool:
        """Wait until every event is delivered; return False on a timeout."""
        return bool(self._post("deliveries/wait", {"seconds": seconds})["arrived"])

    def reset(self) -> None:
        """Delete all state."""
        self._post("reset")

    def stop(self) -> int:
        """Stop the process and return its exit status."""
        self.process.terminate()
        return self.process.wait(timeout=60)

    def _post(self, path: str, payload: Any = None) -> Json:
        response: Json = self.control("POST", path, payload)
        if "object" in response:
            check_object(response)
        return response


def start_emulator(*arguments: str, **variables: str) -> subprocess.Popen[str]:
    """Start `python -m emulator` with these arguments, and with these environment variables only."""
    plain = {name: os.environ[name] for name in INHERITED_VARIABLES if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "emulator", *arguments],
        cwd=ROOT,
        env={**plain, **variables},
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def run_emulator(webhook: str = "", *arguments: str, pace: float = 0.01, **variables: str) -> Iterator[Emulator]:
    """Run an emulator with its control API on a free port, and stop it afterwards.

    It sends its events, signed with SECRET, to `webhook`, and retries after `pace` seconds.
    """
    options = ("--port", "0", "--control", "--webhook", webhook, "--pace", str(pace), *arguments)
    process = start_emulator(*options, **{"EMULATOR_TOKEN": TOKEN, "STRIPE_WEBHOOK_SECRET": SECRET, **variables})
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        url = first.strip().rpartition(" ")[2]
        assert url.startswith("http://"), f"the emulator did not start: {first!r}"
        yield Emulator(process, url, variables.get("STRIPE_WEBHOOK_SECRET", SECRET), variables.get("EMULATOR_TOKEN", TOKEN))
    finally:
        process.terminate()
        process.communicate(timeout=60)
