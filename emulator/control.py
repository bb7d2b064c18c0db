"""What tests and demos ask of the stand-in under `/_emu`: to let time pass, to pay, to go wrong, and to show its books."""

import re
from collections.abc import Callable
from typing import Any

from emulator import refunds, shapes
from emulator.desk import Desk
from emulator.errors import ApiError

Json = dict[str, Any]
LARGEST = 10**9


class Control:
    """Answers those who hold the token."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        books = desk.books
        self.acts: dict[str, Callable[[str], Json]] = {
            "pay": books.pay,
            "decline": books.decline,
            "pay_later": books.pay_later,
            "async_succeed": lambda name: books.settle(name, succeeds=True),
            "async_fail": lambda name: books.settle(name, succeeds=False),
        }

    def answer(self, method: str, path: str, given: Any) -> Any:
        """Do what is asked, and return what it came to. Raises ApiError."""
        desk, asked = self.desk, f"{method} {path.removeprefix('/_emu/').rstrip('/')}"
        if asked == "PUT faults":
            return desk.put_faults(given)
        if not isinstance(given, dict):
            raise ApiError(400, "The control is given an object.")
        plain: dict[str, Callable[[], Any]] = {
            "POST reset": desk.reset,
            "POST clock": lambda: {"now": desk.books.advance(int(_number(given, "advance")))},
            "GET ledger": lambda: {"sessions": desk.books.ledger()},
            "GET requests": lambda: {"requests": list(desk.requests)},
            "GET deliveries": desk.deliveries.shown,
            "POST deliveries/wait": lambda: {"arrived": desk.deliveries.wait(_number(given, "seconds", 10))},
        }
        if asked in plain:
            return plain[asked]()
        found = re.fullmatch(r"POST (sessions|refunds|charges|deliveries)/(\w+)/(\w+)", asked)
        if found is None:
            raise ApiError(404, f"Nothing is controlled at {path}.")
        with desk.lock:
            return shapes.public(self._act(given, *found.groups()))

    def _act(self, given: Json, kind: str, name: str, act: str) -> Json:
        books = self.desk.books
        if kind == "sessions" and act in self.acts:
            return self.acts[act](name)
        if (kind, act) == ("refunds", "fail"):
            return refunds.fail(books, name)
        if (kind, act) == ("charges", "refund"):
            return refunds.create(books, {"charge": name, **({"amount": str(given["amount"])} if "amount" in given else {})})
        if (kind, act) == ("charges", "dispute"):
            return refunds.dispute(books, name, str(given.get("status", "needs_response")))
        if (kind, act) == ("deliveries", "resend"):
            event = books.of("event", name)
            self.desk.deliveries.resend(event)
            return event
        raise ApiError(404, f"Nothing is done by {act}.")


def _number(given: Json, name: str, default: float | None = None) -> float:
    """Return a number that is neither endless nor none: JSON may hold 1e400, and Python's NaN."""
    value: Any = given.get(name, default)
    if type(value) not in (int, float) or not -LARGEST <= value <= LARGEST:
        raise ApiError(400, f"{name} is a number up to {LARGEST}.")
    return float(value)
