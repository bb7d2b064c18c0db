"""Sends events to the shop's webhook: signed anew at each try, again and again until it says 2xx."""

import hashlib
import heapq
import hmac
import itertools
import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from emulator.faults import Faults
from emulator.storage import Storage
from emulator.threads import forever

Json = dict[str, Any]
TIMEOUT = 10  # seconds a try
MOST_TRIES = 20
KEPT = 10_000  # rows of the log


def signature(secret: str, body: bytes, at: int) -> str:
    """Return the header `Stripe-Signature` (https://docs.stripe.com/webhooks#verify-manually)."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


@dataclass(eq=False)
class Copy:
    """One copy of an event that is to arrive."""

    event: Json
    fault: Json
    tries: int = 0


class Deliveries:
    """A thread that sends what is due, one after the other, so that the order is the order of the events."""

    def __init__(self, url: str, secret: str, faults: Faults, storage: Storage, *, pace: float = 1.0) -> None:
        self.url, self.secret, self.faults, self.storage, self.pace = url, secret, faults, storage, pace
        self.log: deque[Json] = deque(maxlen=KEPT)
        self.changed = threading.Condition(storage.lock)
        self.due: list[tuple[float, int, Copy]] = []  # when, number
        self.held: list[tuple[Json, Json]] = []
        self.numbers = itertools.count()
        self.open: set[Copy] = set()  # what has not arrived yet
        self.given_up: set[str] = set()
        forever(self._next, "deliveries")

    def tell(self, event: Json) -> None:
        """Owe the shop an event."""
        if not self.url:
            return
        with self.changed:
            fault = self.faults.event(event["type"])
            if fault.get("drop"):
                self._note(event, 0, "dropped")
                return
            self.storage.mark("owed", event["id"], True)
            if not fault.get("reorder"):
                self._send(event, fault)
                return
            self.held.append((event, fault))
            if not self.faults.is_left(fault):
                self.release()

    def release(self) -> None:
        """Send what is held back, the last first."""
        with self.changed:
            held, self.held = self.held, []
            for event, fault in reversed(held):
                self._send(event, fault)

    def resend(self, event: Json) -> None:
        """Send an event once more, whatever became of it."""
        if self.url:
            with self.changed:
                self.storage.mark("owed", event["id"], True)
                self._send(event, {})

    def forget(self) -> None:
        """Drop what is owed, and the log."""
        with self.changed:
            for kept in (self.due, self.held, self.open, self.given_up, self.log):
                kept.clear()
            self.changed.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is on its way; False where that takes longer, or something was given up."""
        with self.changed:
            return self.changed.wait_for(lambda: not self.open, seconds) and not self.given_up

    def wait_for_a_try(self, seconds: float) -> None:
        """Wait until what is on its way was tried once, whatever came of it; not for what is delayed."""
        with self.changed:
            new = [copy for copy in self.open if not copy.fault.get("delay_ms")]
            self.changed.wait_for(lambda: all(copy.tries or copy not in self.open for copy in new), seconds)

    def shown(self) -> Json:
        """Return the log of tries, and the events that have not arrived."""
        with self.changed:
            is_open = sorted({copy.event["id"] for copy in self.open})
            return {"deliveries": list(self.log), "open": is_open, "given_up": sorted(self.given_up)}

    def _send(self, event: Json, fault: Json) -> None:
        for _ in range(1 + fault.get("duplicate", 0)):
            copy = Copy(event, fault)
            self.open.add(copy)
            self._push(copy, fault.get("delay_ms", 0) / 1000)

    def _push(self, copy: Copy, seconds: float) -> None:
        heapq.heappush(self.due, (time.monotonic() + seconds, next(self.numbers), copy))
        self.changed.notify_all()

    def _next(self) -> None:
        with self.changed:
            while not self.due or self.due[0][0] > time.monotonic():
                self.changed.wait(min(self.due[0][0] - time.monotonic(), threading.TIMEOUT_MAX) if self.due else None)
            copy = heapq.heappop(self.due)[2]
        status = self._try(copy)
        with self.changed:
            if copy in self.open:  # else it was forgotten meanwhile
                self._settle(copy, status)
                self.storage.save()

    def _settle(self, copy: Copy, status: int | str) -> None:
        name, arrived = copy.event["id"], isinstance(status, int) and 200 <= status < 300
        copy.tries += 1
        self._note(copy.event, copy.tries, status)
        if not arrived and copy.tries < MOST_TRIES:
            self._push(copy, min(2 ** (copy.tries - 1), 3600) * self.pace)
            return
        self.open.discard(copy)
        if arrived:
            self.given_up.discard(name)
        else:
            self.given_up.add(name)
        if all(other.event["id"] != name for other in self.open):
            self.storage.mark("owed", name, None)
        self.changed.notify_all()

    def _try(self, copy: Copy) -> int | str:
        event, fault = copy.event, copy.fault
        body = json.dumps({**event, "api_version": fault.get("api_version", event["api_version"])}, indent=2).encode()
        at = int(time.time()) - (3600 if fault.get("old_timestamp") else 0)
        secret = "whsec_wrong" if fault.get("bad_signature") else self.secret
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature(secret, body, at)}
        try:
            return self._posted(body, {**headers, "Connection": "close"})
        except (OSError, HTTPException, ValueError) as wrong:
            return f"{type(wrong).__name__}: {wrong}"[:200]

    def _posted(self, body: bytes, headers: dict[str, str]) -> int:
        """Return the status of the answer. As with Stripe, a redirect is one; nor does a proxy come between."""
        url = urlsplit(self.url)
        kind = HTTPSConnection if url.scheme == "https" else HTTPConnection
        connection = kind(url.hostname or "", url.port, timeout=TIMEOUT)
        try:
            connection.request("POST", f"{url.path or '/'}{'?' if url.query else ''}{url.query}", body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def _note(self, event: Json, tries: int, status: int | str) -> None:
        self.log.append({"event": event["id"], "type": event["type"], "try": tries, "status": status, "at": time.time()})
