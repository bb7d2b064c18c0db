"""`manage.py sync_payments`: brings orders to what the payment provider says."""

import re
import signal
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, connection

from core.shutdown import ShutdownFlag
from orders.payments.reconciliation import Report, Run

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def span_of(text: str) -> timedelta:
    """Return `90m`, `72h` or `3d` as a span of time. Raises CommandError."""
    found = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", text)
    if found is None:
        raise CommandError("--since looks like 90m, 72h or 3d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


class Command(BaseCommand):
    """Asks Stripe about open payments, closes those whose time is over, works events through again, and compares. Exit code: 0 all
    was well, 1 something was repaired, 2 somebody has to look."""

    help = "Bring orders to what the payment provider says; run it every minute, or let it run with --loop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--order", default="", help="only the order with this number")
        parser.add_argument("--since", default="72h", help="how far to look back: 90m, 72h, 3d (default 72h)")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
        parser.add_argument("--loop", type=int, default=0, metavar="SECONDS", help="stay, and run again after so many seconds")

    def handle(self, *args: Any, order: str, since: str, dry_run: bool, loop: int, **options: Any) -> None:
        span = span_of(since)
        stop = ShutdownFlag(signal.SIGTERM, signal.SIGINT) if loop else ShutdownFlag()
        while True:
            run = Run(span, order.upper(), is_dry=dry_run)
            try:
                run.all()
            except (OperationalError, InterfaceError) as wrong:
                run.report.attention.append(f"the database did not answer: {wrong}")
                connection.close()  # the next run opens a new one
            self._say(run.report, is_dry=dry_run, quiet=options["verbosity"] == 0)
            if not loop and run.report.code:
                raise SystemExit(run.report.code)
            if not loop or stop.wait(loop):
                return

    def _say(self, report: Report, *, is_dry: bool, quiet: bool) -> None:
        for line in report.attention:
            self.stderr.write(f"attention: {line}")
        each, all_ = ("would repair", "to repair") if is_dry else ("repaired", "repaired")
        if not quiet:
            for line in report.repaired:
                self.stdout.write(f"{each}: {line}")
            self.stdout.write(f"{len(report.repaired)} {all_}, {len(report.attention)} need attention")
