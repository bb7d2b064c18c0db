"""The first rows of a queryset together with its total count, in one statement."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Count, F, Model, QuerySet, Window

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class CountedRows(Generic[Row]):
    """The first rows, and the count of all rows."""

    rows: list[Row]
    count: int


def fetch_first_rows(queryset: QuerySet[Row], limit: int) -> CountedRows[Row]:
    """Return the first rows of an ordered queryset and its total count."""
    rows = list(queryset.annotate(total_count=Window(Count(F("pk"))))[:limit])
    return CountedRows(rows, getattr(rows[0], "total_count", 0) if rows else 0)
