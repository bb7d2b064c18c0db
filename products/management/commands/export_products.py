"""`manage.py export_products`: exports the catalog to a file that `import_products` reads."""

import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from products.exceptions import MediaDown, MediaRefused
from products.importing import exporter


class Command(BaseCommand):
    """Exports the catalog; importing the file again changes nothing."""

    help = "Export the catalog as JSON, or as CSV if the file name ends in .csv; import_products reads both."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, required=True, help="path of the file, such as products.json or products.csv")
        parser.add_argument("--images", type=Path, help="also copy the images to this folder")

    def handle(self, *args: Any, file: Path, images: Path | None, **options: Any) -> None:
        quiet = options["verbosity"] == 0
        progress = tqdm(unit="product", disable=quiet or not sys.stderr.isatty(), file=sys.stderr)
        unfinished = file.with_name(f"{file.name}.part")
        try:
            with unfinished.open("wb") as stream, progress:
                rows = self._track(exporter.iter_rows(), progress, images)
                for line in exporter.generate_csv(rows) if file.suffix.lower() == ".csv" else exporter.generate_json(rows):
                    stream.write(line)
            unfinished.replace(file)
        except OSError as error:
            raise CommandError(f"{error.filename or file} cannot be written: {error.strerror}", returncode=2) from None
        finally:
            if unfinished.is_file():
                unfinished.unlink()
        if not quiet:
            self.stdout.write(f"{progress.n} product(s) written to {file}")

    def _track(self, rows: Iterable[dict[str, Any]], progress: Any, images: Path | None) -> Iterator[dict[str, Any]]:
        for row in rows:
            for image in row.get("images", []) if images else []:
                self._copy_image(image["file"], images)
            yield row
            progress.update(1)
            progress.n += progress.disable  # a disabled bar does not count

    def _copy_image(self, name: str, folder: Any) -> None:
        target = folder / name
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            source = default_storage.open(name)
        except (OSError, MediaDown, MediaRefused) as error:  # continue with the other images
            self.stderr.write(f"  picture {name} could not be read: {error}")
            return
        with source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy)
