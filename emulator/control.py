"""The control API under `/_emu` for tests and demos: advance the clock, pay, inject faults, and inspect the state."""

import re
from collections.abc import Callable
from typing import Any

from emulator import carrier, objects, refunds
from emulator.emulator import Emulator
from emulator.errors import ApiError

Json = dict[str, Any]
MAX_NUMBER = 10**9


class Control:
    """Handles control requests; the server has checked the token."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        state = emulator.state
        self.session_actions: dict[str, Callable[[str], Json]] = {
            "pay": state.pay,
            "decline": state.decline,
            "pay_later": state.pay_later,
            "async_succeed": lambda session_id: state.settle(session_id, succeeds=True),
            "async_fail": lambda session_id: state.settle(session_id, succeeds=False),
        }

    def handle(self, method: str, path: str, params: Any) -> Any:
        """Run a control request and return its result. Raises ApiError."""
        emulator, route = self.emulator, f"{method} {path.removeprefix('/_emu/').rstrip('/')}"
        if route == "PUT faults":
            return emulator.put_faults(params)
        if not isinstance(params, dict):
            raise ApiError(400, "The control is given an object.")
        handlers: dict[str, Callable[[], Any]] = {
            "POST reset": emulator.reset,
            "POST clock": lambda: {"now": emulator.state.advance(int(_get_number(params, "advance")))},
            "POST parcels": lambda: carrier.put_events(emulator.state, params),
            "GET ledger": lambda: {"sessions": emulator.state.ledger()},
            "GET requests": lambda: {"requests": list(emulator.requests)},
            "GET deliveries": emulator.deliveries.to_dict,
            "POST deliveries/wait": lambda: {"arrived": emulator.deliveries.wait_until_idle(_get_number(params, "seconds", 10))},
        }
        if route in handlers:
            return handlers[route]()
        match = re.fullmatch(r"POST (sessions|refunds|charges|deliveries)/(\w+)/(\w+)", route)
        if match is None:
            raise ApiError(404, f"Nothing is controlled at {path}.")
        with emulator.lock:
            return objects.to_public(self._run_action(params, *match.groups()))

    def _run_action(self, params: Json, kind: str, object_id: str, action: str) -> Json:
        state = self.emulator.state
        if kind == "sessions" and action in self.session_actions:
            return self.session_actions[action](object_id)
        if (kind, action) == ("refunds", "fail"):
            return refunds.fail_refund(state, object_id, str(params.get("reason", "lost_or_stolen_card")))
        if (kind, action) == ("charges", "refund"):
            amount = {"amount": str(params["amount"])} if "amount" in params else {}
            return refunds.create_refund(state, {"charge": object_id, **amount})
        if (kind, action) == ("charges", "dispute"):
            disputed = int(_get_number(params, "amount")) if "amount" in params else None
            return refunds.set_dispute_status(state, object_id, str(params.get("status", "needs_response")), disputed)
        if (kind, action) == ("deliveries", "resend"):
            event = state.get("event", object_id)
            self.emulator.deliveries.resend(event)
            return event
        raise ApiError(404, f"Nothing is done by {action}.")


def _get_number(params: Json, name: str, default: float | None = None) -> float:
    """Return a finite number; Python's JSON parser also accepts 1e400 and NaN."""
    value: Any = params.get(name, default)
    if type(value) not in (int, float) or not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise ApiError(400, f"{name} is a number up to {MAX_NUMBER}.")
    return float(value)
