"""The filter of the list of orders by what is to be done, and the tabs that set it."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from orders import cash_rules, todo
from orders.models import Order
from pricing.delivery.methods import DEFAULT_CODE, DEFAULT_NAME
from pricing.models import ShippingMethod

PARAMETER, PHONE_TO_CONFIRM = "todo", "phone_to_confirm"
TODO: dict[str, tuple[str, Callable[[QuerySet[Order]], QuerySet[Order]]]] = {
    PHONE_TO_CONFIRM: ("Phone to confirm", todo.phone_to_confirm),
    "to_pack": ("To pack", todo.to_pack),
    "on_the_way": ("On the way", todo.on_the_way),
    "returned": ("Returned", todo.returned),
    "cod_to_collect": ("Cash to collect", todo.cod_to_collect),
    "to_refund": ("To refund", todo.to_refund),
    "paid": ("Paid", todo.paid),
}


class TodoFilter(admin.SimpleListFilter):
    """What is to be done about the orders, as the dashboard counts it."""

    title = "what is to be done"
    parameter_name = PARAMETER
    kinds: Mapping[str, tuple[str, Callable[[QuerySet[Any]], QuerySet[Any]]]] = TODO

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return _list_choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Restrict the rows. Raises IncorrectLookupParameters for an unknown value."""
        value = self.value()
        if value is None:
            return queryset
        if value not in self.kinds:
            raise IncorrectLookupParameters
        return self.kinds[value][1](queryset)


class ShippingMethodFilter(admin.SimpleListFilter):
    """The orders that are sent by a method; without zones there is one method, and no filter."""

    title = "shipping method"
    parameter_name = "shipping_method"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the methods, and the one of markets without zones."""
        methods = list(ShippingMethod.objects.order_by("name", "code").values_list("code", "name"))
        names = Counter(name for _, name in methods)
        choices = {code: f"{name} ({code})" if names[name] > 1 else name for code, name in methods}
        return list({DEFAULT_CODE: DEFAULT_NAME, **choices}.items()) if methods else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        """Restrict the orders; those of a deleted method are found by its code."""
        return queryset.filter(shipping_method=self.value()) if self.value() else queryset


def list_tabs(request: HttpRequest) -> list[dict[str, object]]:
    """Return the links above the list: every order, and each kind of work."""
    orders, current = reverse("admin:orders_order_changelist"), request.GET.get(PARAMETER, "")
    tabs = [("", "All"), *_list_choices()]
    return [
        {"label": label, "link": f"{orders}?{PARAMETER}={name}" if name else orders, "is_current": name == current}
        for name, label in tabs
    ]


def _list_choices() -> list[tuple[str, str]]:
    """Return the kinds of work with their labels; phones are only listed where a rule asks for their confirmation."""
    hidden = () if cash_rules.confirms_phones() else (PHONE_TO_CONFIRM,)
    return [(name, label) for name, (label, _) in TODO.items() if name not in hidden]
