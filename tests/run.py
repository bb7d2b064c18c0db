"""Runs the whole suite: on SQLite, and on PostgreSQL (with Redis) in a private cluster where their programs are installed.

`python -m tests.run [pytest arguments]`. With `CI` set a missing program is a failure. Exit code 0: everything passed.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from operator import itemgetter
from pathlib import Path
from typing import IO

from tests.services import find_missing_programs, memory_folder, postgres, redis

PARTS = {
    "engine": "the tests on PostgreSQL and Redis",
    "node": "the tests of client code",
    "browser": "the tests in a browser",
    "proxy": "the tests behind nginx",
}
NO_TESTS_COLLECTED = 5  # pytest's exit code where no test was chosen
SQLITE = {"REDIS_URL": "", "TESTS_SHARE": "", "TESTS_UNMEASURED": "sqlite"}
PARALLEL_RUN = {"TESTS_UNMEASURED": "postgresql"}  # where both engines run side by side
SLOWEST = 20  # how many tests are named at the end
# The rules of the shop: every branch is tested. What only shows or receives them (API, admin, commands) counts in the 95 %.
FULL_COVERAGE = ("core/**", "pricing/**", "accounts/**", "carts/**", "orders/**", "products/**")
PRESENTATION = tuple(f"*/{name}" for name in ("api/**", "admin/**", "admin.py", "management/**", "migrations/**", "tests/**"))


# Coverage makes tests 75 % slower. On PostgreSQL those tests alone are measured that run what no other engine does.
SHARES = ("measured", "rest")
CACHE = Path(".pytest_cache")  # each run has a folder of its own, where pytest keeps what failed last


def pytest(name: str, arguments: list[str], environment: dict[str, str], output: IO[str] | None = None) -> subprocess.Popen[str]:
    """Start the suite in this environment; `TESTS_SHARE` in it says which part of it."""
    measured = () if environment.get("TESTS_SHARE") == "rest" else ("-m", "coverage", "run")
    command = [sys.executable, *measured, "-m", "pytest", "-o", f"cache_dir={CACHE / name}", *arguments]
    return subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=output, text=True)


def on_postgresql(arguments: list[str], environment: dict[str, str]) -> list[int]:
    """Run the suite on PostgreSQL, what is measured first, and return the exit codes."""
    return [pytest(f"postgresql-{share}", arguments, {**environment, "TESTS_SHARE": share}).wait() for share in SHARES]


def have_passed(codes: list[int], arguments: list[str]) -> bool:
    """Return whether all runs passed; a run without tests is no failure if the arguments left tests for another run."""
    return 0 in codes and set(codes) <= ({0, NO_TESTS_COLLECTED} if arguments else {0})


def failed() -> list[str]:
    """Name the tests that failed, by run: what a long output is read for."""
    found = {file.parts[-4]: json.loads(file.read_text()) for file in sorted(CACHE.glob("*/v/cache/lastfailed"))}
    return [f"{engine}: {test}" for engine, tests in found.items() for test in tests]


def slowest() -> list[str]:
    """Return the slowest tests of all runs, each with its seconds."""
    seconds = {(file.parts[-3], test): spent for file in CACHE.glob("*/v/slowest") for test, spent in json.loads(file.read_text())}
    ranked = sorted(seconds.items(), key=itemgetter(1), reverse=True)[:SLOWEST]
    return [f"{spent:6.1f} s  {run}: {test}" for (run, test), spent in ranked]


def on_both(arguments: list[str], sqlite: dict[str, str]) -> bool:
    """Run the suite on both engines side by side, and print one output after the other; True where all passed."""
    with postgres() as database_url, redis() as redis_url, tempfile.TemporaryFile("w+") as sqlite_output:
        on_sqlite = pytest("sqlite", arguments, {**sqlite, **PARALLEL_RUN}, sqlite_output)
        print("\n=== Tests on PostgreSQL and Redis (those on SQLite run beside them)", flush=True)
        try:
            codes = on_postgresql(arguments, {"DATABASE_URL": database_url, "REDIS_URL": redis_url, **PARALLEL_RUN})
            codes.append(on_sqlite.wait())
        finally:
            on_sqlite.terminate()
        sqlite_output.seek(0)
        print("\n=== Tests on SQLite", flush=True)
        shutil.copyfileobj(sqlite_output, sys.stdout)
    return have_passed(codes, arguments)


def coverage(*arguments: str) -> bool:
    """Run a coverage command; True where it succeeded."""
    return subprocess.run([sys.executable, "-m", "coverage", *arguments], check=False).returncode == 0


def main(arguments: list[str]) -> int:
    """Run everything that this machine can run, and report what it cannot."""
    coverage("erase")
    for old in CACHE.glob("*/v"):
        shutil.rmtree(old)
    without = {what: find_missing_programs(part) for part, what in PARTS.items() if find_missing_programs(part)}
    with tempfile.TemporaryDirectory(prefix="shop-sqlite-", dir=memory_folder()) as folder:
        sqlite = {**SQLITE, "DATABASE_URL": f"sqlite:///{folder}/shop.sqlite3"}
        if find_missing_programs("engine"):
            print("\n=== Tests on SQLite", flush=True)
            passed = pytest("sqlite", arguments, sqlite).wait() == 0
        else:
            passed = on_both(arguments, sqlite)
    coverage("combine", "--quiet")
    if not arguments and not without:
        passed &= is_covered()
    print("\n=== The slowest tests", *slowest(), sep="\n")
    for what, programs in without.items():
        print(f"\nNOT RUN: {what}. Not installed: {', '.join(programs)}.")
    if without and os.environ.get("CI"):
        print("CI is set, so what could not be run is a failure.")
        passed = False
    print("\nAll passed." if passed else "\n".join(("", *failed(), "FAILED.")))
    return 0 if passed else 1


def is_covered() -> bool:
    """Hold the coverage against what is asked of it, and print what is missing."""
    print("\n=== Coverage: the rules 100 %, everything 95 %", flush=True)
    rules = ("--fail-under=100", f"--include={','.join(FULL_COVERAGE)}", f"--omit={','.join(PRESENTATION)}")
    return all([coverage("report", *rules), coverage("report", "--fail-under=95")])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
