"""What shall go wrong: rules that match a call or an event, so many times each, and a random mode with a seed."""

import random
import re
import threading
from typing import Any

from emulator.errors import ApiError

Json = dict[str, Any]
CALLS = {"delay_ms", "status", "after", "close", "bad_json", "tamper", "pay_at_once"}
EVENTS = {"delay_ms", "drop", "duplicate", "reorder", "bad_signature", "old_timestamp", "api_version"}
RANDOM = {"seed", "p_drop", "p_dup", "p_delay", "p_5xx", "delay_ms"}


class Faults:
    """The rules in force. The first that matches is used up by one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.rules: list[Json] = []
        self.chances: Json = {}
        self.dice = random.Random()  # noqa: S311 - nothing secret is drawn

    def put(self, given: Any) -> None:
        """Replace all rules: a list of them, or `{"random": {seed, p_drop, …}}`. Raises ApiError for what is no rule."""
        chances = given.get("random") if isinstance(given, dict) else None
        rules = given if isinstance(given, list) else []
        if (chances is None and not isinstance(given, list)) or not set(chances or {}) <= RANDOM:
            raise ApiError(400, f"Faults are a list of rules, or random with some of {sorted(RANDOM)}.")
        for rule in rules:
            _check(rule)
        with self.lock:
            self.rules = [{"times": 1, **rule} for rule in rules]
            self.chances = chances or {}
            self.dice = random.Random(self.chances.get("seed"))  # noqa: S311

    def call(self, method: str, path: str) -> Json:
        """Return what goes wrong with this call of the API."""
        with self.lock:
            found = self._used(lambda match: match.get("method", method) == method and _fits(match.get("path"), path))
            return found or self._drawn({"p_5xx": {"status": 500}, "p_delay": self._delay()})

    def event(self, kind: str) -> Json:
        """Return what goes wrong with the delivery of this event."""
        with self.lock:
            found = self._used(lambda match: "type" in match and _fits(match["type"], kind))
            return found or self._drawn({"p_drop": {"drop": True}, "p_dup": {"duplicate": 1}, "p_delay": self._delay()})

    def is_left(self, rule: Json) -> bool:
        """Say whether a rule of which this was a use will be used again."""
        with self.lock:
            return any(own["do"] is rule and own["times"] for own in self.rules)

    def _used(self, fits: Any) -> Json | None:
        for rule in self.rules:
            if rule["times"] and fits(rule["match"]):
                rule["times"] -= 1 if rule["times"] > 0 else 0
                do: Json = rule["do"]
                return do
        return None

    def _delay(self) -> Json:
        return {"delay_ms": self.dice.randrange(1, int(self.chances.get("delay_ms", 500)) + 1)}

    def _drawn(self, outcomes: dict[str, Json]) -> Json:
        for name, fault in outcomes.items():
            if self.chances.get(name) and self.dice.random() < self.chances[name]:
                return fault
        return {}


def _check(rule: Any) -> None:
    match, do = (rule.get("match"), rule.get("do")) if isinstance(rule, dict) else (None, None)
    if not isinstance(match, dict) or not isinstance(do, dict) or not isinstance(rule.get("times", 1), int):
        raise ApiError(400, "A rule is {match: {method, path} or {type}, times: n or -1, do: {…}}.")
    allowed = EVENTS if "type" in match else CALLS
    if not set(match) <= {"method", "path", "type"} or not set(do) <= allowed:
        raise ApiError(400, f"This rule can do {sorted(allowed)}.")


def _fits(pattern: str | None, text: str) -> bool:
    return pattern is None or re.search(pattern, text) is not None
