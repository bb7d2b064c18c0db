"""`manage.py import_products`: the catalog from a file."""

import sys
from pathlib import Path
from typing import Any

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from products.importing import Summary, import_rows

SHOWN_FAILURES = 50


class Command(BaseCommand):
    """Imports products by SKU; the same file twice changes nothing."""

    help = "Import products from a JSON file, by SKU. Exit code 0: all rows are in; 1: some failed; 2: the file cannot be read."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, default=settings.BASE_DIR / "products.json", help="default: products.json")

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        rows = self._read(file)
        quiet = options["verbosity"] == 0
        with tqdm(total=len(rows), unit="row", disable=quiet or not sys.stderr.isatty(), file=sys.stderr) as bar:
            summary = import_rows(rows, file.resolve().parent, bar.update)
        if not quiet:
            self._report(summary)
        if summary.failed:
            raise CommandError(f"{len(summary.failed)} problem(s); everything else is in.", returncode=1)

    def _read(self, file: Path) -> list[Any]:
        try:
            rows = orjson.loads(file.read_bytes())
        except OSError as wrong:
            raise CommandError(f"{file} cannot be opened: {wrong.strerror}", returncode=2) from None
        except orjson.JSONDecodeError as wrong:
            where = f"line {wrong.lineno}, column {wrong.colno}"
            raise CommandError(f"{file} is not valid JSON: {wrong.msg} at {where}", returncode=2) from None
        if not isinstance(rows, list):
            raise CommandError(f"{file} must hold a JSON list of products", returncode=2)
        return rows

    def _report(self, summary: Summary) -> None:
        for number, name, reason in summary.failed[:SHOWN_FAILURES]:
            self.stderr.write(f"  row {number} ({name}): {reason}")
        if len(summary.failed) > SHOWN_FAILURES:
            self.stderr.write(f"  ... and {len(summary.failed) - SHOWN_FAILURES} more")
        self.stdout.write(
            f"{summary.created} created, {summary.changed} changed, {summary.unchanged} unchanged, {len(summary.failed)} failed"
        )
