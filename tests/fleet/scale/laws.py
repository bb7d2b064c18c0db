"""The laws of a run: how often each was checked, and what broke it. Buyers, staff and watchers report here, from all threads."""

from collections import Counter
from threading import Lock

TITLES = {
    1: "nothing oversells: stock, reservations, movements and orders add up",
    2: "an order that a buyer was told of exists once, and one for each idempotency key",
    3: "a payment settles once, and the books of shop and provider agree",
    4: "no buyer sees an older cart than one that they were shown",
    5: "a signed-in caller sees their own change at once",
    6: "an anonymous answer of the catalog is not older than its limit",
    7: "reads go on while one part dies; writes fail only in the seconds around a kill",
    8: "each order is confirmed by one e-mail",
    9: "check_integrity is clean, and /readyz says what is degraded, and nothing afterwards",
    10: "no process logs a traceback",
}
MAX_EXAMPLES = 5  # of each law


class Laws:
    """Counts checks and keeps examples of what broke a law."""

    def __init__(self) -> None:
        self.checks: Counter[int] = Counter()
        self.violations: Counter[int] = Counter()
        self.examples: dict[int, list[str]] = {law: [] for law in TITLES}
        self.notes: dict[int, str] = {}  # what was measured
        self._lock = Lock()

    def check(self, law: int, holds: bool, message: str) -> bool:
        """Count a check; `message` says what is wrong if the law does not hold. Returns whether it holds."""
        with self._lock:
            self.checks[law] += 1
            if not holds:
                self.violations[law] += 1
                if len(self.examples[law]) < MAX_EXAMPLES:
                    self.examples[law].append(message)
        return holds

    @property
    def all_hold(self) -> bool:
        """Whether all laws were checked, and none was broken."""
        return not self.violations and all(self.checks[law] for law in TITLES)
