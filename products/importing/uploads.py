"""Uploaded import files, kept in the database: the process that runs the import may be on another machine."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from django.core.files import File

from products.models import ImportChunk, ImportRun


class BadFile(ValueError):
    """The file cannot be taken; the message says why."""


MAX_SIZE = 20 * 1024 * 1024  # bytes
CHUNK_SIZE = 1024 * 1024  # bytes, so that neither side holds a whole file in memory


def store_file(run: ImportRun, file: File[bytes]) -> None:
    """Store the content of the run's file; call this in the transaction that creates the run. Raises BadFile."""
    if not file.size:
        raise BadFile("The file is empty")
    if file.size > MAX_SIZE:
        raise BadFile(
            f"The file is larger than {MAX_SIZE // 1024**2} MB. Split it, or use the command import_products on the server"
        )
    for position, content in enumerate(file.chunks(CHUNK_SIZE)):
        ImportChunk.objects.create(run=run, position=position, content=content)


@contextmanager
def open_file(run: ImportRun) -> Iterator[tuple[Path, Path]]:
    """Write the run's file to a temporary folder; yield its path and that of an empty folder for images."""
    with tempfile.TemporaryDirectory(prefix="shop-import-") as name:
        folder = Path(name)
        images = folder / "images"
        images.mkdir()
        path = folder / f"file{PurePath(run.name).suffix.lower()}"
        with path.open("wb") as stream:
            for pk in list(run.chunks.values_list("pk", flat=True)):
                stream.write(run.chunks.values_list("content", flat=True).get(pk=pk))
        yield path, images
