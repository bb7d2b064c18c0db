"""Filters of the list of products."""

from typing import Any

from django.contrib import admin
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest


class StockLevelFilter(admin.SimpleListFilter):
    """Filter products by stock level."""

    title = "stock"
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [("low", "Low"), ("out", "Sold out")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter the list by the selected stock level."""
        rows: QuerySet[Any] = queryset.alias(available=Coalesce("left", 0))
        if self.value() == "low":
            return rows.filter(available__gt=0, available__lte=F("low_stock_threshold"))
        return rows.filter(available__lte=0) if self.value() == "out" else queryset
