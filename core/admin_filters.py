"""Filters for the lists of the admin."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db.models import Field, Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from core import markets

RECENT = {"today": ("Today", 1), "7-days": ("Last 7 days", 7), "30-days": ("Last 30 days", 30)}  # label, days
LISTED_MONTHS = 12  # older rows are found by year
YEAR_OR_MONTH = re.compile(r"(20\d\d)(?:-(0[1-9]|1[0-2]))?", re.ASCII)


class PeriodFilter(admin.FieldListFilter):
    """The rows of the last days, of a month, or of a year, in the shop's time zone.

    It stands where `date_hierarchy` would, which reads every row of the list to name the months. This reads the first row alone: it
    is for the times at which rows are created.
    """

    def __init__(
        self,
        field: "Field[Any, Any]",
        request: HttpRequest,
        params: dict[str, Any],
        model: type[Model],
        model_admin: admin.ModelAdmin[Any],
        field_path: str,
    ) -> None:
        self.parameter = f"{field_path}_in"
        super().__init__(field, request, params, model, model_admin, field_path)
        self.title = "date"
        values: Any = self.used_parameters.get(self.parameter)
        self.value: str = values[-1] if values else ""
        rows = model._default_manager.order_by("pk")
        self.oldest: datetime | None = rows.values_list(field_path, flat=True).first()

    def expected_parameters(self) -> list[str | None]:
        """Return the parameter that holds the period."""
        return [self.parameter]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Restrict the rows. Raises IncorrectLookupParameters for an unknown period."""
        if not self.value:
            return queryset
        first, following = _find_days(self.value)
        return queryset.filter(**{f"{self.field_path}__gte": _midnight(first), f"{self.field_path}__lt": _midnight(following)})

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Yield the periods, newest first, as far back as there are rows."""
        yield {
            "selected": not self.value,
            "query_string": changelist.get_query_string(remove=[self.parameter]),
            "display": "Any time",
        }
        for value, label in self._list_periods():
            query = changelist.get_query_string({self.parameter: value})
            yield {"selected": self.value == value, "query_string": query, "display": label}

    def _list_periods(self) -> Iterator[tuple[str, str]]:
        """Yield the value and the label of each period."""
        for value, (label, _) in RECENT.items():
            yield value, label
        if self.oldest is None:
            return
        oldest, today = timezone.localdate(self.oldest, timezone.get_default_timezone()), _get_today()
        months = (today.year * 12 + today.month) - (oldest.year * 12 + oldest.month) + 1
        month = today.replace(day=1)
        for _ in range(min(months, LISTED_MONTHS)):
            yield f"{month:%Y-%m}", f"{month:%B %Y}"
            month = (month - timedelta(days=1)).replace(day=1)
        if months > LISTED_MONTHS:
            for year in range(month.year, oldest.year - 1, -1):
                yield str(year), str(year)


class MarketFilter(admin.AllValuesFieldListFilter):
    """The rows of a configured market. Django would read the whole table to find out which markets it names."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.lookup_choices: Any = list(markets.get_markets())


def _find_days(value: str) -> tuple[date, date]:
    """Return the first day of a period, and the day that follows it. Raises IncorrectLookupParameters for an unknown period."""
    if value in RECENT:
        following = _get_today() + timedelta(days=1)
        return following - timedelta(days=RECENT[value][1]), following
    match = YEAR_OR_MONTH.fullmatch(value)
    if match is None:
        raise IncorrectLookupParameters
    year, month = int(match[1]), int(match[2] or 1)
    if not match[2] or month == 12:
        return date(year, month, 1), date(year + 1, 1, 1)
    return date(year, month, 1), date(year, month + 1, 1)


def _get_today() -> date:
    return timezone.localdate(timezone=timezone.get_default_timezone())


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())
