"""manage.py run_jobs"""

import io
import os
import signal
from collections.abc import Iterator

import pytest
from django.core.management import call_command

from store.core import outbox
from store.core.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    """Jobs that succeed, and jobs that fail."""
    outbox.job("note")(lambda payload: None)
    outbox.job("fail")(lambda payload: payload["missing"])
    yield
    del outbox.HANDLERS["note"], outbox.HANDLERS["fail"]


def run_once() -> str:
    """Return what `manage.py run_jobs --once` says."""
    out = io.StringIO()
    call_command("run_jobs", "--once", stdout=out)
    return out.getvalue()


def test_once_does_what_is_due_and_says_so() -> None:
    outbox.add("note", {})
    outbox.add("note", {})
    outbox.add("fail", {})

    assert run_once() == "2 done, 1 failed\n"
    assert Job.objects.filter(done_at=None).count() == 1


def test_failures_alone_are_told_too() -> None:
    outbox.add("fail", {})

    assert run_once() == "0 done, 1 failed\n"


def test_with_nothing_due_it_says_nothing() -> None:
    assert run_once() == ""


def test_once_does_all_that_is_due_however_much_it_is() -> None:
    Job.objects.bulk_create(Job(kind="note") for _ in range(150))

    run_once()

    assert not Job.objects.filter(done_at=None).exists()


def test_a_worker_stays_until_it_is_told_to_stop_and_finishes_its_job_first() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    outbox.job("stop")(lambda payload: os.kill(os.getpid(), signal.SIGTERM))
    outbox.add("note", {})
    outbox.add("stop", {})
    out = io.StringIO()

    try:
        call_command("run_jobs", "--pause", "0.01", stdout=out)
    finally:
        del outbox.HANDLERS["stop"]
        for number, handler in before.items():
            signal.signal(number, handler)

    assert out.getvalue() == "2 done, 0 failed\n"
    assert not Job.objects.filter(done_at=None).exists()
