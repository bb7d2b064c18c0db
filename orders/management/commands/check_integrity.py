"""`manage.py check_integrity`: do stock, promises, totals and money add up?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from orders import integrity


class Command(BaseCommand):
    """Names what does not add up. Exit code: 0 all does, 1 something does not."""

    help = "Compute anew what is derived (stock, reserved units, totals, money) and name what does not add up."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fix", action="store_true", help="compute reserved units, refunded money and held units anew")

    def handle(self, *args: Any, fix: bool, **options: Any) -> None:
        if fix:
            self.stdout.write(f"{integrity.fix()} fixed")
        found = 0
        for problem in integrity.problems():
            found += 1
            self.stderr.write(f"{problem}{' (--fix computes it anew)' if problem.is_derived else ''}")
        if options["verbosity"] or found:
            self.stdout.write("The books add up." if not found else f"{found} problem(s)")
        if found:
            raise SystemExit(1)
