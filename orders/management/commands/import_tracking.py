"""`manage.py import_tracking`: sends parcels with their tracking numbers, and records what carriers report."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.actors import SYSTEM
from orders.fulfilment.tracking_files.applying import apply_plan
from orders.fulfilment.tracking_files.files import Problem, TrackingFile, read_file
from orders.fulfilment.tracking_files.plans import make_plan
from products.importing.raw_rows import Unreadable
from products.importing.report import replace_unprintable

HAS_PROBLEMS, UNREADABLE = 1, 2  # exit codes
DRY_RUN = " (dry run: nothing was written)"


class Command(BaseCommand):
    """Imports tracking numbers; importing the same file again sends nothing twice."""

    help = (
        "Send orders and parcels with their tracking numbers from a CSV or Excel file, and record what carriers report: columns "
        "order, carrier, tracking_number, and for reports status, at, text, collected. Each row stands for itself. Exit code 1: "
        "rows were refused, the others are done; 2: the file cannot be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, required=True, metavar="F", help="CSV or .xlsx with a column order or awb")
        parser.add_argument("--carrier", default="", help="for rows that do not name it")
        parser.add_argument("--dry-run", action="store_true", help="print what would be done without writing")

    def handle(self, *args: Any, file: Path, carrier: str, dry_run: bool, **options: Any) -> None:
        try:
            tracking_file = read_file(file, carrier)
        except Unreadable as error:
            raise CommandError(replace_unprintable(str(error)), returncode=UNREADABLE) from None
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}", returncode=UNREADABLE) from None
        plan = make_plan(tracking_file)
        if dry_run:
            self._print(tracking_file, plan.problems, f"{len(plan.ships)} to send, {len(plan.events)} reports", DRY_RUN)
            return
        result = apply_plan(SYSTEM, plan)
        known = f" ({result.known_events} known already)" if result.known_events else ""
        self._print(tracking_file, result.refused, f"{result.sent} sent, {result.events} reports{known}")

    def _print(self, tracking_file: TrackingFile, refused: list[Problem], done: str, note: str = "") -> None:
        """Print what was refused, and what was done. Raises CommandError if anything was refused."""
        for problem in refused:
            self.stderr.write(replace_unprintable(f"  row {problem.number}, {problem.subject}: {problem.text}"))
        if tracking_file.unread:
            self.stdout.write(replace_unprintable(f"  columns that are not read: {', '.join(tracking_file.unread)}"))
        if tracking_file.empty:
            self.stdout.write(f"  {tracking_file.empty} row(s) without a tracking number")
        self.stdout.write(f"{done}, {len(refused)} refused{note}")
        if refused:
            raise CommandError(f"{len(refused)} row(s) were refused", returncode=HAS_PROBLEMS)
