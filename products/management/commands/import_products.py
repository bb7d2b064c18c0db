"""`manage.py import_products`: imports the catalog from a file."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from core import markets
from products.importing.columns import parse_mapping
from products.importing.encodings import check_encoding
from products.importing.images import ImageImporter
from products.importing.importer import Import, deactivate_missing
from products.importing.report import generate_csv, replace_unprintable
from products.importing.sources import Source, Unreadable
from products.importing.summary import Summary
from products.services import planner_statistics

MAX_SHOWN_PROBLEMS = 50
ROWS_PER_LINE = 10_000  # rows between two lines of progress where there is no terminal


class Command(BaseCommand):
    """Imports products by SKU; importing the same file again changes nothing."""

    help = (
        "Import products from a JSON, CSV or Excel file, by SKU. Exit code 0: all rows were imported; 1: some rows failed (with "
        "--strict: or some images); 2: the file cannot be read, and nothing was written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, default=settings.BASE_DIR / "products.json", help="default: products.json")
        parser.add_argument("--images", type=Path, help="folder of the images (default: the file's folder)")
        parser.add_argument("--map", default="", help="names of the file's columns by ours: Preis=price,Bestand=stock")
        parser.add_argument("--market", default="", choices=list(markets.get_markets()), help="market of prices without a currency")
        parser.add_argument("--encoding", default="", help="of a CSV file, such as cp1250 (default: it is detected)")
        parser.add_argument("--allow-free", action="store_true", help="let prices become 0, which is refused otherwise")
        parser.add_argument("--dry-run", action="store_true", help="check and count everything without writing")
        parser.add_argument("--strict", action="store_true", help="also exit with 1 if only images are missing")
        parser.add_argument(
            "--deactivate-missing", action="store_true", help="deactivate the shop's own products that the file does not contain"
        )
        parser.add_argument("--report", type=Path, help="write all problems and notes to this CSV file")

    def handle(self, *args: Any, file: Path, images: Path | None, dry_run: bool, **options: Any) -> None:
        quiet = options["verbosity"] == 0
        try:
            source = Source(file, parse_mapping(options["map"]), options["market"], check_encoding(options["encoding"]))
            survey = source.survey()  # reads the whole file, so that a broken one is refused before anything is written
            report = options["report"].open("wb") if options["report"] else None
            run = Import(
                ImageImporter(images or file.resolve().parent, is_dry=dry_run),
                dry_run,
                options["allow_free"],
                summary=Summary.from_survey(survey, is_dry=dry_run),
            )
            with tqdm(total=survey.total, unit="row", disable=quiet or not sys.stderr.isatty(), file=sys.stderr) as bar:
                show = self._print_progress(survey.total) if bar.disable and not quiet else bar.update
                summary = run.run(source.iter_rows(), show)
        except Unreadable as error:
            raise CommandError(str(error), returncode=2) from None
        except OSError as error:
            raise CommandError(f"{options['report']} cannot be written: {error.strerror}", returncode=2) from None
        if options["deactivate_missing"] and run.skus:
            deactivate_missing(run)
        if not dry_run:
            planner_statistics.refresh_after_bulk(summary.written)
        if report is not None:
            with report:
                self._write_report(report, summary)
        if not quiet:
            self._print_summary(summary, dry_run=dry_run)
        self._raise_for_problems(run, dry_run=dry_run, **options)

    def _print_progress(self, total: int) -> Callable[[int], object]:
        """Return a function that prints a line every 10,000 rows."""
        done = 0

        def show(rows: int) -> None:
            nonlocal done
            if done // ROWS_PER_LINE < (done + rows) // ROWS_PER_LINE:
                self.stderr.write(f"  {done + rows} of {total} rows")
            done += rows

        return show

    def _raise_for_problems(self, run: Import, *, dry_run: bool, strict: bool, deactivate_missing: bool, **_: Any) -> None:
        """Raises CommandError with exit code 1 if there are problems."""
        if deactivate_missing and not run.skus:
            raise CommandError("The file contains no product that could be read, so nothing was deactivated.", returncode=1)
        problems = len(run.summary.failed) + (len(run.summary.failed_pictures) if strict else 0)
        if problems:
            imported = "" if dry_run else "; everything else was imported"
            raise CommandError(f"{problems} problem(s){imported}.", returncode=1)

    def _print_summary(self, summary: Summary, *, dry_run: bool) -> None:
        problems = sorted([*summary.failed, *summary.failed_pictures])
        for line in summary.describe_file():
            self.stdout.write(replace_unprintable(line))
        for number, name, reason, _ in problems[:MAX_SHOWN_PROBLEMS]:
            self.stderr.write(replace_unprintable(f"  row {number} ({name}): {reason}"))
        if len(problems) > MAX_SHOWN_PROBLEMS:
            self.stderr.write(f"  ... and {len(problems) - MAX_SHOWN_PROBLEMS} more (use --report FILE to list them all)")
        for line in summary.describe_notes():
            self.stdout.write(replace_unprintable(f"  {line}"))
        line = f"{summary.created} created, {summary.changed} changed, {summary.unchanged} unchanged, {len(summary.failed)} failed"
        line += f", {summary.deactivated} deactivated" if summary.deactivated else ""
        line += f", {len(summary.failed_pictures)} picture(s) missing" if summary.failed_pictures else ""
        self.stdout.write(f"{line} (dry run: nothing was written)" if dry_run else line)

    def _write_report(self, stream: IO[bytes], summary: Summary) -> None:
        stream.writelines(generate_csv(summary.iter_report()))
