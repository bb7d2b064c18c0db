"""The filtered list that an order page was opened from: the way back to it, and the next order of it."""

from copy import copy
from itertools import pairwise
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR
from django.http import HttpRequest, QueryDict
from django.urls import reverse

from core.admin import ModelAdmin
from orders.models import Order

FILTERS_PARAMETER = "_changelist_filters"  # Django's


def get_filters(request: HttpRequest) -> str:
    """Return the query string of the list that the page was opened from; empty for the whole list."""
    return request.GET.get(FILTERS_PARAMETER, "")


def build_list_url(filters: str) -> str:
    """Return the address of the list with these filters."""
    return _add_query(reverse("admin:orders_order_changelist"), filters)


def build_order_url(order_id: int, preserved_filters: str) -> str:
    """Return the address of an order's page that knows its list."""
    return _add_query(reverse("admin:orders_order_change", args=[order_id]), preserved_filters)


def find_next_order(model_admin: ModelAdmin[Order], request: HttpRequest, order_id: int) -> int | None:
    """Return the order that follows in the filtered list, on the same page of the list or first on the next; None at its end."""
    filters = get_filters(request)
    if not filters:
        return None
    listed: Any = copy(request)
    listed.GET = QueryDict(filters)
    try:
        changelist = model_admin.get_changelist_instance(listed)
    except IncorrectLookupParameters:
        return None
    page = listed.GET.get(PAGE_VAR, "1")
    start = (int(page) - 1 if page.isdecimal() else 0) * model_admin.list_per_page
    ids = list(changelist.queryset.values_list("pk", flat=True)[max(start, 0) : start + model_admin.list_per_page + 1])
    return next((following for pk, following in pairwise(ids) if pk == order_id), None)


def _add_query(url: str, query: str) -> str:
    return f"{url}?{query}" if query else url
