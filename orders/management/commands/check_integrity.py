"""`manage.py check_integrity`: checks stock, reserved units, totals and money."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from orders import integrity


class Command(BaseCommand):
    """Reports mismatches. Exit code: 0 without mismatches, 1 with mismatches."""

    help = "Recompute derived values (stock, reserved units, totals, money) and report mismatches."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fix", action="store_true", help="correct derived values, such as reserved units and refunded money")

    def handle(self, *args: Any, fix: bool, **options: Any) -> None:
        if fix:
            self.stdout.write(f"{integrity.fix_derived_values()} fixed")
        count = 0
        for problem in integrity.find_problems():
            count += 1
            self.stderr.write(f"{problem}{' (--fix corrects this)' if problem.is_derived else ''}")
        if options["verbosity"] or count:
            self.stdout.write(f"{count} problem(s)" if count else "No problems.")
        if count:
            raise SystemExit(1)
