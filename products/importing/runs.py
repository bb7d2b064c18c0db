"""The life of an import that staff start in the admin; the only code that changes the state of a run.

A run is checked by a dry run first, and imported after it has been confirmed. Both happen in the background, in slices
(`slices`). One run at a time is active; the others wait in the order of their upload.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from django.core.files import File
from django.db import IntegrityError, transaction
from django.utils import timezone

from core import outbox
from core.actors import Actor
from products.importing import uploads
from products.importing.columns import parse_mapping
from products.importing.preview import PreviewRow
from products.models import ImportCheckpoint, ImportReportLine, ImportRun

START_JOB, SLICE_JOB = "start_import", "import_slice"
State = ImportRun.State


class WrongState(ValueError):
    """The state of a run does not allow this."""


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """How to read a file, and what its import may do; each is a column of the run."""

    mapping: str = ""
    market: str = ""  # code of the market of prices without a currency; empty: the default market
    encoding: str = ""  # of a text file; empty: it is detected
    allow_free: bool = False  # prices may become 0
    deactivate_missing: bool = False


NO_OPTIONS = UploadOptions()
ALLOWED: dict[str, tuple[str, ...]] = {
    State.UPLOADED: (State.CHECKING, State.CANCELLED),
    State.CHECKING: (State.CHECKED, State.FAILED, State.CANCELLED),
    State.CHECKED: (State.CONFIRMED, State.CANCELLED),
    State.CONFIRMED: (State.RUNNING, State.CANCELLED),
    State.RUNNING: (State.DONE, State.FAILED, State.CANCELLED),
    State.DONE: (),
    State.FAILED: (),
    State.CANCELLED: (),
}
TIMESTAMPS: dict[str, str] = {
    State.CHECKED: "checked_at",
    State.CONFIRMED: "confirmed_at",
    State.DONE: "finished_at",
    State.FAILED: "finished_at",
    State.CANCELLED: "finished_at",
}
NEXT_STATES = {State.UPLOADED: State.CHECKING, State.CONFIRMED: State.RUNNING}
CONFIRM_WITHIN = timedelta(days=7)
REPORT_RETENTION = timedelta(days=90)
COUNTS = ("created", "changed", "unchanged", "failed", "failed_pictures", "deactivated")


@transaction.atomic
def upload_file(actor: Actor, file: File[bytes], options: UploadOptions = NO_OPTIONS) -> ImportRun:
    """Store the file and have it checked in the background. Raises BadFile, Unreadable for the mapping."""
    parse_mapping(options.mapping)
    run = ImportRun.objects.create(
        name=file.name or "file",
        size=file.size or 0,
        user_id=actor.user_id,
        **asdict(replace(options, mapping=options.mapping.strip())),
    )
    uploads.store_file(run, file)
    outbox.enqueue(START_JOB, {})
    return run


@transaction.atomic
def confirm_run(run: ImportRun) -> None:
    """Have a checked file imported in the background. Raises WrongState."""
    run.report_lines.all().delete()
    counts = dict.fromkeys((f"{name}_count" for name in COUNTS), 0)
    _move(run, State.CONFIRMED, {**counts, "position": 0, "progress": 0, "message": ""})
    outbox.enqueue(START_JOB, {})


@transaction.atomic
def cancel_run(run: ImportRun) -> None:
    """Discard a file, or stop its import after the current rows; what has been imported stays. Raises WrongState."""
    _close(run, State.CANCELLED)


@transaction.atomic
def fail_run(run: ImportRun, message: str) -> None:
    """Give up an active run for this reason. Raises WrongState."""
    _close(run, State.FAILED, {"message": message})


@transaction.atomic
def finish_run(run: ImportRun, preview: Sequence[PreviewRow], message: str) -> None:
    """End the check, with the preview of what the first rows would change, or the import. Raises WrongState."""
    if run.state == State.RUNNING:
        _close(run, State.DONE, {"message": message})
        return
    _move(run, State.CHECKED, {"preview": preview, "message": message})
    ImportCheckpoint.objects.filter(run=run).delete()
    outbox.enqueue(START_JOB, {})


def clean_up() -> dict[str, int]:
    """Discard files that nobody has confirmed for a week, and delete reports after 90 days; the runs stay as the history."""
    now = timezone.now()
    abandoned = list(ImportRun.objects.filter(state=State.CHECKED, checked_at__lt=now - CONFIRM_WITHIN))
    for run in abandoned:
        with suppress(WrongState):  # confirmed meanwhile
            cancel_run(run)
    old = ImportReportLine.objects.filter(run__finished_at__lt=now - REPORT_RETENTION)
    return {"import files": len(abandoned), "lines of import reports": old.delete()[0]}


def start_next() -> None:
    """Start the oldest waiting run, unless one is active; its end enqueues this again."""
    run = ImportRun.objects.filter(state__in=ImportRun.WAITING_STATES).order_by("pk").first()
    if run is None or ImportRun.objects.filter(state__in=ImportRun.ACTIVE_STATES).exists():
        return
    try:
        with transaction.atomic():
            _move(run, NEXT_STATES[State(run.state)])
            enqueue_slice(run)
    except (IntegrityError, WrongState):  # started or cancelled concurrently
        return


def enqueue_slice(run: ImportRun) -> None:
    """Enqueue the slice at the run's position, once."""
    outbox.enqueue(SLICE_JOB, {"run": run.pk, "state": run.state, "position": run.position}, dedupe_key=get_job_key(run))


def get_job_key(run: ImportRun) -> str:
    """Return the deduplication key of the job that processes the next slice of an active run."""
    return f"import:{run.pk}:{run.state}:{run.position}"


def _close(run: ImportRun, to: str, values: Mapping[str, Any] | None = None) -> None:
    """End a run and delete its file."""
    _move(run, to, values)
    run.chunks.all().delete()
    ImportCheckpoint.objects.filter(run=run).delete()
    outbox.enqueue(START_JOB, {})


def _move(run: ImportRun, to: str, values: Mapping[str, Any] | None = None) -> None:
    """Change the state, in one conditional statement, and set these columns. Raises WrongState."""
    now = timezone.now()
    columns = {**(values or {}), "state": to, "updated_at": now} | ({TIMESTAMPS[to]: now} if to in TIMESTAMPS else {})
    if to not in ALLOWED[run.state] or not ImportRun.objects.filter(pk=run.pk, state=run.state).update(**columns):
        raise WrongState
    for name, value in columns.items():
        setattr(run, name, value)
