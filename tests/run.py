"""Runs the whole suite: on SQLite, and on PostgreSQL (with Redis) in a private cluster where their programs are installed.

`python -m tests.run [pytest arguments]`. With `CI` set a missing program is a failure. Exit code 0: everything passed.
"""

import json
import os
import shutil
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from tests.services import absent, postgres, redis

PARTS = {"engine": "the tests on PostgreSQL and Redis", "node": "the tests of client code", "browser": "the tests in a browser"}
SQLITE = "sqlite:///db{}.sqlite3"
SERVICES = (
    *("services", "sessions", "stock", "importing", "audit", "merging", "placing", "checking"),
    *("passwords", "verification", "phone_codes", "google_accounts", "erasure", "retention", "events"),
    *("ordering", "pricing", "checkout", "settling", "cancelling", "refunds", "disputes", "inbox", "reconciling", "integrity"),
    *("fulfilment", "claiming", "addresses", "transitions", "notices", "locking", "replays", "returns", "wishes"),
)
APPS = ("accounts", "carts", "orders", "products")
FULL_COVERAGE = ",".join(("store/core/*.py", *(f"{app}/{name}.py" for app in APPS for name in SERVICES)))


# Measuring costs half as much again, so on PostgreSQL only that is measured of which every line has to be run.
MEASURED = {"sqlite": (), "postgresql": ("--rcfile=/dev/null", "--branch", "--parallel-mode", f"--include={FULL_COVERAGE}")}
CACHE = Path(".pytest_cache")  # each run has a folder of its own, where pytest keeps what failed last
# Many tests wait for clocks, locks and browsers: two runs beside each other need little longer than one.
HALVES = {"tests": ("tests",), "apps": ("accounts", "carts", "orders", "products", "store")}


@dataclass(frozen=True, slots=True)
class Run:
    """A run of pytest, and the file that holds what it says, where that is not seen at once."""

    name: str
    process: subprocess.Popen[str]
    output: Path | None


def started(engine: str, database: str, redis_url: str, arguments: list[str], *, is_seen: bool) -> list[Run]:
    """Start the suite on an engine, in two halves where all of it is asked for; the first is seen while it runs, if wanted.

    `{}` in `database` and `redis_url` stands for what the halves do not share.
    """
    shares = {"": tuple(arguments)} if arguments else HALVES
    runs: list[Run] = []
    for number, (name, given) in enumerate(shares.items()):
        folder = CACHE / f"{engine}-{name}".rstrip("-")
        folder.mkdir(parents=True, exist_ok=True)
        own = {"DATABASE_URL": database.format(f"-{name}" if name else ""), "REDIS_URL": redis_url.format(number)}
        output = None if is_seen and not runs else folder / "output"
        measured = [sys.executable, "-m", "coverage", "run", *MEASURED[engine]]
        with output.open("w") if output else nullcontext() as told:
            command = [*measured, "-m", "pytest", "-o", f"cache_dir={folder}", *given]
            process = subprocess.Popen(command, env={**os.environ, **own}, stdout=told, stderr=told, text=True)
        runs.append(Run(folder.name, process, output))
    return runs


def passed(runs: list[Run]) -> bool:
    """Wait for all, and tell of one after the other; True where all passed."""
    try:
        for run in runs:
            print(f"\n=== {run.name}", flush=True)
            run.process.wait()
            print(run.output.read_text() if run.output else "", end="", flush=True)
    finally:
        for run in runs:
            run.process.terminate()
    return all(run.process.returncode == 0 for run in runs)


def failed() -> list[str]:
    """Name the tests that failed, by run: what a long output is read for."""
    found = {file.parts[-4]: json.loads(file.read_text()) for file in sorted(CACHE.glob("*/v/cache/lastfailed"))}
    return [f"{run}: {test}" for run, tests in found.items() for test in tests]


def on_both(arguments: list[str]) -> bool:
    """Run the suite on both engines side by side; True where all passed."""
    with postgres() as database, redis() as redis_url:
        runs = started("postgresql", f"{database}{{}}", f"{redis_url}/{{}}", arguments, is_seen=True)
        return passed(runs + started("sqlite", SQLITE, "", arguments, is_seen=False))


def coverage(*arguments: str) -> bool:
    """Run a coverage command; True where it succeeded."""
    return subprocess.run([sys.executable, "-m", "coverage", *arguments], check=False).returncode == 0


def main(arguments: list[str]) -> int:
    """Run everything that this machine can run, and say what it could not."""
    coverage("erase")
    for old in CACHE.glob("*/v"):
        shutil.rmtree(old)
    without = {what: absent(part) for part, what in PARTS.items() if absent(part)}
    is_well = passed(started("sqlite", SQLITE, "", arguments, is_seen=True)) if absent("engine") else on_both(arguments)
    coverage("combine", "--quiet")
    whole = not arguments and not without
    if whole:
        print("\n=== Coverage: services and store.core 100 %, everything 95 %", flush=True)
        is_well &= coverage("report", "--fail-under=100", f"--include={FULL_COVERAGE}")
        is_well &= coverage("report", "--fail-under=95")
    for what, programs in without.items():
        print(f"\nNOT RUN: {what}. Not installed: {', '.join(programs)}.")
    if without and os.environ.get("CI"):
        print("CI is set, so what could not be run is a failure.")
        is_well = False
    print("\nAll passed." if is_well else "\n".join(("", *failed(), "FAILED.")))
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
