"""All that one stand-in consists of, and how a call of its API goes through it."""

import time
from collections import deque
from typing import Any

from emulator.api import Api
from emulator.books import Books
from emulator.deliveries import Deliveries
from emulator.errors import ApiError
from emulator.faults import Faults
from emulator.repeats import Repeats
from emulator.storage import Storage

Json = dict[str, Any]
KEPT = 10_000  # rows of the log
LONGEST_WAIT = 10  # seconds


class Dropped(Exception):
    """The connection is closed instead of an answer."""


class Desk:
    """Books, faults, deliveries, idempotency keys and the log of requests."""

    def __init__(self, public_url: str, webhook_url: str, secret: str, *, pace: float = 1.0, file: str = "") -> None:
        self.faults, self.repeats = Faults(), Repeats()
        self.deliveries = Deliveries(webhook_url, secret, self.faults, pace=pace)
        self.books = Books(public_url, self.deliveries.tell)
        self.api = Api(self.books)
        self.requests: deque[Json] = deque(maxlen=KEPT)
        self.storage = Storage(file) if file else None
        if self.storage:
            self.storage.load(self.books)

    def reset(self) -> Json:
        """Forget everything; the clock goes back to the real time."""
        self.put_faults([])
        self.deliveries.forget()
        self.books.clear()
        self.requests.clear()
        self.repeats = Repeats()
        self.save()
        return {"reset": True}

    def put_faults(self, given: Any) -> Json:
        """Replace the faults; what an old one held back is sent."""
        self.faults.put(given)
        self.deliveries.release()
        return {"faults": given}

    def save(self) -> None:
        """Write the books to the file, where there is one."""
        if self.storage:
            self.storage.save(self.books)

    def call(self, method: str, path: str, text: str, given: Json, key: str) -> tuple[int, Json, bool]:
        """Answer a call of the API: status, JSON, and whether it is replayed. Raises ApiError, Dropped."""
        fault = self.faults.call(method, path)
        time.sleep(fault.get("delay_ms", 0) / 1000 if fault.get("close") == "before" or "status" in fault else 0)
        if fault.get("close") == "before":
            raise Dropped
        if "status" in fault and not fault.get("after"):
            raise ApiError(int(fault["status"]), "The stand-in was told to refuse.", kind="api_error")
        if method == "POST" and key:
            answer = self._once(method, path, text, given, key, fault)
        else:
            answer = (*self._answered(method, path, given, fault), False)
        self.save()
        if "status" not in fault:
            time.sleep(fault.get("delay_ms", 0) / 1000)
        if fault.get("close") == "after":
            raise Dropped
        return answer

    def _once(self, method: str, path: str, text: str, given: Json, key: str, fault: Json) -> tuple[int, Json, bool]:
        before = self.repeats.begin(key, (f"{method} {path}", text))
        if before is not None:
            return (*before, True)
        try:
            status, body = self._answered(method, path, given, fault)
        except BaseException:
            self.repeats.forget(key)
            raise
        self.repeats.end(key, status, body)
        return status, body, False

    def _answered(self, method: str, path: str, given: Json, fault: Json) -> tuple[int, Json]:
        body = self.api.answer(method, path, given)
        if fault.get("pay_at_once"):
            self.books.pay(body["id"])
            self.deliveries.wait(LONGEST_WAIT)
        if "tamper" in fault:
            body = {**body, **fault["tamper"]}
        if "status" in fault:
            refusal = ApiError(int(fault["status"]), "The stand-in was told to fail after the effect.", kind="api_error")
            return refusal.status, refusal.body()
        return 200, body
