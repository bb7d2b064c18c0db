"""`manage.py sync_payments`: reconciles orders with the payment provider."""

import re
import signal
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, connection

from core.shutdown import ShutdownFlag
from orders.payments.reconciliation import ReconciliationRun, Report

DURATION_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: str) -> timedelta:
    """Parse a duration such as `90m`, `72h` or `3d`. Raises CommandError."""
    match = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", text)
    if match is None:
        raise CommandError("--since must look like 90m, 72h or 3d")
    return timedelta(**{DURATION_UNITS[match[2]]: int(match[1])})


class Command(BaseCommand):
    """Queries Stripe about open payments, closes overdue ones, replays events, and compares sessions and refunds.

    Exit code: 0 everything matched, 1 something was repaired, 2 something needs attention.
    """

    help = "Reconcile orders with the payment provider. Run it every minute, or keep it running with --loop."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--order", default="", help="only the order with this number")
        parser.add_argument("--since", default="72h", help="how far to look back: 90m, 72h, 3d (default 72h)")
        parser.add_argument("--dry-run", action="store_true", help="report what would be done without doing it")
        parser.add_argument(
            "--loop", type=int, default=0, metavar="SECONDS", help="keep running, and repeat after this many seconds"
        )

    def handle(self, *args: Any, order: str, since: str, dry_run: bool, loop: int, **options: Any) -> None:
        lookback = parse_duration(since)
        stop = ShutdownFlag(signal.SIGTERM, signal.SIGINT) if loop else ShutdownFlag()
        while True:
            run = ReconciliationRun(lookback, order.upper(), is_dry=dry_run)
            try:
                run.run()
            except (OperationalError, InterfaceError) as error:
                run.report.attention.append(f"the database did not answer: {error}")
                connection.close()  # the next run opens a new connection
            self._print_report(run.report, is_dry=dry_run, quiet=options["verbosity"] == 0)
            if not loop and run.report.exit_code:
                raise SystemExit(run.report.exit_code)
            if not loop or stop.wait(loop):
                return

    def _print_report(self, report: Report, *, is_dry: bool, quiet: bool) -> None:
        for line in report.attention:
            self.stderr.write(f"attention: {line}")
        prefix, summary = ("would repair", "to repair") if is_dry else ("repaired", "repaired")
        if not quiet:
            for line in report.repaired:
                self.stdout.write(f"{prefix}: {line}")
            self.stdout.write(f"{len(report.repaired)} {summary}, {len(report.attention)} need attention")
