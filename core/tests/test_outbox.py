"""The outbox: each job is done once, or is marked as failed after the last attempt."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import outbox
from core.exceptions import GatewayDown
from core.models import Job

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def done() -> Iterator[list[Any]]:
    """Payloads recorded by jobs of the kind `note`, and by those of the kind `fail`, which then fail."""
    noted: list[Any] = []

    def note(payload: dict[str, Any]) -> None:
        noted.append(payload["what"])

    def fail(payload: dict[str, Any]) -> None:
        note(payload)
        raise RuntimeError("no connection to the mail server")

    outbox.job("note")(note)
    outbox.job("fail")(fail)
    yield noted
    del outbox.HANDLERS["note"], outbox.HANDLERS["fail"]


def is_near(value: datetime | None, expected: datetime) -> bool:
    """Return whether two times are equal except for the duration of a test."""
    return value is not None and abs(value - expected) < timedelta(seconds=20)


def test_a_job_is_done_once_with_its_payload(done: list[Any]) -> None:
    outbox.enqueue("note", {"what": {"order": 7, "lines": [1, 2]}})

    first, second = outbox.run_due(), outbox.run_due()

    assert (first, second) == ((1, 0), (0, 0))
    assert done == [{"order": 7, "lines": [1, 2]}]
    job = Job.objects.get()
    assert (job.attempts, job.failed_at, job.last_error) == (1, None, "")
    assert is_near(job.done_at, timezone.now())


def test_what_is_undone_owes_nothing(done: list[Any]) -> None:
    def crash() -> None:
        with transaction.atomic():
            outbox.enqueue("note", {"what": 1})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        crash()

    assert outbox.run_due() == (0, 0)
    assert not Job.objects.exists()


def test_a_dedupe_key_owes_the_job_once(done: list[Any]) -> None:
    with transaction.atomic():
        outbox.enqueue("note", {"what": "first"}, dedupe_key="mail:7")
        outbox.enqueue("note", {"what": "second"}, dedupe_key="mail:7")
        outbox.enqueue("note", {"what": "other"}, dedupe_key="mail:8")

    outbox.run_due()
    outbox.enqueue("note", {"what": "late"}, dedupe_key="mail:7")
    outbox.run_due()

    assert done == ["first", "other"]


def test_jobs_without_a_key_are_all_owed(done: list[Any]) -> None:
    outbox.enqueue("note", {"what": 1})
    outbox.enqueue("note", {"what": 1})

    assert outbox.run_due() == (2, 0)
    assert done == [1, 1]


def test_jobs_run_in_the_order_in_which_they_are_due(done: list[Any]) -> None:
    now = timezone.now()
    for what, ago in (("b", 2), ("c", 1), ("a", 3)):
        Job.objects.create(kind="note", payload={"what": what}, run_at=now - ago * SECOND)

    outbox.run_due()

    assert done == ["a", "b", "c"]


def test_a_job_of_tomorrow_waits(done: list[Any]) -> None:
    Job.objects.create(kind="note", payload={"what": 1}, run_at=timezone.now() + timedelta(days=1))

    assert outbox.run_due() == (0, 0)
    assert done == []


def test_one_look_does_no_more_than_its_limit(done: list[Any]) -> None:
    for number in range(3):
        outbox.enqueue("note", {"what": number})

    assert outbox.run_due(limit=2) == (2, 0)
    assert done == [0, 1]


def test_a_failing_job_stops_no_other_and_is_kept_with_its_error(done: list[Any]) -> None:
    outbox.enqueue("fail", {"what": "bad"})
    outbox.enqueue("note", {"what": "good"})

    assert outbox.run_due() == (1, 1)
    assert done == ["bad", "good"]
    job = Job.objects.get(kind="fail")
    assert (job.attempts, job.done_at, job.failed_at, job.leased_until) == (1, None, None, None)
    assert job.last_error == "RuntimeError: no connection to the mail server"
    assert is_near(job.run_at, timezone.now() + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("error", "has_traceback"),
    [
        (SMTPServerDisconnected("Connection unexpectedly closed"), False),
        (ConnectionRefusedError("refused"), False),
        (GatewayDown("no answer"), False),
        (OperationalError("the server closed the connection"), False),
        (InterfaceError("the connection is closed"), False),
        (KeyError("name"), True),
    ],
)
def test_a_server_that_does_not_answer_is_one_line_and_a_fault_has_its_traceback(
    done: list[Any], caplog: pytest.LogCaptureFixture, error: Exception, has_traceback: bool
) -> None:
    def fail(payload: dict[str, Any]) -> None:
        raise error

    outbox.HANDLERS["fail"] = fail
    outbox.enqueue("fail", {})

    outbox.run_due()

    (record,) = [record for record in caplog.records if record.name == "shop.jobs"]
    assert "failed (attempt 1 of 12)" in record.getMessage()
    assert bool(record.exc_info) is has_traceback


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 2), (2, 4), (8, 256), (9, 360), (10, 360)])
def test_it_waits_twice_as_long_each_time_and_at_most_six_hours(done: list[Any], attempts: int, minutes: int) -> None:
    Job.objects.create(kind="fail", payload={"what": 1}, attempts=attempts)

    outbox.run_due()

    job = Job.objects.get()
    assert job.attempts == attempts + 1
    assert is_near(job.run_at, timezone.now() + timedelta(minutes=minutes))
    assert job.failed_at is None


def test_only_failed_jobs_are_retried(done: list[Any]) -> None:
    now = timezone.now()
    Job.objects.create(kind="note", payload={"what": "given up"}, attempts=12, failed_at=now, leased_until=now + SECOND * 60)
    Job.objects.create(kind="note", payload={"what": "done"}, attempts=2, done_at=now)
    Job.objects.create(kind="note", payload={"what": "waits"}, attempts=3, run_at=now + SECOND * 60)

    assert outbox.retry_failed(Job.objects.all()) == 1

    assert (outbox.run_due(), done) == ((1, 0), ["given up"])
    assert list(Job.objects.order_by("pk").values_list("attempts", "failed_at")) == [(1, None), (2, None), (3, None)]


def test_after_the_twelfth_failure_it_is_set_aside_for_staff(done: list[Any]) -> None:
    Job.objects.create(kind="fail", payload={"what": 1}, attempts=11)

    outbox.run_due()
    Job.objects.update(run_at=timezone.now() - SECOND)

    assert outbox.run_due() == (0, 0)
    assert done == [1]
    job = Job.objects.get()
    assert job.attempts == 12
    assert is_near(job.failed_at, timezone.now())
    assert job.done_at is None


def test_a_job_that_fails_and_then_succeeds_is_done(done: list[Any]) -> None:
    Job.objects.create(kind="note", payload={"what": 1}, attempts=3, last_error="RuntimeError: no")

    outbox.run_due()

    job = Job.objects.get()
    assert (job.attempts, job.last_error) == (4, "")
    assert job.done_at is not None


def test_a_kind_that_nobody_does_fails_and_keeps_the_worker_alive(done: list[Any]) -> None:
    outbox.enqueue("of_a_later_release", {})
    outbox.enqueue("note", {"what": 1})

    assert outbox.run_due() == (1, 1)
    assert done == [1]
    assert Job.objects.get(kind="of_a_later_release").done_at is None


def test_a_job_that_another_worker_holds_is_passed_by(done: list[Any]) -> None:
    Job.objects.create(kind="note", payload={"what": "held"}, attempts=1, leased_until=timezone.now() + timedelta(minutes=1))
    outbox.enqueue("note", {"what": "free"})

    outbox.run_due()

    assert done == ["free"]


def test_when_the_lease_of_a_dead_worker_ends_the_job_runs_again(done: list[Any]) -> None:
    Job.objects.create(kind="note", payload={"what": 1}, attempts=1, leased_until=timezone.now() - SECOND)

    assert outbox.run_due() == (1, 0)
    assert done == [1]
    assert Job.objects.get().attempts == 2


def test_while_it_runs_a_job_is_leased_for_five_minutes() -> None:
    seen: list[Job] = []
    outbox.job("look")(lambda payload: seen.append(Job.objects.get()))
    outbox.enqueue("look", {})

    try:
        outbox.run_due()
    finally:
        del outbox.HANDLERS["look"]

    assert seen[0].attempts == 1
    assert is_near(seen[0].leased_until, timezone.now() + timedelta(minutes=5))


def test_a_long_job_renews_its_lease() -> None:
    seen: list[Any] = []

    def work(payload: dict[str, Any]) -> None:
        Job.objects.update(leased_until=timezone.now() + SECOND)
        outbox.renew_lease()
        seen.append(Job.objects.get().leased_until)

    outbox.job("work")(work)
    outbox.enqueue("work", {})

    try:
        assert outbox.run_due() == (1, 0)
    finally:
        del outbox.HANDLERS["work"]

    assert is_near(seen[0], timezone.now() + timedelta(minutes=5))


def test_a_worker_whose_job_another_one_has_taken_over_is_told_so(done: list[Any]) -> None:
    outbox.enqueue("note", {"what": 1})

    def outlive(payload: dict[str, Any]) -> None:
        Job.objects.update(leased_until=timezone.now() - SECOND)
        outbox.job("note")(lambda payload: done.append(payload["what"]))
        assert outbox.run_due() == (1, 0)
        with pytest.raises(outbox.LeaseLost):
            outbox.renew_lease()
        done.append("given up")

    outbox.job("note")(outlive)
    outbox.run_due(1)

    assert done == [1, "given up"]


def test_a_worker_that_is_told_to_stop_begins_no_other_job(done: list[Any]) -> None:
    for number in range(3):
        outbox.enqueue("note", {"what": number})

    assert outbox.run_due(is_stopping=lambda: len(done) == 2) == (2, 0)

    assert done == [0, 1]
    assert outbox.run_due() == (1, 0)


def test_no_worker_waits_for_the_row_that_another_one_is_taking(done: list[Any]) -> None:
    outbox.enqueue("note", {"what": 1})

    with CaptureQueriesContext(connection) as queries:
        outbox.run_due()

    can_skip = connection.features.has_select_for_update_skip_locked
    assert any(query["sql"].endswith("FOR UPDATE SKIP LOCKED") for query in queries) is can_skip


@pytest.mark.django_db
def test_a_job_whose_worker_dies_each_time_is_set_aside_unrun() -> None:
    outbox.enqueue("note", {})
    Job.objects.update(attempts=outbox.MAX_ATTEMPTS, leased_until=timezone.now() - timedelta(minutes=1))

    assert outbox.run_due() == (0, 1)

    job = Job.objects.get()
    assert (job.failed_at is not None, job.done_at, job.last_error) == (True, None, "the worker died during the job")


def test_jobs_about_a_person_are_deleted_even_while_they_run(done: list[Any]) -> None:
    for user in (1, 2, 1):
        outbox.enqueue("note", {"what": user, "user_id": user})
    outbox.enqueue("fail", {"what": 1, "user_id": 1})
    outbox.job("note")(lambda payload: outbox.delete_jobs("note", user_id=payload["user_id"]))

    assert outbox.run_due(1) == (1, 0)

    assert list(Job.objects.order_by("pk").values_list("kind", "payload__user_id")) == [("note", 2), ("fail", 1)]


def test_a_worker_that_has_outlived_its_lease_undoes_nothing(done: list[Any]) -> None:
    outbox.enqueue("note", {"what": 1})

    def outlive(payload: dict[str, Any]) -> None:
        Job.objects.update(leased_until=timezone.now() - SECOND)
        outbox.job("note")(lambda payload: done.append(payload["what"]))
        assert outbox.run_due() == (1, 0)
        raise RuntimeError("too late")

    outbox.job("note")(outlive)
    outbox.run_due(1)

    job = Job.objects.get()
    assert (done, job.attempts, job.failed_at, job.last_error) == ([1], 2, None, "")
    assert job.done_at is not None
    assert outbox.run_due() == (0, 0)
