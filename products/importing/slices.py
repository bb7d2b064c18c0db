"""Slices of an import: each processes rows for some seconds, saves what it has learned, and enqueues the next slice.

Other jobs, such as the e-mail about an order, run between two slices. If a worker dies, the outbox repeats its slice once the
lease has expired; rows that were already imported are then unchanged, because rows are matched by SKU.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypedDict

from django.db import InterfaceError, OperationalError, transaction

from core import outbox
from products.importing import runs, uploads
from products.importing.columns import parse_mapping
from products.importing.images import ImageImporter
from products.importing.importer import BATCH_SIZE, Import, deactivate_missing
from products.importing.preview import PREVIEW_ROWS, PreviewRow, build_preview
from products.importing.report import replace_unprintable
from products.importing.sources import Source, Survey, Unreadable
from products.importing.summary import Entry, Summary
from products.models import MAX_SKU, ImportCheckpoint, ImportReportLine, ImportRun
from products.services import planner_statistics

logger = logging.getLogger("shop.imports")
SLICE_SECONDS = 10.0
FIRST_BATCH = 5  # rows; images make rows slow, so the number adapts to the time that the rows take
QUICK = 2.0  # seconds that a batch takes for the next one to be larger
PROGRESS_INTERVAL = 1.0  # seconds between two updates of the progress
MAX_NAME, MAX_TEXT = 200, 1000  # characters of a name and of a text in the report
MAX_UNREAD = 100  # columns that are named
NO_ROWS = "The file contains no products."
NOT_DEACTIVATED = "The file contains no product that could be read, so nothing was deactivated."
UNEXPECTED = "An unexpected error ended the import. What was imported before stays. The log of the worker has the details."


class Checkpoint(TypedDict):
    """What the next slice must know about the rows before it."""

    skus: dict[str, int]  # of valid rows, with the row number
    failed_skus: list[str]  # of invalid rows
    row_by_product: list[tuple[int, int]]  # ids of updated products, with the row number
    partial_products: list[int]  # ids of products of which rows updated single variants
    survey: dict[str, Any]  # the `Survey` of the file


class Stopped(Exception):
    """The run has been cancelled."""


def run_slice(run_id: int, state: str, position: int) -> None:
    """Process the next rows of an active run, unless it was cancelled or another worker has processed them."""
    run = ImportRun.objects.filter(pk=run_id, state=state, position=position).first()
    if run is None or state not in ImportRun.ACTIVE_STATES:
        return
    try:
        with uploads.open_file(run) as (file, images):
            try:
                _Slice(run, _open_source(run, file), images).process()
            except Unreadable as error:
                _fail(run, replace_unprintable(str(error).replace(str(file), run.name)))
    except (OperationalError, InterfaceError, OSError, outbox.LeaseLost):
        raise  # these may pass: the outbox repeats the slice
    except Exception:  # a bug must not block the imports that wait
        logger.exception("import %s failed", run.pk)
        _fail(run, UNEXPECTED)


def _open_source(run: ImportRun, file: Path) -> Source:
    """Return the run's file, with what the first slice has learned about it."""
    checkpoint = ImportCheckpoint.objects.filter(run=run).first()
    survey = Survey(**checkpoint.content["survey"]) if checkpoint is not None else None
    return Source(file, parse_mapping(run.mapping), run.market, run.encoding, survey)


def _fail(run: ImportRun, message: str) -> None:
    with suppress(runs.WrongState):  # cancelled meanwhile
        runs.fail_run(run, message)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a slice was the last one, and then the preview of a check and what staff should know."""

    is_finished: bool
    preview: list[PreviewRow]
    message: str


@dataclass
class _Slice:
    """A slice of a run."""

    run: ImportRun
    source: Source
    images: Path
    processed: int = 0  # rows
    reported_at: float = field(default_factory=time.monotonic)

    def process(self) -> None:
        """Process rows until the time is up, and save the outcome. Raises Unreadable."""
        is_dry = self.run.state == ImportRun.State.CHECKING
        importer = _restore_import(self.run, ImageImporter(self.images, is_dry, self.report_progress), is_dry=is_dry)
        if self.run.position == 0:
            self._begin(importer.summary)
        try:
            is_finished = self._import_rows(importer)
            if is_finished and self.run.deactivate_missing and importer.skus:
                deactivate_missing(importer, self.report_progress)
        except Stopped:
            is_finished = False
        message = NOT_DEACTIVATED if is_finished and self.run.deactivate_missing and not importer.skus else ""
        preview = self._build_preview(importer) if is_finished and is_dry else []
        self._save(importer, Outcome(is_finished, preview, message))
        if is_finished and not is_dry:
            planner_statistics.refresh_after_bulk(self.run.created_count + self.run.changed_count + importer.summary.written)

    def _begin(self, summary: Summary) -> None:
        """Read the whole file, so that a broken one is refused, and save what it is. Raises Unreadable."""
        survey = self.source.survey()
        if not survey.total:
            raise Unreadable(NO_ROWS)
        unread = [replace_unprintable(name)[:MAX_NAME] for name in survey.unread[:MAX_UNREAD]]
        ImportRun.objects.filter(pk=self.run.pk).update(
            total=survey.total, format=survey.format, unread=unread, prices=survey.prices
        )
        if survey.prices:
            summary.add_note(0, "", survey.prices)
        summary.add_file_notes(survey, is_dry=self.run.state == ImportRun.State.CHECKING)

    def _import_rows(self, importer: Import) -> bool:
        """Import rows until the time is up; return whether these were the last ones. Raises Stopped."""
        started_at, size = time.monotonic(), FIRST_BATCH
        rows = islice(self.source.iter_rows(), self.run.position, None)
        while batch := list(islice(rows, size)):
            batch_started_at = time.monotonic()
            importer.run(batch)
            self.processed += len(batch)
            now = time.monotonic()
            size = min(size * 2, BATCH_SIZE) if now - batch_started_at < QUICK else max(size // 2, 1)
            if now - started_at > SLICE_SECONDS:
                return self.run.position + self.processed >= self.source.survey().total
            self.report_progress()
        return True

    def report_progress(self) -> None:
        """Renew the lease and save the progress, at most once a second. Raises Stopped, LeaseLost."""
        now = time.monotonic()
        if now - self.reported_at < PROGRESS_INTERVAL:
            return
        self.reported_at = now
        outbox.renew_lease()
        running = ImportRun.objects.filter(pk=self.run.pk, state=self.run.state)
        if not running.update(progress=self.run.position + self.processed):
            raise Stopped

    def _build_preview(self, importer: Import) -> list[PreviewRow]:
        """Return what the first rows would change."""
        rows = list(islice(self.source.iter_rows(), PREVIEW_ROWS))
        lines = self.run.report_lines.filter(kind=ImportReportLine.Kind.PROBLEM, row__lte=max(row.number for row in rows))
        saved = [Entry(line.row, line.name, line.text, line.sku) for line in lines]
        failures = {entry.row: entry for entry in (*saved, *importer.summary.failed)}
        return build_preview(rows, failures, self.images, allow_free=self.run.allow_free)

    @transaction.atomic
    def _save(self, importer: Import, outcome: Outcome) -> None:
        """Save counts and report, and enqueue the next slice or end the run."""
        run = ImportRun.objects.select_for_update().get(pk=self.run.pk)
        if run.position != self.run.position or run.state not in (self.run.state, ImportRun.State.CANCELLED):
            return  # this worker lost its lease, and another one has processed the slice
        _add_counts(run, importer.summary, self.processed)
        ImportReportLine.objects.bulk_create(_build_report_lines(run, importer.summary), batch_size=500)
        if run.state != self.run.state:
            return  # cancelled
        if outcome.is_finished:
            runs.finish_run(run, outcome.preview, outcome.message)
        else:
            _save_checkpoint(run, importer, self.source.survey())
            runs.enqueue_slice(run)


def _restore_import(run: ImportRun, images: ImageImporter, *, is_dry: bool) -> Import:
    """Return the import as the last slice left it, with a new summary."""
    saved = ImportCheckpoint.objects.filter(run=run).first()
    if saved is None:
        return Import(images, is_dry, run.allow_free)
    content: Checkpoint = saved.content
    return Import(
        images,
        is_dry,
        run.allow_free,
        skus=content["skus"],
        failed_skus=set(content["failed_skus"]),
        row_by_product=dict(content["row_by_product"]),
        partial_products=set(content["partial_products"]),
    )


def _save_checkpoint(run: ImportRun, importer: Import, survey: Survey) -> None:
    content = Checkpoint(
        skus=importer.skus,
        # A SKU that no variant can have need not be remembered, and a database may be unable to store it.
        failed_skus=sorted(sku for sku in importer.failed_skus if len(sku) <= MAX_SKU and sku.isprintable()),
        row_by_product=list(importer.row_by_product.items()),
        partial_products=sorted(importer.partial_products),
        survey=asdict(survey),
    )
    ImportCheckpoint.objects.update_or_create(run=run, defaults={"content": content})


def _add_counts(run: ImportRun, summary: Summary, processed: int) -> None:
    run.position += processed
    run.progress = run.position
    run.created_count += summary.created
    run.changed_count += summary.changed
    run.unchanged_count += summary.unchanged
    run.failed_count += len(summary.failed)
    run.failed_pictures_count += len(summary.failed_pictures)
    run.deactivated_count += summary.deactivated
    run.save()


def _build_report_lines(run: ImportRun, summary: Summary) -> Iterator[ImportReportLine]:
    for row, sku, name, kind, text in summary.iter_report():
        yield ImportReportLine(
            run=run,
            kind=kind,
            row=row or 0,
            sku=replace_unprintable(sku)[:MAX_SKU],
            name=replace_unprintable(name)[:MAX_NAME],
            text=replace_unprintable(text)[:MAX_TEXT],
        )
