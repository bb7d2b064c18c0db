"""`manage.py import_remittance`: records what a carrier has paid of the cash that it has collected."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import markets, money
from core.actors import SYSTEM
from orders.exceptions import RemittanceDiffers
from orders.remittances import drafts, recording
from orders.remittances.files import read_file
from orders.remittances.results import Result
from products.importing.raw_rows import Unreadable
from products.importing.report import replace_unprintable

UNREADABLE = 2  # exit code
MAX_SHOWN = 50  # rows of each kind


class Command(BaseCommand):
    """Records a remittance; importing the same file again only matches rows that had no parcel."""

    help = (
        "Record a carrier's payment of the cash that it has collected, from its CSV or Excel file. Rows without a parcel are kept, "
        "and reported with their number. Exit code 2: the file cannot be read, or its reference is recorded with other rows; "
        "nothing was written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--carrier", required=True, help="name of the carrier, as parcels have it")
        parser.add_argument(
            "--file", type=Path, required=True, metavar="F", help="CSV or .xlsx with an amount and a number in each row"
        )
        parser.add_argument("--reference", default="", help="of the payment (default: name of the file)")
        parser.add_argument(
            "--charges", default="", metavar="X", help="what the carrier has kept in total, if the file does not say it"
        )
        currencies = sorted({market.currency for market in markets.get_markets().values()})
        parser.add_argument("--currency", choices=currencies, default="", help="default: that of the file, or of its parcels")
        parser.add_argument("--dry-run", action="store_true", help="print what would be recorded without writing")

    def handle(self, *args: Any, file: Path, carrier: str, reference: str, dry_run: bool, **options: Any) -> None:
        try:
            draft = drafts.build_draft(
                read_file(file),
                carrier=carrier,
                reference=reference or file.name,
                currency=options["currency"],
                charges=options["charges"],
            )
            result = recording.preview(draft) if dry_run else recording.record(SYSTEM, draft)
        except (Unreadable, RemittanceDiffers) as error:
            raise CommandError(replace_unprintable(str(error)), returncode=UNREADABLE) from None
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}", returncode=UNREADABLE) from None
        if options["verbosity"]:
            self._print(result, dry_run=dry_run)

    def _print(self, result: Result, *, dry_run: bool) -> None:
        """Print the short parcels, the rows without a parcel, and one line of sums."""
        self._print_rows([f"row {row.row}: parcel {row.label} lacks {_format(row.short_minor, result)}" for row in result.short])
        self._print_rows([f"row {row.row}: {_describe(row.name)}{row.problem}" for row in result.unmatched])
        if result.twin:
            self.stdout.write(f"  the remittance {result.twin} has the same rows")
        paid, rest = sum(row.paid_minor for row in result.matched), sum(row.paid_minor or 0 for row in result.unmatched)
        line = f"Parcels paid: {len(result.matched)} ({_format(paid, result)}), of them short: {len(result.short)}; "
        line += f"rows without a parcel: {len(result.unmatched)} ({_format(rest, result)})"
        line += f"; rows paid earlier: {result.earlier}" if result.earlier else ""
        line += f"; charges: {_format(result.charges_minor, result)}" if result.charges_minor else ""
        if result.is_unchanged:
            line = f"This remittance is recorded already, and nothing has changed. {line}"
        self.stdout.write(f"{line} (dry run: nothing was written)" if dry_run else line)

    def _print_rows(self, rows: list[str]) -> None:
        for row in rows[:MAX_SHOWN]:
            self.stdout.write(replace_unprintable(f"  {row}"))
        if len(rows) > MAX_SHOWN:
            self.stdout.write(f"  … and {len(rows) - MAX_SHOWN} more")


def _describe(name: str) -> str:
    return f"{name}: " if name else ""


def _format(amount_minor: int, result: Result) -> str:
    return money.format_price(money.to_major(amount_minor, result.currency), result.currency)
