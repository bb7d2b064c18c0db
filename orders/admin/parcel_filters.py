"""The tabs, filters and search of the list of parcels."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from core.characters import drop_invisible
from orders import todo
from orders.admin import filters
from orders.admin.filters import PARAMETER
from orders.admin.search import search_orders
from orders.fulfilment.parcels import tracking_numbers
from orders.models import Order, Shipment

TODO: dict[str, tuple[str, Callable[[QuerySet[Shipment]], QuerySet[Shipment]]]] = {
    "to_send": ("To send", todo.parcels_to_send),
    "on_the_way": ("On the way", todo.parcels_on_the_way),
    "failed": ("Failed", todo.parcels_failed),
    "coming_back": ("Coming back", todo.parcels_coming_back),
    "to_count": ("To count", todo.parcels_to_count),
    "lost": ("Lost", todo.parcels_lost),
}


class ParcelTodoFilter(filters.TodoFilter):
    """What is to be done about the parcels."""

    kinds = TODO

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the choices."""
        return [(name, label) for name, (label, _) in TODO.items()]


class CarrierFilter(admin.SimpleListFilter):
    """The parcels of a carrier."""

    title = "carrier"
    parameter_name = "carrier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the carriers of the latest parcels, and of the service areas."""
        return [(code, name) for name, code in tracking_numbers.list_known_carriers().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Shipment]) -> QuerySet[Shipment]:
        """Restrict the parcels."""
        return queryset.filter(carrier__iexact=self.value()) if self.value() else queryset


def list_tabs(request: HttpRequest) -> list[dict[str, object]]:
    """Return the links above the list: every parcel, and each kind of work."""
    parcels, current = reverse("admin:orders_shipment_changelist"), request.GET.get(PARAMETER, "")
    tabs = [("", "All"), *((name, label) for name, (label, _) in TODO.items())]
    return [
        {"label": label, "link": f"{parcels}?{PARAMETER}={name}" if name else parcels, "is_current": name == current}
        for name, label in tabs
    ]


def search_parcels(parcels: QuerySet[Shipment], text: str) -> QuerySet[Shipment]:
    """Restrict parcels to those with this tracking number or label, or whose order has each word in its number or contact."""
    text = " ".join(drop_invisible(text).split())
    order, _, number = text.upper().rpartition("-")
    found = Shipment.objects.order_by().filter(tracking_number__iexact=text).values("pk")
    of_orders = search_orders(Order.objects.order_by(), text).values("pk")
    found = found.union(Shipment.objects.order_by().filter(order__in=of_orders).values("pk"))
    if order and number.isascii() and number.isdecimal() and len(number) <= 4:
        found = found.union(Shipment.objects.order_by().filter(order__number=order, number=int(number)).values("pk"))
    return parcels.filter(pk__in=found)
