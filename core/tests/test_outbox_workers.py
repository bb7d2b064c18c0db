"""Concurrent workers run each job once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from core import outbox
from core.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
TIMEOUT = 30  # seconds


def run_concurrently(*functions: Callable[[], object]) -> None:
    """Run all functions at once, each with its own connection; raise the first exception of any of them."""
    errors: list[BaseException] = []
    start = threading.Barrier(len(functions))

    def run(function: Callable[[], object]) -> None:
        try:
            start.wait(TIMEOUT)
            function()
        except BaseException as exc:  # noqa: BLE001 - raised below, in the main thread
            errors.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_four_workers_do_forty_jobs_once_each() -> None:
    done: list[int] = []
    outbox.job("note")(lambda payload: done.append(payload["number"]))
    for number in range(40):
        outbox.enqueue("note", {"number": number})

    try:
        run_concurrently(*[outbox.run_due] * 4)
    finally:
        del outbox.HANDLERS["note"]

    assert sorted(done) == list(range(40))
    assert Job.objects.filter(attempts=1, failed_at=None).exclude(done_at=None).count() == 40


def test_a_slow_job_keeps_no_other_worker_waiting_and_is_not_done_twice() -> None:
    done: list[str] = []
    begun, others_done = threading.Event(), threading.Event()

    def slow(payload: dict[str, Any]) -> None:
        begun.set()
        assert others_done.wait(TIMEOUT)
        done.append("slow")

    def second_worker() -> None:
        assert begun.wait(TIMEOUT)
        outbox.run_due()
        others_done.set()

    outbox.job("slow")(slow)
    outbox.job("quick")(lambda payload: done.append("quick"))
    outbox.enqueue("slow", {})
    outbox.enqueue("quick", {})

    try:
        run_concurrently(lambda: outbox.run_due(limit=1), second_worker)
    finally:
        del outbox.HANDLERS["slow"], outbox.HANDLERS["quick"]

    assert done == ["quick", "slow"]


def test_one_dedupe_key_owed_by_four_at_once_is_one_job() -> None:
    run_concurrently(*[lambda: outbox.enqueue("note", {}, dedupe_key="mail:7")] * 4)

    assert Job.objects.count() == 1
