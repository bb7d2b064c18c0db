"""The outbox: background jobs as rows, written in the transaction that causes them and executed by `manage.py run_jobs`.

Delivery is at least once: if a worker dies during a job, its lease expires and the job runs again. A long task is split into
slices of some seconds, each of which enqueues the next: other jobs run in between, and a worker stops within a slice.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from core.compiled_queries import CompiledInsert
from core.exceptions import DomainError
from core.models import Job
from core.request_ids import current_request_id

logger = logging.getLogger("shop.jobs")
Handler = Callable[[dict[str, Any]], None]
HANDLERS: dict[str, Handler] = {}
LEASE = timedelta(minutes=5)
STALL_LIMIT = timedelta(minutes=5)  # after which jobs that are due and that nobody runs are reported
INSERT_JOBS = CompiledInsert(Job, ignore_conflicts=True)
DONE_RETENTION = timedelta(days=7)
MAX_ATTEMPTS = 12  # 20.5 hours with the back-off below
MAX_BACKOFF = timedelta(hours=6)
# The context in which a handler runs; core/tracing.py replaces it.
job_context: Callable[[Job], AbstractContextManager[object]] = nullcontext
_running_job: ContextVar[Job] = ContextVar("running_job")


class LeaseLost(Exception):
    """The lease of the running job has expired and another worker runs the job, or the job was deleted."""


def job(kind: str) -> Callable[[Handler], Handler]:
    """Register the handler of a kind of job; handlers live in an app's `jobs.py`."""

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return register


def enqueue(kind: str, payload: dict[str, Any], *, dedupe_key: str | None = None) -> None:
    """Enqueue a job, once for each `dedupe_key`; call this in the transaction that causes it."""
    INSERT_JOBS.add(Job(kind=kind, payload=payload, dedupe_key=dedupe_key))


def enqueue_all(*jobs: Job) -> None:
    """Enqueue several jobs in one statement; call this in the transaction that causes them."""
    if jobs:
        INSERT_JOBS.add(*jobs)


def delete_jobs(kind: str, **payload: Any) -> None:
    """Delete the jobs of this kind, pending or done, whose payload contains these values."""
    Job.objects.filter(kind=kind, **{f"payload__{key}": value for key, value in payload.items()}).delete()


def renew_lease() -> None:
    """Extend the lease of the running job; handlers call it if they may take longer than a lease. Raises LeaseLost."""
    job = _running_job.get()
    if not Job.objects.filter(pk=job.pk, attempts=job.attempts).update(leased_until=timezone.now() + LEASE):
        raise LeaseLost(f"job {job}")


def run_due(limit: int = 100, is_stopping: Callable[[], bool] = lambda: False) -> tuple[int, int]:
    """Run the jobs that are due, each under its own lease, until `is_stopping`. Returns how many succeeded and how many failed."""
    done = failed = 0
    for _ in range(limit):
        if is_stopping():
            break
        job = _lease_next_job(timezone.now())
        if job is None:
            break
        if _run_job(job):
            done += 1
        else:
            failed += 1
    return done, failed


def _lease_next_job(now: datetime) -> Job | None:
    """Lease the next due job to this worker; other workers skip it."""
    due = Job.objects.filter(Q(leased_until=None) | Q(leased_until__lt=now), done_at=None, failed_at=None, run_at__lte=now)
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        job = due.order_by("run_at", "id").select_for_update(skip_locked=skip).first()
        if job is None:
            return None
        if job.attempts >= MAX_ATTEMPTS:  # every worker died before it could mark the job as failed
            job.failed_at = now
            job.last_error = job.last_error or "the worker died during the job"
        job.leased_until = now + LEASE
        job.attempts += 1
        job.save(update_fields=["leased_until", "attempts", "failed_at", "last_error"])
        return job


def _run_job(job: Job) -> bool:
    """Run the handler. Record a failure and retry the job later; after the last attempt, leave it to staff."""
    if job.failed_at is not None:
        return False
    tokens = _running_job.set(job), current_request_id.set(job.request_id or f"job-{job.pk}")
    try:
        with job_context(job):
            HANDLERS[job.kind](job.payload)
    except Exception as error:  # noqa: BLE001 - no error of a job may stop the worker
        _log_failure(job, error)
        job.last_error = f"{type(error).__name__}: {error}"[:2000]
        job.leased_until = None
        job.run_at = timezone.now() + min(timedelta(seconds=30) * 2**job.attempts, MAX_BACKOFF)
        job.failed_at = timezone.now() if job.attempts >= MAX_ATTEMPTS else None
    else:
        job.done_at = timezone.now()
        job.last_error = ""
    finally:
        _running_job.reset(tokens[0])
        current_request_id.reset(tokens[1])
    outcome = {name: getattr(job, name) for name in ("done_at", "failed_at", "run_at", "leased_until", "last_error")}
    # The row may be deleted together with its account, or leased by another worker if this one exceeded its lease.
    Job.objects.filter(pk=job.pk, attempts=job.attempts).update(**outcome)
    return job.done_at is not None


def _log_failure(job: Job, error: Exception) -> None:
    """Log the failure of an attempt: a line if a server did not answer or refused, a traceback if it may be a fault of the shop."""
    if isinstance(error, OSError | DomainError | OperationalError | InterfaceError):  # SMTPException is an OSError
        logger.error("job %s failed (attempt %d of %d): %s: %s", job, job.attempts, MAX_ATTEMPTS, type(error).__name__, error)
    else:
        logger.error("job %s failed (attempt %d of %d)", job, job.attempts, MAX_ATTEMPTS, exc_info=error)


def retry_failed(jobs: QuerySet[Job]) -> int:
    """Queue the failed ones of these jobs again; returns how many."""
    reset = {"failed_at": None, "attempts": 0, "leased_until": None, "run_at": timezone.now()}
    return jobs.filter(done_at=None, failed_at__isnull=False).update(**reset)


def get_stalled() -> tuple[int, datetime | None]:
    """Return how many jobs have been due for more than five minutes, and since when the oldest; none while a worker is at work."""
    now = timezone.now()
    is_leased = Q(leased_until__gt=now)
    unfinished = Job.objects.filter(done_at=None, failed_at=None, run_at__lte=now)
    is_stalled = Q(run_at__lt=now - STALL_LIMIT) & ~is_leased
    counts = unfinished.aggregate(
        leased=Count("pk", filter=is_leased), stalled=Count("pk", filter=is_stalled), oldest=Min("run_at", filter=is_stalled)
    )
    return (0, None) if counts["leased"] else (counts["stalled"], counts["oldest"])


def clean_up() -> dict[str, int]:
    """Delete jobs that were done more than a week ago; failed jobs stay for staff."""
    return {"jobs": Job.objects.filter(done_at__lt=timezone.now() - DONE_RETENTION).delete()[0]}
