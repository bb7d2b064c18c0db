"""Sends events to the shop's webhook: signed anew at each try, again and again until it says 2xx."""

import hashlib
import heapq
import hmac
import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from typing import Any

from emulator.faults import Faults

Json = dict[str, Any]
TIMEOUT = 10  # seconds a try
MOST_TRIES = 20
KEPT = 10_000  # rows of the log


def signature(secret: str, body: bytes, at: int) -> str:
    """Return the header `Stripe-Signature` (https://docs.stripe.com/webhooks#verify-manually)."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


class Deliveries:
    """A thread that sends what is due, one after the other, so that the order is the order of the events."""

    def __init__(self, url: str, secret: str, faults: Faults, *, pace: float = 1.0) -> None:
        self.url, self.secret, self.faults, self.pace = url, secret, faults, pace
        self.log: deque[Json] = deque(maxlen=KEPT)
        self.changed = threading.Condition()
        self.due: list[tuple[float, int, Json, int, Json]] = []  # when, number, event, tries so far, fault
        self.held: list[tuple[Json, Json]] = []
        self.numbers = itertools.count()
        self.open: set[str] = set()  # events that have not arrived yet
        threading.Thread(target=self._run, daemon=True, name="deliveries").start()

    def tell(self, event: Json) -> None:
        """Owe the shop an event."""
        if not self.url:
            return
        fault = self.faults.event(event["type"])
        if fault.get("drop"):
            self._note(event, 0, "dropped")
            return
        if fault.get("reorder"):
            self._hold(event, fault)
            return
        self._owe(event, fault)

    def _hold(self, event: Json, fault: Json) -> None:
        """Keep events back while their rule lasts, and then send them backwards."""
        with self.changed:
            self.held.append((event, fault))
        if not self.faults.is_left(fault):
            self.release()

    def release(self) -> None:
        """Send what is held back, the last first."""
        with self.changed:
            held, self.held = self.held, []
        for event, fault in reversed(held):
            self._owe(event, fault)

    def _owe(self, event: Json, fault: Json) -> None:
        with self.changed:
            self.open.add(event["id"])
            for _ in range(1 + int(fault.get("duplicate", 0))):
                self._push(time.monotonic() + fault.get("delay_ms", 0) / 1000, event, 0, fault)

    def resend(self, event: Json) -> None:
        """Send an event once more, whatever became of it."""
        self._owe(event, {})

    def forget(self) -> None:
        """Drop what is owed, and the log."""
        with self.changed:
            self.due.clear()
            self.held.clear()
            self.open.clear()
            self.log.clear()

    def wait(self, seconds: float) -> bool:
        """Wait until all that is owed has arrived; False where it has not in that time."""
        with self.changed:
            return self.changed.wait_for(lambda: not self.open, seconds)

    def _push(self, at: float, event: Json, tries: int, fault: Json) -> None:
        heapq.heappush(self.due, (at, next(self.numbers), event, tries, fault))
        self.changed.notify_all()

    def _run(self) -> None:
        while True:
            with self.changed:
                while not self.due or self.due[0][0] > time.monotonic():
                    self.changed.wait(self.due[0][0] - time.monotonic() if self.due else None)
                _, _, event, tries, fault = heapq.heappop(self.due)
            status = self._send(event, fault)
            self._note(event, tries + 1, status)
            with self.changed:
                if isinstance(status, int) and 200 <= status < 300:
                    self.open.discard(event["id"])
                elif tries + 1 < MOST_TRIES:
                    self._push(time.monotonic() + min(2**tries, 3600) * self.pace, event, tries + 1, fault)
                self.changed.notify_all()

    def _send(self, event: Json, fault: Json) -> int | str:
        told = {**event, "api_version": fault.get("api_version", event["api_version"])}
        body = json.dumps(told, indent=2).encode()
        at = int(time.time()) - (3600 if fault.get("old_timestamp") else 0)
        secret = "whsec_wrong" if fault.get("bad_signature") else self.secret
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature(secret, body, at)}
        request = urllib.request.Request(self.url, body, headers, method="POST")  # noqa: S310 - the operator's own address
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            refused.close()
            return refused.code
        except OSError as wrong:
            return f"{type(wrong).__name__}: {wrong}"[:200]

    def _note(self, event: Json, tries: int, status: int | str) -> None:
        self.log.append({"event": event["id"], "type": event["type"], "try": tries, "status": status, "at": time.time()})
