"""`manage.py import_service_areas`: imports the postal codes that a carrier serves."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import markets
from core.countries import find_country_code, list_countries
from pricing.service_areas import areas
from pricing.service_areas.areas import Changes
from pricing.service_areas.files import AreaDefaults, AreaList, read_file
from products.importing.raw_rows import BadRow, Unreadable
from products.importing.report import replace_unprintable

HAS_PROBLEMS, UNREADABLE = 1, 2  # exit codes
MAX_SHOWN = 20  # problems


class Command(BaseCommand):
    """Imports service areas; importing the same file again changes nothing."""

    help = (
        "Import the postal codes that a carrier serves from a CSV or Excel file. The file is the carrier's whole list for each "
        "country in it: areas that it does not contain are removed, unless --keep is given. Exit code 1: the file has problems; "
        "2: it cannot be read. In both cases nothing was written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--file", type=Path, required=True, metavar="F", help="CSV or .xlsx with a column postal_code or pincode"
        )
        parser.add_argument("--carrier", default="", help="name of the carrier, where the file does not say it")
        parser.add_argument("--market", choices=list(markets.get_markets()), help="default: the shop's default market")
        parser.add_argument("--country", default="", help="where the file does not say it (default: the market's)")
        parser.add_argument("--keep", action="store_true", help="keep the carrier's areas that the file does not contain")
        parser.add_argument("--dry-run", action="store_true", help="print what would change without writing")

    def handle(self, *args: Any, file: Path, country: str, dry_run: bool, keep: bool, **options: Any) -> None:
        market = markets.get_market(options["market"]) if options["market"] else markets.get_default_market()
        code = find_country_code(country)
        if country and not code:
            raise CommandError(f"--country {country!r} is not a country", returncode=UNREADABLE)
        try:
            area_list = read_file(file, market, AreaDefaults(code, options["carrier"]))
        except (Unreadable, BadRow) as error:
            raise CommandError(replace_unprintable(str(error)), returncode=UNREADABLE) from None
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}", returncode=UNREADABLE) from None
        if area_list.problems:
            self._print_problems(area_list)
            raise CommandError(f"{len(area_list.problems)} problem(s); nothing was written.", returncode=HAS_PROBLEMS)
        write = areas.preview if dry_run else areas.replace
        changes = write(market, area_list.services, keep=keep)
        if options["verbosity"]:
            self._print_result(area_list, changes, dry_run=dry_run)

    def _print_problems(self, area_list: AreaList) -> None:
        for number, text in area_list.problems[:MAX_SHOWN]:
            self.stderr.write(f"  line {number}: {text}")
        if (more := len(area_list.problems) - MAX_SHOWN) > 0:
            self.stderr.write(f"  … and {more} more")

    def _print_result(self, area_list: AreaList, changes: Changes, *, dry_run: bool) -> None:
        if area_list.unread:
            self.stdout.write(replace_unprintable(f"  columns that are not read: {', '.join(area_list.unread)}"))
        if area_list.repeated:
            self.stdout.write(f"  {area_list.repeated} line(s) repeat earlier ones")
        if nameless := areas.count_nameless(area_list.services):
            self.stdout.write(f"  {nameless} area(s) have no carrier; a file with a carrier will not replace them")
        names = list_countries()
        for country in changes.limited:
            verb = "would deliver" if dry_run else "delivers"
            self.stdout.write(
                f"  the market {verb} only to these postal codes in {names.get(country, country)}, no longer everywhere"
            )
        line = f"{len(changes.added)} added, {len(changes.changed)} changed, {len(changes.removed)} removed, "
        line += f"{changes.unchanged} unchanged"
        self.stdout.write(f"{line} (dry run: nothing was written)" if dry_run else line)
