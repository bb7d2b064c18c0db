"""What the pages of imports show: states, progress, counts, preview and report."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.template.defaultfilters import filesizeformat, pluralize
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from core import outbox
from core.admin import DANGER, INFO, NEUTRAL, SUCCESS, WARNING, format_time, render_badge
from core.models import Job
from products.importing import encodings, runs
from products.models import ImportReportLine, ImportRun

State = ImportRun.State
STATE_BADGES = {
    State.UPLOADED: INFO,
    State.CHECKING: INFO,
    State.CHECKED: WARNING,
    State.CONFIRMED: INFO,
    State.RUNNING: INFO,
    State.DONE: SUCCESS,
    State.FAILED: DANGER,
    State.CANCELLED: NEUTRAL,
}
ROW_BADGES = {"created": SUCCESS, "changed": WARNING, "unchanged": NEUTRAL, "failed": DANGER}
LINE_BADGES = {ImportReportLine.Kind.PROBLEM: DANGER, ImportReportLine.Kind.PICTURE: WARNING, ImportReportLine.Kind.NOTE: NEUTRAL}
PATIENCE = timedelta(seconds=30)  # before a page says that no worker has started
SILENCE = timedelta(minutes=1)  # of a worker, before a page says so
MAX_LINES = 50  # of the report, on the page
TITLES = {
    State.UPLOADED: "Waiting for the check of {}",
    State.CHECKING: "Checking {}",
    State.CHECKED: "Preview of {}",
    State.CONFIRMED: "Waiting for the import of {}",
    State.RUNNING: "Importing {}",
    State.DONE: "{} is imported",
    State.FAILED: "{} could not be imported",
    State.CANCELLED: "{} was cancelled",
}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is, in words and per cent, and a hint if it does not move."""

    title: str
    detail: str
    hint: str
    percent: int
    is_in_progress: bool


def render_state(run: ImportRun) -> SafeString:
    """Return a badge with the state; a checked file awaits a decision."""
    label = "to be confirmed" if run.state == State.CHECKED else run.get_state_display()
    return render_badge(label, STATE_BADGES[State(run.state)])


def get_title(run: ImportRun) -> str:
    """Return the heading of a run's page."""
    return TITLES[State(run.state)].format(run.name)


def get_progress(run: ImportRun) -> Progress:
    """Return how far a run is; two statements at most."""
    total = run.total or 0
    detail = f"{run.progress:,} of {total:,} rows" if run.state in ImportRun.ACTIVE_STATES and total else ""
    return Progress(get_title(run), detail, _get_hint(run), run.progress * 100 // total if total else 0, run.is_in_progress)


def _get_hint(run: ImportRun) -> str:
    """Return why a run does not move, if it does not."""
    if run.state in ImportRun.WAITING_STATES:
        ahead = ImportRun.objects.filter(state__in=ImportRun.ACTIVE_STATES).first()
        if ahead is not None:
            return f"One file at a time: this one waits for {ahead.name}, which is {ahead.get_state_display()}."
        return _describe_wait(timezone.now() - run.updated_at)
    if run.state in ImportRun.ACTIVE_STATES:
        job = Job.objects.filter(dedupe_key=runs.get_job_key(run)).first()
        return _describe_job(job) if job is not None else ""
    return ""


def _describe_wait(waiting: timedelta) -> str:
    if waiting < PATIENCE:
        return ""
    return f"No background worker has started this for {_format_duration(waiting)}. Is manage.py run_jobs running?"


def _describe_job(job: Job) -> str:
    now = timezone.now()
    if job.failed_at:
        return f"The background job has failed too often ({job.last_error}). Retry it under System, Jobs, or stop the import."
    if job.leased_until is None:
        if not job.attempts:
            return _describe_wait(now - job.run_at)
        return f"The last attempt failed ({job.last_error}). The next one begins at {_format_time(job.run_at)}."
    silence = now - (job.leased_until - outbox.LEASE)
    if silence > SILENCE:
        return (
            f"The worker has been silent for {_format_duration(silence)}. If it has died, another one repeats its last rows from "
            f"{_format_time(job.leased_until)} on. Nothing is imported twice."
        )
    return ""


def _format_duration(duration: timedelta) -> str:
    seconds = int(duration.total_seconds())
    return f"{seconds} seconds" if seconds < 120 else f"{seconds // 60} minutes"


def _format_time(at: Any) -> str:
    return timezone.localtime(at).strftime("%H:%M:%S")


def describe_counts(run: ImportRun) -> str:
    """Return the counts of a run in one line, unless the file was never to be imported."""
    if run.total is None or (not run.is_open and not run.has_been_confirmed):
        return "–"
    parts = [(run.created_count, "new"), (run.changed_count, "changed"), (run.unchanged_count, "unchanged")]
    parts += [(run.failed_count, "failed")] if run.failed_count else []
    return ", ".join(f"{count:,} {word}" for count, word in parts)


def list_counts(run: ImportRun) -> list[dict[str, Any]]:
    """Return the counts of a run, each with what it means, for the cards of its page."""
    would = not run.has_been_confirmed
    counts = [
        (run.created_count, "will be created" if would else "created"),
        (run.changed_count, "will be changed" if would else "changed"),
        (run.unchanged_count, "stay as they are" if would else "unchanged"),
        (run.failed_count, "cannot be imported" if would else "not imported"),
    ]
    if run.deactivate_missing:
        counts.append((run.deactivated_count, "will be deactivated: not in the file" if would else "deactivated: not in the file"))
    if run.failed_pictures_count:
        counts.append((run.failed_pictures_count, "pictures missing"))
    return [{"count": f"{count:,}", "label": label} for count, label in counts]


def list_facts(run: ImportRun) -> list[tuple[str, str]]:
    """Return what is known about the file."""
    facts = [
        ("File", f"{run.name}, {filesizeformat(run.size)}"),
        ("Uploaded", f"{format_time(run.created_at)}{f' by {run.user}' if run.user else ''}"),
    ]
    if run.total is not None:
        form = run.format or "the shop's own format"
        facts.append(("Read as", f"{form}, {run.total:,} row{pluralize(run.total)}"))
    if run.unread:
        facts.append(("Columns not used", ", ".join(run.unread)))
    if run.mapping:
        facts.append(("Renamed columns", run.mapping))
    if run.encoding:
        facts.append(("Encoding", encodings.describe_encoding(run.encoding)))
    if run.allow_free:
        facts.append(("Prices of 0", "are allowed"))
    if run.deactivate_missing:
        facts.append(("Products not in the file", "are deactivated"))
    return facts


def build_preview_table(run: ImportRun) -> dict[str, Any]:
    """Return what the first rows would change, as a table."""
    return {
        "headers": ["Row", "SKU", "Name", "Result", "Changes"],
        "rows": [
            [
                row["row"],
                row["sku"] or "–",
                row["name"],
                render_badge(row["state"], ROW_BADGES[row["state"]]),
                _join(row["changes"]),
            ]
            for row in run.preview
        ],
    }


def build_report_table(run: ImportRun, kinds: Sequence[ImportReportLine.Kind]) -> dict[str, Any]:
    """Return the first lines of these kinds of the report, as a table; one statement."""
    lines = run.report_lines.filter(kind__in=kinds).exclude(row=0, text=run.prices)[: MAX_LINES + 1]  # they stand at the top
    return {
        "has_more": len(lines) > MAX_LINES,
        "headers": ["Row", "SKU", "Name", "Result", "Text"],
        "rows": [
            [line.row or "file", line.sku or "–", line.name or "–", _render_kind(line), line.text] for line in lines[:MAX_LINES]
        ],
    }


def _render_kind(line: ImportReportLine) -> SafeString:
    return render_badge(line.get_kind_display(), LINE_BADGES[ImportReportLine.Kind(line.kind)])


def _join(changes: list[str]) -> str:
    return format_html_join(mark_safe("<br>"), "{}", ((change,) for change in changes)) or "–"
