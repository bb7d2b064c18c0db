"""All that one stand-in consists of, and how a call of its API goes through it."""

import threading
import time
from collections import deque
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from emulator.api import Api
from emulator.books import Books
from emulator.deliveries import Deliveries
from emulator.errors import ApiError
from emulator.faults import Faults
from emulator.repeats import Repeats
from emulator.storage import Storage
from emulator.threads import forever

Json = dict[str, Any]
KEPT = 10_000  # rows of the log
LONGEST_WAIT = 10  # seconds
TICK = 0.25  # seconds between two looks at what has expired


class Dropped(Exception):
    """The connection is closed instead of an answer."""


@dataclass(frozen=True)
class Answer:
    """What a call of the API is answered."""

    status: int
    body: Json
    is_replayed: bool = False
    is_broken: bool = False  # its JSON ends too soon

    @classmethod
    def to(cls, refusal: ApiError) -> "Answer":
        """Return the answer that says no."""
        return cls(refusal.status, refusal.body())


class Desk:
    """Books, faults, deliveries, idempotency keys and the log of requests."""

    def __init__(self, public_url: str, webhook_url: str, secret: str, *, pace: float = 1.0, file: str = "") -> None:
        self.lock = threading.RLock()
        self.storage = Storage(file, self.lock)
        self.faults, self.repeats = Faults(), Repeats(self.storage)
        self.deliveries = Deliveries(webhook_url, secret, self.faults, self.storage, pace=pace)
        self.books = Books(public_url, self.storage, self.deliveries.tell)
        self.api = Api(self.books)
        self.requests: deque[Json] = deque(maxlen=KEPT)
        self._load()
        forever(self._tick, "clock")

    def _load(self) -> None:
        with self.lock:
            owed = []
            for kind, name, thing in self.storage.load():
                if kind == "owed":
                    owed.append(name)
                elif kind == "key":
                    self.repeats.restore(name, thing)
                else:
                    self.books.restore(thing)
            for name in owed:
                self.deliveries.resend(self.books.rows["event"][name])

    def _tick(self) -> None:
        time.sleep(TICK)
        self.books.expire_due()
        self.storage.save()

    def reset(self) -> Json:
        """Forget everything; the clock goes back to the real time."""
        with self.lock:
            self.put_faults([])
            self.deliveries.forget()
            self.books.clear()
            self.requests.clear()
            self.repeats.clear()
            self.storage.clear()
        return {"reset": True}

    def put_faults(self, given: Any) -> Json:
        """Replace the faults, and return them; what an old one held back is sent. Raises ApiError."""
        with self.lock:
            told = self.faults.put(given)
            self.deliveries.release()
        return {"faults": told}

    def call(self, method: str, path: str, text: str, given: Json, key: str) -> Answer:
        """Answer a call of the API. Raises Dropped."""
        fault = self.faults.call(method, path)
        if fault.get("close") == "before":
            _delay(fault)
            raise Dropped
        if "status" in fault and not fault.get("after"):
            _delay(fault)
            answer = Answer.to(ApiError(fault["status"], "The stand-in was told to refuse.", kind="api_error"))
        else:
            answer = self._once(method, path, text, given, key if method == "POST" else "", fault)
        if fault.get("close") == "after":
            raise Dropped
        return replace(answer, is_broken=fault.get("bad_json", False))

    def _once(self, method: str, path: str, text: str, given: Json, key: str, fault: Json) -> Answer:
        """Have the effect, unless the key says that it was had, and keep the key until the answer leaves."""
        try:
            with self.repeats.held(key, f"{method} {path} {text}") if key else nullcontext() as before:
                try:
                    return Answer(*before, is_replayed=True) if before else self._done(method, path, given, key, fault)
                finally:
                    _delay(fault)
        except ApiError as refusal:
            return Answer.to(refusal)

    def _done(self, method: str, path: str, given: Json, key: str, fault: Json) -> Answer:
        with self.lock:
            body = self.api.answer(method, path, given)
            pays = fault.get("pay_at_once") and method == "POST" and body["object"] == "checkout.session"
            if pays and body["status"] == "open":
                self.books.pay(body["id"])
            answer = Answer(200, {**body, **fault.get("tamper", {})})
            if "status" in fault:
                words = "The stand-in was told to fail after the effect."
                answer = Answer.to(ApiError(fault["status"], words, kind="api_error"))
            if key:
                self.repeats.keep(key, answer.status, answer.body)
            self.storage.save()
        if pays:
            self.deliveries.wait_for_a_try(LONGEST_WAIT)
        return answer


def _delay(fault: Json) -> None:
    time.sleep(fault.get("delay_ms", 0) / 1000)
