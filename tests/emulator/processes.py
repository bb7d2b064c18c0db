"""Starts the payment emulator in a process of its own, and controls it."""

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
KEPT = ("PATH", "HOME", "LANG", "SYSTEMROOT")  # of the environment; what else is set here does not matter there


@dataclass(frozen=True)
class Answer:
    """What came back of one request."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body, read."""
        return json.loads(self.body)

    @property
    def text(self) -> str:
        """Return the body as a text."""
        return self.body.decode()


class Refused(Exception):
    """The control said no."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.text}")
        self.status = answer.status
        self.message: str = answer.json["error"]["message"]


@dataclass
class Emulator:
    """A running emulator."""

    process: subprocess.Popen[str]
    url: str
    secret: str = SECRET
    token: str = TOKEN

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        """Send a plain request; an underscore in the name of a header is a hyphen."""
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        connection = HTTPConnection(parts.hostname, parts.port, timeout=15)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body.encode() if body else None, named)
            with connection.getresponse() as response:  # which holds the socket too
                return Answer(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()

    def api(self, method: str, path: str, form: str = "", **headers: str) -> Answer:
        """Call the API with a form as it is written, as the library cannot."""
        return self.ask(method, path, form, **{"Authorization": f"Bearer {KEY}", **headers})

    def control(self, method: str, path: str, given: Any = None) -> Any:
        """Ask the control. Raises Refused."""
        body = "" if given is None else json.dumps(given)
        answer = self.ask(method, f"/_emu/{path}", body, X_Emulator_Token=self.token)
        if answer.status != 200:
            raise Refused(answer)
        return answer.json

    def pay(self, session: str) -> Json:
        """Pay an open session by card."""
        return self._do(f"sessions/{session}/pay")

    def decline(self, session: str) -> Json:
        """Try a card that is declined."""
        return self._do(f"sessions/{session}/decline")

    def pay_later(self, session: str) -> Json:
        """Complete a session whose money comes later."""
        return self._do(f"sessions/{session}/pay_later")

    def async_succeed(self, session: str) -> Json:
        """Let that money arrive."""
        return self._do(f"sessions/{session}/async_succeed")

    def async_fail(self, session: str) -> Json:
        """Let that money never arrive."""
        return self._do(f"sessions/{session}/async_fail")

    def refund_charge(self, charge: str, amount: int | None = None) -> Json:
        """Give money back in the dashboard; all that is left, if no amount is said."""
        return self._do(f"charges/{charge}/refund", {} if amount is None else {"amount": amount})

    def fail_refund(self, refund: str) -> Json:
        """Let a refund come back."""
        return self._do(f"refunds/{refund}/fail")

    def dispute(self, charge: str, status: str = "needs_response") -> Json:
        """Open a dispute of a charge, or close it (`won`, `lost`)."""
        return self._do(f"charges/{charge}/dispute", {"status": status})

    def resend(self, event: str) -> Json:
        """Send an event once more."""
        return self._do(f"deliveries/{event}/resend")

    def clock(self, advance: int) -> int:
        """Turn the clock forward, and return the time that it shows."""
        return int(self._do("clock", {"advance": advance})["now"])

    def faults(self, *rules: Json) -> None:
        """Let these rules, and no others, say what goes wrong."""
        self.control("PUT", "faults", list(rules))

    def random_faults(self, **chances: float) -> Json:
        """Let things go wrong by chance: seed, p_drop, p_dup, p_delay, p_5xx, delay_ms."""
        told: Json = self.control("PUT", "faults", {"random": chances})
        return told

    def ledger(self) -> list[Json]:
        """Return what was captured and given back for each session."""
        rows: list[Json] = self.control("GET", "ledger")["sessions"]
        return rows

    def requests(self) -> list[Json]:
        """Return the calls of the API."""
        rows: list[Json] = self.control("GET", "requests")["requests"]
        return rows

    def deliveries(self) -> list[Json]:
        """Return the tries of sending an event."""
        rows: list[Json] = self.control("GET", "deliveries")["deliveries"]
        return rows

    def wait(self, seconds: float = 10) -> bool:
        """Wait until every event has arrived; False where that takes longer."""
        return bool(self._do("deliveries/wait", {"seconds": seconds})["arrived"])

    def reset(self) -> None:
        """Let it forget everything."""
        self._do("reset")

    def stop(self) -> int:
        """End the process, and return its exit status."""
        self.process.terminate()
        return self.process.wait(timeout=10)

    def _do(self, path: str, given: Any = None) -> Json:
        told: Json = self.control("POST", path, given)
        if "object" in told:
            check_object(told)
        return told


def started(*arguments: str, **variables: str) -> subprocess.Popen[str]:
    """Start `python -m emulator` with these arguments, under these variables and no others of the shop's."""
    plain = {name: os.environ[name] for name in KEPT if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "emulator", *arguments],
        cwd=ROOT,
        env={**plain, "PYTHONDONTWRITEBYTECODE": "1", **variables},
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running(webhook: str = "", *arguments: str, pace: float = 0.01, **variables: str) -> Iterator[Emulator]:
    """Start an emulator with its control on a port of its own; it is gone afterwards.

    `webhook` is where it sends its events, signed with SECRET; `pace` are the seconds before it tries again.
    """
    options = ("--port", "0", "--control", "--webhook", webhook, "--pace", str(pace), *arguments)
    process = started(*options, **{"EMULATOR_TOKEN": TOKEN, "STRIPE_WEBHOOK_SECRET": SECRET, **variables})
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        url = first.strip().rpartition(" ")[2]
        assert url.startswith("http://"), f"the emulator did not start: {first!r}"
        yield Emulator(process, url, variables.get("STRIPE_WEBHOOK_SECRET", SECRET), variables.get("EMULATOR_TOKEN", TOKEN))
    finally:
        process.terminate()
        process.communicate(timeout=10)
