"""The first rows of many, and how many there are, in one statement."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Count, F, Model, QuerySet, Window

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class CountedRows(Generic[Row]):
    """So many rows, and the number of all."""

    rows: list[Row]
    count: int


def first_rows(rows: QuerySet[Row], limit: int) -> CountedRows[Row]:
    """Return the first rows of an ordered set."""
    found = list(rows.annotate(count_of_all=Window(Count(F("pk"))))[:limit])
    return CountedRows(found, getattr(found[0], "count_of_all", 0) if found else 0)
