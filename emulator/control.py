"""What tests and demos ask of the stand-in under `/_emu`: to let time pass, to pay, to go wrong, and to show its books."""

import re
from collections.abc import Callable
from typing import Any

from emulator import shapes
from emulator.desk import Desk
from emulator.errors import ApiError

Json = dict[str, Any]


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
        plain: dict[str, Callable[[], Any]] = {
            "POST reset": desk.reset,
            "POST clock": lambda: {"now": desk.books.advance(int(given["advance"]))},
            "PUT faults": lambda: desk.put_faults(given),
            "GET ledger": lambda: {"sessions": desk.books.ledger()},
            "GET requests": lambda: {"requests": list(desk.requests)},
            "GET deliveries": lambda: {"deliveries": list(desk.deliveries.log), "open": sorted(desk.deliveries.open)},
            "POST deliveries/wait": lambda: {"arrived": desk.deliveries.wait(float(given.get("seconds", 10)))},
        }
        if asked in plain:
            return plain[asked]()
        found = re.fullmatch(r"POST (sessions|refunds|charges|deliveries)/(\w+)/(\w+)", asked)
        if found is None:
            raise ApiError(404, f"Nothing is controlled at {path}.")
        kind, name, act = found.groups()
        return shapes.public(self._act(kind, name, act, given if isinstance(given, dict) else {}))

    def _act(self, kind: str, name: str, act: str, given: Json) -> Json:
        books = self.desk.books
        if kind == "sessions" and act in self.acts:
            return self.acts[act](name)
        if (kind, act) == ("refunds", "fail"):
            return books.fail_refund(name)
        if (kind, act) == ("charges", "refund"):
            return books.create_refund({"charge": name, **({"amount": str(given["amount"])} if "amount" in given else {})})
        if (kind, act) == ("charges", "dispute"):
            return books.dispute(name, str(given.get("status", "needs_response")))
        if (kind, act) == ("deliveries", "resend"):
            event = books.of("events", "event", name)
            self.desk.deliveries.resend(event)
            return event
        raise ApiError(404, f"Nothing is done by {act}.")
