"""`make scale`: runs the shop as a fleet, kills its parts under load, and holds it to its laws.

`python -m tests.fleet.scale [--quick] [--seed N]`. Exit code 0: all laws hold; 1: one is broken, or the fleet does not recover;
2: a program is missing. It takes about five minutes.
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from tests.fleet.scale.plan import FULL, SHORT
from tests.fleet.scale.report import print_result
from tests.fleet.scale.run import run
from tests.services import find_missing_programs

PARTS = ("engine", "proxy", "fleet")
# Where Debian has the programs.
PACKAGES = {
    **dict.fromkeys(("initdb", "pg_ctl", "pg_basebackup"), "postgresql"),
    **{"redis-server": "redis-server", "nginx": "nginx-light", "pgbouncer": "pgbouncer"},
}


def report(text: str) -> None:
    """Print a line of progress."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def find_missing_packages() -> list[str]:
    """Return the Debian packages whose programs are missing."""
    return sorted({PACKAGES[name] for part in PARTS for name in find_missing_programs(part)})


def main() -> int:
    """Run, and return the exit code."""
    parser = argparse.ArgumentParser(prog="make scale", description="Run the shop as a fleet and kill its parts under load.")
    parser.add_argument("--quick", action="store_true", help="the short form, as in make test")
    parser.add_argument("--seed", type=int, default=FULL.seed, help="of what the callers do")
    options = parser.parse_args()
    packages = find_missing_packages()
    if packages:
        print(f"Not installed: what `make scale` runs. On Debian and Ubuntu: apt-get install {' '.join(packages)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell turns off for what it runs in the background
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends what was started, as Ctrl-C does
    load = os.getloadavg()
    plan = replace(SHORT if options.quick else FULL, seed=options.seed)
    try:
        result = run(plan, report, logs=Path(tempfile.mkdtemp(prefix="shop-scale-logs-")))
    except RuntimeError as error:
        print(f"FAILED: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; all that was started has ended.", file=sys.stderr)
        return 130
    print_result(result, load)
    print("\nAll laws hold." if result.laws.all_hold else "\nFAILED: a law is broken.")
    return 0 if result.laws.all_hold else 1


if __name__ == "__main__":
    sys.exit(main())
