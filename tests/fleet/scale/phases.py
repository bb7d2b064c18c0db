"""Kills the parts of the fleet in turn, starts them again, and notes when."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.fleet.scale.laws import Laws
from tests.fleet.scale.plan import APPS, PARTS, Plan
from tests.fleet.scale.shop import Fleet
from tests.fleet.scale.traffic import Record

States = list[list[str] | None]
NOTICE_SECONDS = 20  # within which every process must have noticed what is down
# What the processes say of themselves while a part is down; None: not ready.
EXPECTED_STATES: dict[str, States] = {
    "app": [None, *[[]] * (APPS - 1)],
    "worker": [[]] * APPS,
    "redis": [["cache"]] * APPS,
    "replica": [["replica"]] * APPS,
    "pgbouncer": [None] * APPS,
}
# The parts whose end may fail a write or a read, and for how long after the kill, in seconds; None: until the part is back.
MAY_FAIL_WRITES: dict[str, float | None] = {"app": 5.0, "pgbouncer": None}
MAY_FAIL_READS: dict[str, float | None] = {"pgbouncer": None}
SLACK = 2.0  # seconds until every thread has met the part that is back
REFUSED_STATUSES = (0, 502, 503, 504)


@dataclass(frozen=True)
class Phase:
    """A part that was down. Times are on the monotonic clock."""

    part: str
    begun: float
    killed: float
    started: float
    recovered: float
    ended: float

    @property
    def name(self) -> str:
        """What was killed."""
        return {"app": "one of three processes", "worker": "one of two workers"}.get(self.part, self.part)

    def select(self, records: list[Record], begin: float, end: float) -> list[Record]:
        """Return the requests that were answered, or failed, within this time."""
        return [record for record in records if begin <= record.started + record.seconds < end]

    def is_excused(self, record: Record) -> bool:
        """Return whether a request may have failed because of this kill."""
        limits = MAY_FAIL_READS if record.is_read else MAY_FAIL_WRITES
        if self.part not in limits or record.status not in REFUSED_STATUSES:
            return False
        limit = limits[self.part]
        end = self.recovered + SLACK if limit is None else self.killed + limit
        return record.started <= end and record.started + record.seconds >= self.killed


def run_phases(fleet: Fleet, plan: Plan, laws: Laws, report: Callable[[str], None]) -> list[Phase]:
    """Kill each part, as often as planned, and wait each time until the fleet has recovered. Raises RuntimeError."""
    phases = []
    for _ in range(plan.rounds):
        for part in PARTS:
            phases.append(_run_phase(fleet, part, plan, laws))
            phase = phases[-1]
            report(f"{phase.name} killed, down for {phase.started - phase.killed:.1f} s, recovered in {_recovery(phase):.1f} s")
    return phases


def _recovery(phase: Phase) -> float:
    return phase.recovered - phase.started


def _run_phase(fleet: Fleet, part: str, plan: Plan, laws: Laws) -> Phase:
    begun = time.monotonic()
    time.sleep(plan.calm)
    killed = time.monotonic()
    fleet.kill(part)
    states = _wait_until_noticed(fleet, part, killed + plan.down, killed + plan.down + NOTICE_SECONDS)
    laws.check(9, states == EXPECTED_STATES[part], f"/readyz said {states} while {part} was down")
    started = time.monotonic()
    fleet.start(part)
    fleet.wait_until_ready()
    laws.check(9, holds=True, message="")  # it would have raised
    recovered = time.monotonic()
    time.sleep(plan.calm)
    return Phase(part, begun, killed, started, recovered, time.monotonic())


def _wait_until_noticed(fleet: Fleet, part: str, earliest: float, latest: float) -> States:
    """Wait until the part has been down long enough, and every process says so. Return what they say."""
    while True:
        states = fleet.get_states()
        now = time.monotonic()
        if now >= earliest and (states == EXPECTED_STATES[part] or now >= latest):
            return states
        time.sleep(0.1)


def check_failures(laws: Laws, phases: list[Phase], records: list[Record]) -> None:
    """Check law 7: a request failed only where a kill excuses it."""
    reads = Counter(
        f"{'the catalog' if '/products/' in record.path else 'carts and orders'} by {record.caller}"
        for record in records
        if record.is_read and record.has_failed
    )
    laws.notes[7] = f"failed reads: {', '.join(f'{count} of {what}' for what, count in reads.most_common()) or 'none'}"
    for record in records:
        holds = not record.has_failed or any(phase.is_excused(record) for phase in phases)
        if holds:
            laws.check(7, holds=True, message="")
            continue
        since = [
            f"{record.started - phase.killed:+.1f} s after {phase.part}" for phase in phases if phase.killed <= record.started + 1
        ]
        when = since[-1] if since else "before any kill"
        message = f"{record.method} {record.path}: {record.status} {record.code} after {record.seconds:.2f} s, sent {when}"
        laws.check(7, holds=False, message=message)
