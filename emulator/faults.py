"""What shall go wrong: rules that match a call or an event, so many times each, and a random mode with a seed."""

import random
import re
import sys
import threading
from typing import Any

from emulator import rules
from emulator.errors import ApiError

Json = dict[str, Any]


class Faults:
    """The rules in force. The first that matches is used up by one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.rules: list[Json] = []
        self.chances: Json = {}
        self.dice = random.Random()  # noqa: S311 - nothing secret is drawn

    def put(self, given: Any) -> Any:
        """Replace all rules: a list of them, or `{"random": {seed, p_drop, …}}`, and return them. Raises ApiError."""
        if isinstance(given, list):
            for rule in given:
                rules.check(rule)
            self._replace([{"times": 1, **rule} for rule in given], {})
            return given
        chances = given.get("random") if isinstance(given, dict) and len(given) == 1 else None
        if not isinstance(chances, dict):
            raise ApiError(400, "Faults are a list of rules, or {random: {seed, p_drop, …}}.")
        rules.check_chances(chances)
        chances = {"seed": random.randrange(2**32), **chances}  # noqa: S311
        self._replace([], chances)
        sys.stdout.write(f"Random faults with the seed {chances['seed']}\n")
        sys.stdout.flush()
        return {"random": chances}

    def _replace(self, own: list[Json], chances: Json) -> None:
        with self.lock:
            self.rules, self.chances = own, chances
            self.dice = random.Random(chances.get("seed"))  # noqa: S311

    def call(self, method: str, path: str) -> Json:
        """Return what goes wrong with this call of the API."""
        with self.lock:
            found = self._used(
                lambda match: "type" not in match and match.get("method", method) == method and _fits(match, "path", path)
            )
            return found or self._drawn({"p_5xx": {"status": 500}, "p_delay": self._delay()})

    def event(self, kind: str) -> Json:
        """Return what goes wrong with the delivery of this event."""
        with self.lock:
            found = self._used(lambda match: "type" in match and _fits(match, "type", kind))
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
        return {"delay_ms": self.dice.randrange(1, self.chances.get("delay_ms", 500) + 1)}

    def _drawn(self, outcomes: dict[str, Json]) -> Json:
        for name, fault in outcomes.items():
            if self.chances.get(name) and self.dice.random() < self.chances[name]:
                return fault
        return {}


def _fits(match: Json, name: str, text: str) -> bool:
    return name not in match or re.search(match[name], text) is not None
