"""Row types: each field of a NamedTuple says what is selected for it."""

from typing import Annotated, NamedTuple

import pytest
from django.core.exceptions import FieldError
from django.db.models import F, QuerySet, Value

from core.compiled_queries import CompiledRows, get_columns
from core.models import Job

pytestmark = pytest.mark.django_db


class JobRow(NamedTuple):
    """A job; `label` is annotated by the query."""

    label: str
    name: Annotated[str, "kind"]
    attempts: int
    next_attempt: Annotated[int, F("attempts") + 1]

    @property
    def is_new(self) -> bool:
        """A property selects nothing."""
        return not self.attempts


def _select_labelled_jobs() -> QuerySet[Job]:
    return Job.objects.annotate(label=Value("labelled"), other=Value("not selected")).order_by("kind")


def test_fields_are_filled_by_name_whatever_the_query_annotates_besides() -> None:
    Job.objects.create(kind="second", attempts=3)
    Job.objects.create(kind="first")

    rows = CompiledRows(JobRow, _select_labelled_jobs).rows()

    assert rows == [JobRow("labelled", "first", 0, 1), JobRow("labelled", "second", 3, 4)]
    assert [row.is_new for row in rows] == [True, False]


def test_the_fields_of_a_sliced_query_are_selected() -> None:
    Job.objects.create(kind="second")
    Job.objects.create(kind="first")

    assert [row.name for row in CompiledRows(JobRow, lambda: _select_labelled_jobs()[:1]).rows()] == ["first"]


def test_an_uncompiled_query_selects_the_same_columns() -> None:
    Job.objects.create(kind="first")

    assert [JobRow._make(row) for row in _select_labelled_jobs().values_list(*get_columns(JobRow))] == [
        JobRow("labelled", "first", 0, 1)
    ]


def test_a_field_that_the_query_lacks_is_an_error() -> None:
    with pytest.raises(FieldError, match="'label'"):
        CompiledRows(JobRow, Job.objects.all).rows()
