"""Runs the whole suite: on SQLite, and on PostgreSQL (with Redis) in a private cluster where their programs are installed.

`python -m tests.run [pytest arguments]`. With `CI` set a missing program is a failure. Exit code 0: everything passed.
"""

import os
import subprocess
import sys

from tests.services import missing, postgres, redis

FULL_COVERAGE = (
    "store/core/*.py,*/services.py,*/sessions.py,*/stock.py,*/importing.py,*/audit.py,*/merging.py,*/placing.py,*/checking.py"
)


def pytest(title: str, arguments: list[str], **environment: str) -> bool:
    """Run the suite once in this environment; True where it passed."""
    print(f"\n=== Tests on {title}", flush=True)
    command = [sys.executable, "-m", "coverage", "run", "-m", "pytest", *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode == 0


def coverage(*arguments: str) -> bool:
    """Run a coverage command; True where it succeeded."""
    return subprocess.run([sys.executable, "-m", "coverage", *arguments], check=False).returncode == 0


def main(arguments: list[str]) -> int:
    """Run everything that this machine can run, and say what it could not."""
    coverage("erase")
    passed = pytest("SQLite", arguments, DATABASE_URL="sqlite:///db.sqlite3", REDIS_URL="")
    absent = missing()
    if not absent:
        with postgres() as database_url, redis() as redis_url:
            passed &= pytest("PostgreSQL and Redis", arguments, DATABASE_URL=database_url, REDIS_URL=redis_url)
    coverage("combine", "--quiet")
    whole = not arguments and not absent
    if whole:
        print("\n=== Coverage: services and store.core 100 %, everything 95 %", flush=True)
        passed &= coverage("report", "--fail-under=100", f"--include={FULL_COVERAGE}")
        passed &= coverage("report", "--fail-under=95")
    for program in absent:
        print(f"\nNOT RUN: the tests on PostgreSQL and Redis, for {program} is not installed.")
    if absent and os.environ.get("CI"):
        print("CI is set, so what could not be run is a failure.")
        passed = False
    print("\nAll passed." if passed else "\nFAILED.")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
