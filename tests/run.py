"""Runs the whole suite: on SQLite, and on PostgreSQL (with Redis) in a private cluster where their programs are installed.

`python -m tests.run [pytest arguments]`. With `CI` set a missing program is a failure. Exit code 0: everything passed.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

from tests.services import absent, postgres, redis

PARTS = {"engine": "the tests on PostgreSQL and Redis", "node": "the tests of client code", "browser": "the tests in a browser"}
NOTHING = 5  # pytest's exit code where no test was chosen
SQLITE = {"DATABASE_URL": "sqlite:///db.sqlite3", "REDIS_URL": "", "TESTS_SHARE": "", "TESTS_UNMEASURED": "sqlite"}
BESIDE = {"TESTS_UNMEASURED": "postgresql"}  # where both engines run side by side
SERVICES = (
    *("services", "sessions", "stock", "importing", "audit", "merging", "placing", "checking"),
    *("passwords", "verification", "phone_codes", "google_accounts", "erasure", "retention", "events"),
    *("ordering", "pricing", "checkout", "settling", "cancelling", "refunds", "disputes", "inbox", "reconciling", "integrity"),
    *("fulfilment", "claiming", "addresses", "transitions", "notices", "locking", "replays", "returns", "wishes"),
)
APPS = ("accounts", "carts", "orders", "products")
FULL_COVERAGE = ",".join(("core/*.py", *(f"{app}/{name}.py" for app in APPS for name in SERVICES)))


# Measuring costs three quarters as much again. On PostgreSQL those tests alone are measured that run what no other engine does.
SHARES = ("measured", "rest")
CACHE = Path(".pytest_cache")  # each run has a folder of its own, where pytest keeps what failed last


def pytest(name: str, arguments: list[str], environment: dict[str, str], output: IO[str] | None = None) -> subprocess.Popen[str]:
    """Start the suite in this environment; `TESTS_SHARE` in it says which part."""
    measured = () if environment.get("TESTS_SHARE") == "rest" else ("-m", "coverage", "run")
    command = [sys.executable, *measured, "-m", "pytest", "-o", f"cache_dir={CACHE / name}", *arguments]
    return subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=output, text=True)


def on_postgresql(arguments: list[str], environment: dict[str, str]) -> list[int]:
    """Run the suite on PostgreSQL, what is measured first, and return the exit codes."""
    return [pytest(f"postgresql-{share}", arguments, {**environment, "TESTS_SHARE": share}).wait() for share in SHARES]


def have_passed(codes: list[int], arguments: list[str]) -> bool:
    """Say whether all passed; a run for which the arguments leave no test is no failure, as long as another has one."""
    return 0 in codes and set(codes) <= ({0, NOTHING} if arguments else {0})


def failed() -> list[str]:
    """Name the tests that failed, by run: what a long output is read for."""
    found = {file.parts[-4]: json.loads(file.read_text()) for file in sorted(CACHE.glob("*/v/cache/lastfailed"))}
    return [f"{engine}: {test}" for engine, tests in found.items() for test in tests]


def on_both(arguments: list[str]) -> bool:
    """Run the suite on both engines side by side, and tell of one after the other; True where all passed."""
    with postgres() as database_url, redis() as redis_url, tempfile.TemporaryFile("w+") as told:
        on_sqlite = pytest("sqlite", arguments, {**SQLITE, **BESIDE}, told)
        print("\n=== Tests on PostgreSQL and Redis (those on SQLite run beside them)", flush=True)
        try:
            codes = on_postgresql(arguments, {"DATABASE_URL": database_url, "REDIS_URL": redis_url, **BESIDE})
            codes.append(on_sqlite.wait())
        finally:
            on_sqlite.terminate()
        told.seek(0)
        print("\n=== Tests on SQLite", flush=True)
        shutil.copyfileobj(told, sys.stdout)
    return have_passed(codes, arguments)


def coverage(*arguments: str) -> bool:
    """Run a coverage command; True where it succeeded."""
    return subprocess.run([sys.executable, "-m", "coverage", *arguments], check=False).returncode == 0


def main(arguments: list[str]) -> int:
    """Run everything that this machine can run, and say what it could not."""
    coverage("erase")
    for old in CACHE.glob("*/v"):
        shutil.rmtree(old)
    without = {what: absent(part) for part, what in PARTS.items() if absent(part)}
    if absent("engine"):
        print("\n=== Tests on SQLite", flush=True)
        passed = pytest("sqlite", arguments, SQLITE).wait() == 0
    else:
        passed = on_both(arguments)
    coverage("combine", "--quiet")
    whole = not arguments and not without
    if whole:
        print("\n=== Coverage: services and core 100 %, everything 95 %", flush=True)
        passed &= coverage("report", "--fail-under=100", f"--include={FULL_COVERAGE}")
        passed &= coverage("report", "--fail-under=95")
    for what, programs in without.items():
        print(f"\nNOT RUN: {what}. Not installed: {', '.join(programs)}.")
    if without and os.environ.get("CI"):
        print("CI is set, so what could not be run is a failure.")
        passed = False
    print("\nAll passed." if passed else "\n".join(("", *failed(), "FAILED.")))
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
