"""`manage.py import_products`: the catalog from a file."""

import sys
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from core import csv_export
from products.importing.images import Pictures
from products.importing.importer import Import, Summary, deactivate_missing
from products.importing.sources import Source, Unreadable

SHOWN_PROBLEMS = 50


class Command(BaseCommand):
    """Imports products by SKU; the same file twice changes nothing."""

    help = (
        "Import products from a JSON or CSV file, by SKU. Exit code 0: all rows are in; 1: some failed (with --strict: or a "
        "picture did); 2: the file cannot be read, and nothing was written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, default=settings.BASE_DIR / "products.json", help="default: products.json")
        parser.add_argument("--images", type=Path, help="folder of the pictures (default: that of the file)")
        parser.add_argument("--dry-run", action="store_true", help="check and count everything, write nothing")
        parser.add_argument("--strict", action="store_true", help="exit with 1 also where only a picture could not be had")
        parser.add_argument(
            "--deactivate-missing", action="store_true", help="switch the shop's products off that it does not name"
        )
        parser.add_argument("--report", type=Path, help="write every problem into this CSV file")

    def handle(self, *args: Any, file: Path, images: Path | None, dry_run: bool, **options: Any) -> None:
        quiet = options["verbosity"] == 0
        source = Source(file)
        run = Import(Pictures(images or file.resolve().parent, is_dry=dry_run), is_dry=dry_run)
        try:
            total = source.count()  # so that a file with an error at its end leaves the shop as it was
            report = options["report"].open("w", encoding="utf-8", newline="") if options["report"] else None
            with tqdm(total=total, unit="row", disable=quiet or not sys.stderr.isatty(), file=sys.stderr) as bar:
                summary = run.run(source.rows(), bar.update)
        except Unreadable as wrong:
            raise CommandError(str(wrong), returncode=2) from None
        except OSError as wrong:
            raise CommandError(f"{options['report']} cannot be written: {wrong.strerror}", returncode=2) from None
        if options["deactivate_missing"] and run.skus:
            deactivate_missing(run)
        if report is not None:
            with report:
                self._write_report(report, summary)
        if not quiet:
            self._report(summary, dry_run=dry_run)
        self._end(run, dry_run=dry_run, **options)

    def _end(self, run: Import, *, dry_run: bool, strict: bool, deactivate_missing: bool, **_: Any) -> None:
        """Tell by the exit code how it went. Raises CommandError."""
        if deactivate_missing and not run.skus:
            raise CommandError("The file names no product that could be read, so nothing was switched off.", returncode=1)
        problems = len(run.summary.failed) + (len(run.summary.pictures) if strict else 0)
        if problems:
            end = "" if dry_run else "; everything else is in"
            raise CommandError(f"{problems} problem(s){end}.", returncode=1)

    def _report(self, summary: Summary, *, dry_run: bool) -> None:
        problems = sorted([*summary.failed, *summary.pictures])
        for number, name, reason in problems[:SHOWN_PROBLEMS]:
            self.stderr.write(_printable(f"  row {number} ({name}): {reason}"))
        if len(problems) > SHOWN_PROBLEMS:
            self.stderr.write(f"  ... and {len(problems) - SHOWN_PROBLEMS} more (--report FILE writes them all)")
        line = f"{summary.created} created, {summary.changed} changed, {summary.unchanged} unchanged, {len(summary.failed)} failed"
        line += f", {summary.deactivated} switched off" if summary.deactivated else ""
        line += f", {len(summary.pictures)} picture(s) missing" if summary.pictures else ""
        self.stdout.write(f"{line} (dry run: nothing was written)" if dry_run else line)

    def _write_report(self, stream: IO[str], summary: Summary) -> None:
        stream.writelines(csv_export.lines([("row", "name", "problem"), *sorted([*summary.failed, *summary.pictures])]))


def _printable(text: str) -> str:
    """Return the text without what would move a terminal's cursor."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
