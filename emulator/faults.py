"""Fault injection: rules that match API calls or events a given number of times, and a random mode with a seed."""

import random
import re
import sys
import threading
from typing import Any

from emulator import fault_rules
from emulator.errors import ApiError

Json = dict[str, Any]


class Faults:
    """The active rules. The first matching rule applies, and each use counts against its `times`."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.rules: list[Json] = []
        self.chances: Json = {}
        self.random = random.Random()  # noqa: S311 - not used for secrets

    def replace(self, rules: Any) -> Any:
        """Replace all rules with a list of rules or `{"random": {seed, p_drop, …}}`, and return them. Raises ApiError."""
        if isinstance(rules, list):
            for rule in rules:
                fault_rules.validate_rule(rule)
            self._replace([{"times": 1, **rule} for rule in rules], {})
            return rules
        chances = rules.get("random") if isinstance(rules, dict) and len(rules) == 1 else None
        if not isinstance(chances, dict):
            raise ApiError(400, "Faults are a list of rules, or {random: {seed, p_drop, …}}.")
        fault_rules.validate_chances(chances)
        chances = {"seed": random.randrange(2**32), **chances}  # noqa: S311
        self._replace([], chances)
        sys.stdout.write(f"Random faults with the seed {chances['seed']}\n")
        sys.stdout.flush()
        return {"random": chances}

    def _replace(self, rules: list[Json], chances: Json) -> None:
        with self.lock:
            self.rules, self.chances = rules, chances
            self.random = random.Random(chances.get("seed"))  # noqa: S311

    def match_call(self, method: str, path: str) -> Json:
        """Return the fault for this API call; an empty one if there is none."""
        with self.lock:
            fault = self._use_rule(
                lambda match: "type" not in match and match.get("method", method) == method and _matches(match, "path", path)
            )
            return fault or self._draw({"p_5xx": {"status": 500}, "p_delay": self._random_delay()})

    def match_event(self, kind: str) -> Json:
        """Return the fault for the delivery of this event; an empty one if there is none."""
        with self.lock:
            fault = self._use_rule(lambda match: "type" in match and _matches(match, "type", kind))
            return fault or self._draw({"p_drop": {"drop": True}, "p_dup": {"duplicate": 1}, "p_delay": self._random_delay()})

    def has_uses_left(self, rule: Json) -> bool:
        """Return whether the rule of this fault will be used again."""
        with self.lock:
            return any(active["do"] is rule and active["times"] for active in self.rules)

    def _use_rule(self, is_match: Any) -> Json | None:
        for rule in self.rules:
            if rule["times"] and is_match(rule["match"]):
                rule["times"] -= 1 if rule["times"] > 0 else 0
                fault: Json = rule["do"]
                return fault
        return None

    def _random_delay(self) -> Json:
        return {"delay_ms": self.random.randrange(1, self.chances.get("delay_ms", 500) + 1)}

    def _draw(self, outcomes: dict[str, Json]) -> Json:
        for name, fault in outcomes.items():
            if self.chances.get(name) and self.random.random() < self.chances[name]:
                return fault
        return {}


def _matches(match: Json, name: str, text: str) -> bool:
    return name not in match or re.search(match[name], text) is not None
