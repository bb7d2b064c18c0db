"""`manage.py export_products`: the catalog into a file that `import_products` reads."""

import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from core import csv_export
from products.exceptions import MediaDown
from products.importing import exporter


class Command(BaseCommand):
    """Exports the catalog; brought back by `import_products`, it changes nothing."""

    help = "Export the catalog as JSON, or as CSV where the file is called so; import_products reads both."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, required=True, help="where to: products.json or products.csv")
        parser.add_argument("--images", type=Path, help="also copy the pictures into this folder")

    def handle(self, *args: Any, file: Path, images: Path | None, **options: Any) -> None:
        quiet = options["verbosity"] == 0
        bar = tqdm(unit="product", disable=quiet or not sys.stderr.isatty(), file=sys.stderr)
        unfinished = file.with_name(f"{file.name}.part")
        try:
            with unfinished.open("wb") as stream, bar:
                rows = self._seen(exporter.rows(), bar, images)
                for line in _csv(rows) if file.suffix.lower() == ".csv" else _json(rows):
                    stream.write(line)
            unfinished.replace(file)
        except OSError as wrong:
            raise CommandError(f"{wrong.filename or file} cannot be written: {wrong.strerror}", returncode=2) from None
        finally:
            if unfinished.is_file():
                unfinished.unlink()
        if not quiet:
            self.stdout.write(f"{bar.n} product(s) written to {file}")

    def _seen(self, rows: Iterable[dict[str, Any]], bar: Any, images: Path | None) -> Iterator[dict[str, Any]]:
        for row in rows:
            for picture in row.get("images", []) if images else []:
                self._copy(picture["file"], images)
            yield row
            bar.update(1)
            bar.n += bar.disable  # a bar that is not shown does not count

    def _copy(self, name: str, images: Any) -> None:
        target = images / name
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            source = default_storage.open(name)
        except (OSError, MediaDown) as wrong:  # one picture that cannot be had is no reason to be without the others
            self.stderr.write(f"  picture {name} could not be read: {wrong}")
            return
        with source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)


def _json(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    separator = b"[\n"
    for row in rows:
        yield separator + orjson.dumps(row, option=orjson.OPT_INDENT_2)
        separator = b",\n"
    yield b"[]\n" if separator == b"[\n" else b"\n]\n"


def _csv(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    columns = exporter.head()
    yield from (line.encode() for line in csv_export.lines([columns]))
    for number, row in enumerate(rows, start=1):
        cells = [
            [orjson.dumps(cell).decode() if isinstance(cell, list) else cell for cell in line]
            for line in exporter.csv_lines(row, columns, number)
        ]
        yield from (line.encode() for line in csv_export.lines(cells))
