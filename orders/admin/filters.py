"""The filters of the list of orders."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from orders import todo
from orders.models import Order

STATES: dict[str, tuple[str, Callable[[QuerySet[Order]], QuerySet[Order]]]] = {
    "to_pack": ("To pack", todo.to_pack),
    "on_the_way": ("On the way", todo.on_the_way),
    "cod_to_collect": ("Cash to collect", todo.cod_to_collect),
    "to_refund": ("To refund", todo.to_refund),
    "paid": ("Paid", todo.paid),
}


class TodoFilter(admin.SimpleListFilter):
    """Filter orders by what has to be done about them."""

    title = "to do"
    parameter_name = "todo"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [(state, title) for state, (title, _) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """Filter the list by the selected state."""
        state = self.value()
        return STATES[state][1](queryset) if state in STATES else queryset
