"""manage.py run_jobs"""

import io
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from core import outbox
from core.models import Job

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def job_kinds() -> Iterator[None]:
    """Register a kind of job that succeeds and one that fails."""
    outbox.job("note")(lambda payload: None)
    outbox.job("fail")(lambda payload: payload["missing"])
    yield
    del outbox.HANDLERS["note"], outbox.HANDLERS["fail"]


def run_once() -> str:
    """Run `manage.py run_jobs --once` and return its output."""
    out = io.StringIO()
    call_command("run_jobs", "--once", stdout=out)
    return out.getvalue()


def test_once_does_what_is_due_and_says_so() -> None:
    outbox.enqueue("note", {})
    outbox.enqueue("note", {})
    outbox.enqueue("fail", {})

    assert run_once() == "Background jobs: 2 done, 1 failed\n"
    assert Job.objects.filter(done_at=None).count() == 1


def test_failures_alone_are_told_too() -> None:
    outbox.enqueue("fail", {})

    assert run_once() == "Background jobs: 0 done, 1 failed\n"


def test_with_nothing_due_it_says_nothing() -> None:
    assert run_once() == ""


def test_once_does_all_that_is_due_however_much_it_is() -> None:
    Job.objects.bulk_create(Job(kind="note") for _ in range(150))

    run_once()

    assert not Job.objects.filter(done_at=None).exists()


@pytest.fixture
def stop_job() -> Iterator[None]:
    """Register a kind of job that sends SIGTERM to the worker."""
    previous_handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    outbox.job("stop")(lambda payload: os.kill(os.getpid(), signal.SIGTERM))
    yield
    del outbox.HANDLERS["stop"]
    for number, handler in previous_handlers.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("stop_job")
def test_a_worker_stays_until_it_is_told_to_stop_and_finishes_its_job_first() -> None:
    outbox.enqueue("note", {})
    outbox.enqueue("stop", {})
    out = io.StringIO()

    call_command("run_jobs", "--pause", "0.01", stdout=out)

    assert out.getvalue() == "Background jobs: 2 done, 0 failed\n"
    assert not Job.objects.filter(done_at=None).exists()


class FailOnce:
    """Make the first statement fail as if the database were down."""

    def __init__(self) -> None:
        self.is_failing = True

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        if self.is_failing:
            self.is_failing = False
            raise OperationalError("server closed the connection unexpectedly")
        return execute(*arguments)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("stop_job")
def test_a_worker_outlives_a_database_that_goes_away() -> None:
    outbox.enqueue("stop", {})
    out, err = io.StringIO(), io.StringIO()

    with connection.execute_wrapper(FailOnce()):
        call_command("run_jobs", "--pause", "0.01", stdout=out, stderr=err)

    assert "The database is unavailable" in err.getvalue()
    assert out.getvalue() == "Background jobs: 1 done, 0 failed\n"


@pytest.mark.django_db(transaction=True)
def test_once_fails_without_a_database() -> None:
    with connection.execute_wrapper(FailOnce()), pytest.raises(OperationalError):
        run_once()
