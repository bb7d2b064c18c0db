"""Many workers at once do a job once."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from core import outbox
from core.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 30  # seconds, after which a test gives up


def together(*works: Callable[[], object]) -> None:
    """Do all of these at once, each with a connection of its own; what one of them raises is raised."""
    wrong: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait(PATIENCE)
            work()
        except BaseException as exc:  # noqa: BLE001 - raised below, in the test's own thread
            wrong.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]


def test_four_workers_do_forty_jobs_once_each() -> None:
    done: list[int] = []
    outbox.job("note")(lambda payload: done.append(payload["number"]))
    for number in range(40):
        outbox.add("note", {"number": number})

    try:
        together(*[outbox.run_due] * 4)
    finally:
        del outbox.HANDLERS["note"]

    assert sorted(done) == list(range(40))
    assert Job.objects.filter(attempts=1, failed_at=None).exclude(done_at=None).count() == 40


def test_a_slow_job_keeps_no_other_worker_waiting_and_is_not_done_twice() -> None:
    done: list[str] = []
    begun, others_done = threading.Event(), threading.Event()

    def slow(payload: dict[str, Any]) -> None:
        begun.set()
        assert others_done.wait(PATIENCE)
        done.append("slow")

    def second_worker() -> None:
        assert begun.wait(PATIENCE)
        outbox.run_due()
        others_done.set()

    outbox.job("slow")(slow)
    outbox.job("quick")(lambda payload: done.append("quick"))
    outbox.add("slow", {})
    outbox.add("quick", {})

    try:
        together(lambda: outbox.run_due(limit=1), second_worker)
    finally:
        del outbox.HANDLERS["slow"], outbox.HANDLERS["quick"]

    assert done == ["quick", "slow"]


def test_one_dedupe_key_owed_by_four_at_once_is_one_job() -> None:
    together(*[lambda: outbox.add("note", {}, dedupe_key="mail:7")] * 4)

    assert Job.objects.count() == 1
