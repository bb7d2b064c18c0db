"""Sends events to the shop's webhook. Each attempt has a fresh signature; deliveries are retried until a 2xx response."""

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

from emulator.background import start_loop
from emulator.faults import Faults
from emulator.storage import UNDELIVERED, Storage

Json = dict[str, Any]
TIMEOUT = 10  # seconds for each attempt
MAX_ATTEMPTS = 20
LOG_SIZE = 10_000  # rows


def sign(secret: str, body: bytes, at: int) -> str:
    """Return the value of the `Stripe-Signature` header (https://docs.stripe.com/webhooks#verify-manually)."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


@dataclass(eq=False)
class Delivery:
    """One copy of an event on its way to the webhook."""

    event: Json
    fault: Json
    attempts: int = 0


class Deliveries:
    """A queue with one sender thread, so that events are delivered in order."""

    def __init__(self, url: str, secret: str, faults: Faults, storage: Storage, *, pace: float = 1.0) -> None:
        self.url, self.secret, self.faults, self.storage, self.pace = url, secret, faults, storage, pace
        self.log: deque[Json] = deque(maxlen=LOG_SIZE)
        self.changed = threading.Condition(storage.lock)
        self.due: list[tuple[float, int, Delivery]] = []  # (due time, sequence number, delivery)
        self.held_back: list[tuple[Json, Json]] = []
        self.sequence = itertools.count()
        self.pending: set[Delivery] = set()  # not delivered yet
        self.failed_events: set[str] = set()
        start_loop(self._send_next, "deliveries")

    def enqueue(self, event: Json) -> None:
        """Queue an event for delivery."""
        if not self.url:
            return
        with self.changed:
            fault = self.faults.match_event(event["type"])
            if fault.get("drop"):
                self._log_attempt(event, 0, "dropped")
                return
            self.storage.mark(UNDELIVERED, event["id"], True)
            if not fault.get("reorder"):
                self._enqueue_copies(event, fault)
                return
            self.held_back.append((event, fault))
            if not self.faults.has_uses_left(fault):
                self.release()

    def release(self) -> None:
        """Send the events held back for reordering, newest first."""
        with self.changed:
            events, self.held_back = self.held_back, []
            for event, fault in reversed(events):
                self._enqueue_copies(event, fault)

    def resend(self, event: Json) -> None:
        """Deliver an event again, whether or not it was delivered before."""
        if self.url:
            with self.changed:
                self.storage.mark(UNDELIVERED, event["id"], True)
                self._enqueue_copies(event, {})

    def clear(self) -> None:
        """Drop all pending deliveries and the log."""
        with self.changed:
            for collection in (self.due, self.held_back, self.pending, self.failed_events, self.log):
                collection.clear()
            self.changed.notify_all()

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait until no delivery is pending. Return False on a timeout or if an event could not be delivered."""
        with self.changed:
            return self.changed.wait_for(lambda: not self.pending, seconds) and not self.failed_events

    def wait_for_first_attempts(self, seconds: float) -> None:
        """Wait until each pending delivery has been attempted once; skip those with a configured delay."""
        with self.changed:
            deliveries = [delivery for delivery in self.pending if not delivery.fault.get("delay_ms")]
            self.changed.wait_for(
                lambda: all(delivery.attempts or delivery not in self.pending for delivery in deliveries), seconds
            )

    def to_dict(self) -> Json:
        """Return the log of attempts and the events that are pending or failed."""
        with self.changed:
            pending = sorted({delivery.event["id"] for delivery in self.pending})
            return {"deliveries": list(self.log), "open": pending, "given_up": sorted(self.failed_events)}

    def _enqueue_copies(self, event: Json, fault: Json) -> None:
        for _ in range(1 + fault.get("duplicate", 0)):
            delivery = Delivery(event, fault)
            self.pending.add(delivery)
            self._push(delivery, fault.get("delay_ms", 0) / 1000)

    def _push(self, delivery: Delivery, seconds: float) -> None:
        heapq.heappush(self.due, (time.monotonic() + seconds, next(self.sequence), delivery))
        self.changed.notify_all()

    def _send_next(self) -> None:
        with self.changed:
            while not self.due or self.due[0][0] > time.monotonic():
                self.changed.wait(min(self.due[0][0] - time.monotonic(), threading.TIMEOUT_MAX) if self.due else None)
            delivery = heapq.heappop(self.due)[2]
        status = self._attempt(delivery)
        with self.changed:
            if delivery in self.pending:  # `clear` may have dropped it in the meantime
                self._finish_attempt(delivery, status)
                self.storage.save()

    def _finish_attempt(self, delivery: Delivery, status: int | str) -> None:
        event_id, is_delivered = delivery.event["id"], isinstance(status, int) and 200 <= status < 300
        delivery.attempts += 1
        self._log_attempt(delivery.event, delivery.attempts, status)
        if not is_delivered and delivery.attempts < MAX_ATTEMPTS:
            self._push(delivery, min(2 ** (delivery.attempts - 1), 3600) * self.pace)
            return
        self.pending.discard(delivery)
        if is_delivered:
            self.failed_events.discard(event_id)
        else:
            self.failed_events.add(event_id)
        if all(other.event["id"] != event_id for other in self.pending):
            self.storage.mark(UNDELIVERED, event_id, None)
        self.changed.notify_all()

    def _attempt(self, delivery: Delivery) -> int | str:
        event, fault = delivery.event, delivery.fault
        body = json.dumps({**event, "api_version": fault.get("api_version", event["api_version"])}, indent=2).encode()
        at = int(time.time()) - (3600 if fault.get("old_timestamp") else 0)
        secret = "whsec_wrong" if fault.get("bad_signature") else self.secret
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": sign(secret, body, at)}
        try:
            return self._post(body, {**headers, "Connection": "close"})
        except (OSError, HTTPException, ValueError) as error:
            return f"{type(error).__name__}: {error}"[:200]

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        """Return the response status. Like Stripe, follow no redirects; proxy settings are ignored too."""
        url = urlsplit(self.url)
        connection_class = HTTPSConnection if url.scheme == "https" else HTTPConnection
        connection = connection_class(url.hostname or "", url.port, timeout=TIMEOUT)
        try:
            connection.request("POST", f"{url.path or '/'}{'?' if url.query else ''}{url.query}", body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def _log_attempt(self, event: Json, attempt: int, status: int | str) -> None:
        self.log.append({"event": event["id"], "type": event["type"], "try": attempt, "status": status, "at": time.time()})
