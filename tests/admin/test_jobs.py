"""/admin/core/job/: the state of background jobs, and requeuing failed ones"""

import re

import pytest
from django.utils import timezone

from core.models import Job
from tests.admin.staff_clients import make_staff_client, make_superuser_client

pytestmark = pytest.mark.django_db
JOBS = "/admin/core/job/"


def test_a_job_shows_its_state() -> None:
    now = timezone.now()
    for state in ({}, {"attempts": 1}, {"attempts": 2, "done_at": now}, {"attempts": 12, "failed_at": now}):
        Job.objects.create(kind="mail", **state)

    page = make_superuser_client().get(JOBS).content.decode()

    assert re.findall(r"(pending|retrying|done|failed)\s*</span>", page) == ["failed", "done", "retrying", "pending"]


@pytest.mark.parametrize("rights", [("view_job",), ("view_job", "change_job")])
def test_staff_with_the_right_requeue_failed_jobs(rights: tuple[str, ...]) -> None:
    job = Job.objects.create(kind="mail", attempts=12, failed_at=timezone.now())
    superuser_client = make_staff_client(*rights)

    page = superuser_client.post(JOBS, {"action": "try_again", "_selected_action": [job.pk]}, follow=True).content.decode()

    job.refresh_from_db()
    assert (job.failed_at is None) == ("1 job(s) will be retried." in page) == ("change_job" in rights)
    assert 'name="_save"' not in superuser_client.get(f"{JOBS}{job.pk}/change/").content.decode()


def test_a_selection_without_failed_jobs_is_reported() -> None:
    job = Job.objects.create(kind="mail")

    page = make_superuser_client().post(JOBS, {"action": "try_again", "_selected_action": [job.pk]}, follow=True).content.decode()

    assert "None of these jobs has failed." in page
