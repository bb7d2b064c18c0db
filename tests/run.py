"""Runs the whole suite: on SQLite, and on PostgreSQL (with Redis) in a private cluster where their programs are installed.

`python -m tests.run [pytest arguments]`. With `CI` set a missing program is a failure. Exit code 0: everything passed.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import IO

from tests.services import find_missing_programs, memory_folder, postgres, redis

PARTS = {
    "engine": "the tests on PostgreSQL and Redis",
    "node": "the tests of client code",
    "browser": "the tests in a browser",
    "proxy": "the tests behind nginx",
    "fleet": "the tests with a replica and PgBouncer",
}
NO_TESTS_COLLECTED = 5  # pytest's exit code where no test was chosen
SQLITE = {"REDIS_URL": "", "TESTS_PROGRAMS_ENGINE": "sqlite"}
PARALLEL_RUN = {"TESTS_PROGRAMS_ENGINE": "postgresql"}  # where both engines run side by side
SLOWEST = 20  # how many tests are named at the end
# The rules of the shop: every branch is tested. What only shows or receives them (API, admin, commands) counts in the 95 %.
RULES = {"core", "pricing", "accounts", "carts", "orders", "products"}
PRESENTATION = {"api", "admin", "admin.py", "management"}
LEAST_COVERAGE = 95  # percent of everything
CACHE = Path(".pytest_cache")  # each run has a folder of its own, where pytest keeps what failed last
COVERAGE = CACHE / "coverage"  # each run has a file of its own
# After so many calls of a probe SlipCover looks for it in all modules to remove it, which costs more than the calls.
NEVER = 2**31 - 1
# Measuring costs time. On SQLite everything is measured (pyproject.toml), on PostgreSQL only the modules with lines that
# no test reaches on SQLite. A module that is missing here is not forgotten: its lines are reported as not covered.
MEASURED_ON_POSTGRESQL = (
    "accounts/google_accounts.py",
    "core/advisory_locks.py",
    "core/compiled_queries.py",
    "core/http/handlers.py",
    "core/postgresql/base.py",
    "core/redis_pool.py",
    "core/replica.py",
    "orders/payments/reconciliation.py",
    "products/catalog/catalog_statistics.py",
    "products/catalog/first_rows.py",
    "products/catalog/listing_page.py",
    "products/catalog/search.py",
    "products/services/planner_statistics.py",
)


def measured(name: str) -> list[str]:
    """Return the command that runs pytest and writes the coverage to a file of this name."""
    COVERAGE.mkdir(parents=True, exist_ok=True)
    omitted = ("--omit", ",".join(iter_unmeasured())) if name == "postgresql" else ()
    # The modules that pytest loads in its own way are tests, which are not measured.
    options = ("--dont-wrap-pytest", *omitted, "--threshold", str(NEVER), "--out", str(COVERAGE / f"{name}.json"))
    return [sys.executable, "-m", "slipcover", *options, "-m", "pytest"]


def iter_unmeasured() -> Iterator[str]:
    """Yield what is not measured on PostgreSQL; SlipCover can only be told what to omit."""
    yield from ("*/tests/*", "*/migrations/*")
    files = (file for app in (*RULES, "store") for file in Path(app).rglob("*.py") if not {"tests", "migrations"} & set(file.parts))
    yield from (str(file) for file in files if str(file) not in MEASURED_ON_POSTGRESQL)


def pytest(name: str, arguments: list[str], environment: dict[str, str], output: IO[str] | None = None) -> subprocess.Popen[str]:
    """Start the suite in this environment."""
    command = [*measured(name), "-o", f"cache_dir={CACHE / name}", *arguments]
    # Where images of Python switch bytecode off, each shop that a test starts would compile all modules.
    variables = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", **environment}
    return subprocess.Popen(command, env=variables, stdout=output, stderr=output, text=True)


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
            servers = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
            codes = [pytest("postgresql", arguments, {**servers, **PARALLEL_RUN}).wait(), on_sqlite.wait()]
        finally:
            on_sqlite.terminate()
        sqlite_output.seek(0)
        print("\n=== Tests on SQLite", flush=True)
        shutil.copyfileobj(sqlite_output, sys.stdout)
    return have_passed(codes, arguments)


def main(arguments: list[str]) -> int:
    """Run everything that this machine can run, and report what it cannot."""
    for old in (*CACHE.glob("*/v"), COVERAGE):
        shutil.rmtree(old, ignore_errors=True)
    without = {what: find_missing_programs(part) for part, what in PARTS.items() if find_missing_programs(part)}
    with tempfile.TemporaryDirectory(prefix="shop-sqlite-", dir=memory_folder()) as folder:
        sqlite = {**SQLITE, "DATABASE_URL": f"sqlite:///{folder}/shop.sqlite3"}
        if find_missing_programs("engine"):
            print("\n=== Tests on SQLite", flush=True)
            passed = pytest("sqlite", arguments, sqlite).wait() == 0
        else:
            passed = on_both(arguments, sqlite)
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
    """Hold the coverage of all runs against what is asked of it, and print what is missing."""
    print("\n=== Coverage: the rules 100 %, everything 95 %", flush=True)
    total, files = COVERAGE / "total.json", sorted(map(str, COVERAGE.glob("*.json")))
    if not files:
        print("Nothing was measured.")
        return False
    merge = [sys.executable, "-m", "slipcover", "--out", str(total), "--merge", *files]
    subprocess.run(merge, check=True, stdout=subprocess.DEVNULL)
    merged = json.loads(total.read_text())
    missing = {name: file for name, file in merged["files"].items() if file["missing_lines"] or file["missing_branches"]}
    for name, file in missing.items():
        branches = (f"{start}->{end or 'exit'}" for start, end in file["missing_branches"])
        print(f"{'RULE ' if holds_rules(name) else ''}{name}:", *file["missing_lines"], *branches)
    percent = merged["summary"]["percent_covered"]
    print(f"{percent:.2f} % of everything")
    return percent >= LEAST_COVERAGE and not any(map(holds_rules, missing))


def holds_rules(name: str) -> bool:
    """Return whether every line and branch of this file must be covered."""
    parts = Path(name).parts
    return parts[0] in RULES and not PRESENTATION.intersection(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
