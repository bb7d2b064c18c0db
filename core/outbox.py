"""The outbox: background work as rows, written in the transaction of the fact, executed by `manage.py run_jobs`.

At least once: a worker that dies in a job leaves a lease behind, and when that ends the job runs again.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from core.compiled_queries import CompiledInsert
from core.models import Job

logger = logging.getLogger("shop.jobs")
Handler = Callable[[dict[str, Any]], None]
HANDLERS: dict[str, Handler] = {}
LEASE = timedelta(minutes=5)
OWED = CompiledInsert(Job, ignore_conflicts=True)
DONE_FOR = timedelta(days=7)
MAX_ATTEMPTS = 12  # 20 hours and a half with the back-off below
LONGEST_WAIT = timedelta(hours=6)


def job(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that does jobs of this kind; it lives in an app's `jobs.py`."""

    def register(handler: Handler) -> Handler:
        HANDLERS[kind] = handler
        return handler

    return register


def add(kind: str, payload: dict[str, Any], *, dedupe_key: str | None = None) -> None:
    """Owe a job, once for each `dedupe_key`; call it in the transaction of the fact."""
    OWED.add(Job(kind=kind, payload=payload, dedupe_key=dedupe_key))


def add_all(*jobs: Job) -> None:
    """Owe several jobs in one statement; call it in the transaction of the fact."""
    if jobs:
        OWED.add(*jobs)


def forget(kind: str, **payload: Any) -> None:
    """Delete the jobs of this kind, owed or done, whose payload holds these values."""
    Job.objects.filter(kind=kind, **{f"payload__{key}": value for key, value in payload.items()}).delete()


def run_due(limit: int = 100) -> tuple[int, int]:
    """Do the jobs that are due, each in its own lease. Returns how many were done and how many failed."""
    done = failed = 0
    for _ in range(limit):
        owed = _lease(timezone.now())
        if owed is None:
            break
        if _do(owed):
            done += 1
        else:
            failed += 1
    return done, failed


def _lease(now: datetime) -> Job | None:
    """Take the next due job for this worker; others pass it by."""
    due = Job.objects.filter(Q(leased_until=None) | Q(leased_until__lt=now), done_at=None, failed_at=None, run_at__lte=now)
    with transaction.atomic():
        skip = connection.features.has_select_for_update_skip_locked
        owed = due.order_by("run_at", "id").select_for_update(skip_locked=skip).first()
        if owed is None:
            return None
        if owed.attempts >= MAX_ATTEMPTS:  # its worker died each time, so nobody was left to set it aside
            owed.failed_at = now
            owed.last_error = owed.last_error or "the worker ended in the middle of the job"
        owed.leased_until = now + LEASE
        owed.attempts += 1
        owed.save(update_fields=["leased_until", "attempts", "failed_at", "last_error"])
        return owed


def _do(owed: Job) -> bool:
    """Run the handler; a failure is kept with the row and tried again later, at last set aside for staff."""
    if owed.failed_at is not None:
        return False
    try:
        HANDLERS[owed.kind](owed.payload)
    except Exception as wrong:  # whatever a job raises must not end the worker
        logger.exception("job %s failed", owed)
        owed.last_error = f"{type(wrong).__name__}: {wrong}"[:2000]
        owed.leased_until = None
        owed.run_at = timezone.now() + min(timedelta(seconds=30) * 2**owed.attempts, LONGEST_WAIT)
        owed.failed_at = timezone.now() if owed.attempts >= MAX_ATTEMPTS else None
    else:
        owed.done_at = timezone.now()
        owed.last_error = ""
    end = {name: getattr(owed, name) for name in ("done_at", "failed_at", "run_at", "leased_until", "last_error")}
    # It may be gone, with the account that it was about; or another worker has it, if this one has outlived its lease.
    Job.objects.filter(pk=owed.pk, attempts=owed.attempts).update(**end)
    return owed.done_at is not None


def try_again(jobs: QuerySet[Job]) -> int:
    """Owe those of these jobs anew that were given up; returns how many."""
    anew = {"failed_at": None, "attempts": 0, "leased_until": None, "run_at": timezone.now()}
    return jobs.filter(done_at=None, failed_at__isnull=False).update(**anew)


def clean_up() -> dict[str, int]:
    """Delete jobs that were done a week ago; those that were set aside stay for staff."""
    return {"jobs": Job.objects.filter(done_at__lt=timezone.now() - DONE_FOR).delete()[0]}
