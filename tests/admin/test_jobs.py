"""/admin/core/job/: how background work stands, and what was given up done after all"""

import re

import pytest
from django.utils import timezone

from core.models import Job
from tests.admin.browsers import clerk, superuser

pytestmark = pytest.mark.django_db
JOBS = "/admin/core/job/"


def test_a_job_says_how_it_stands() -> None:
    now = timezone.now()
    for state in ({}, {"attempts": 1}, {"attempts": 2, "done_at": now}, {"attempts": 12, "failed_at": now}):
        Job.objects.create(kind="mail", **state)

    page = superuser().get(JOBS).content.decode()

    assert re.findall(r"(owed|tried again|done|given up)\s*</span>", page) == ["given up", "done", "tried again", "owed"]


@pytest.mark.parametrize("rights", [("view_job",), ("view_job", "change_job")])
def test_who_may_lets_what_was_given_up_be_tried_again(rights: tuple[str, ...]) -> None:
    job = Job.objects.create(kind="mail", attempts=12, failed_at=timezone.now())
    desk = clerk(*rights)

    page = desk.post(JOBS, {"action": "try_again", "_selected_action": [job.pk]}, follow=True).content.decode()

    job.refresh_from_db()
    assert (job.failed_at is None) == ("1 will be tried again." in page) == ("change_job" in rights)
    assert 'name="_save"' not in desk.get(f"{JOBS}{job.pk}/change/").content.decode()


def test_where_none_was_given_up_that_is_said() -> None:
    job = Job.objects.create(kind="mail")

    page = superuser().post(JOBS, {"action": "try_again", "_selected_action": [job.pk]}, follow=True).content.decode()

    assert "None of these was given up." in page
