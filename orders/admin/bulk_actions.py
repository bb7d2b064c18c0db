"""Actions on the selected orders of the list."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from core import csv_export
from core.admin import ModelAdmin, get_staff_actor, stream_csv
from core.shop_settings import shop, values
from orders import selectors
from orders.admin import exports, permissions, slips
from orders.fulfilment import bulk
from orders.models import Order

MAX_ORDERS = 200  # in one request, but for downloads
MAX_NAMED = 10  # orders of one reason
MAX_ID_LENGTH = 19  # digits that any id column holds


class BulkActionsAdmin(ModelAdmin[Order]):
    """The actions on selected orders, and the printable page of their packing slips."""

    actions = ("ship_selected", "ship_with_numbers", "deliver_selected", "print_slips", "as_csv", "as_line_csv")

    def has_ship_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may ship orders, although the rows themselves are read-only."""
        return permissions.has_permission(request.user, permissions.SHIP)

    @admin.action(description="Ship", permissions=["ship"])
    def ship_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Ship the selected orders; the customers get an e-mail."""
        if order_ids := self._list_ids(request, queryset):
            self._report(request, bulk.ship_orders(get_staff_actor(request), order_ids), "shipped")

    @admin.action(description="Ship with tracking numbers", permissions=["ship"])
    def ship_with_numbers(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Go to the page on which the selected orders get their tracking numbers."""
        order_ids = self._list_ids(request, queryset)
        query = urlencode({"orders": ",".join(map(str, order_ids))})
        return redirect(f"{reverse('admin:orders_shipment_ship')}?{query}") if order_ids else None

    @admin.action(description="Mark as delivered", permissions=["ship"])
    def deliver_selected(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        """Mark the selected orders as delivered."""
        if order_ids := self._list_ids(request, queryset):
            self._report(request, bulk.deliver_orders(get_staff_actor(request), order_ids), "delivered")

    @admin.action(description="Print packing slips", permissions=["view"])
    def print_slips(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        """Go to the packing slips of the selected orders, in the order of the list."""
        order_ids = self._list_ids(request, queryset)
        query = urlencode({"ids": ",".join(map(str, order_ids))})
        return redirect(f"{reverse('admin:orders_order_slips')}?{query}") if order_ids else None

    @admin.action(description="Download as CSV, one row per order", permissions=["view"])
    def as_csv(self, request: HttpRequest, queryset: QuerySet[Order]) -> StreamingHttpResponse:
        """Download the selected orders as a CSV file, one row each; contact data takes a permission of its own."""
        with_contacts = permissions.has_permission(request.user, permissions.EXPORT)
        return _download("orders.csv", queryset, partial(exports.generate_order_rows, with_contacts=with_contacts))

    @admin.action(description="Download as CSV, one row per order line", permissions=["view"])
    def as_line_csv(self, request: HttpRequest, queryset: QuerySet[Order]) -> StreamingHttpResponse:
        """Download the lines of the selected orders as a CSV file."""
        return _download("order-lines.csv", queryset, exports.generate_line_rows)

    def packing_slip_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the printable packing slip of an order."""
        return self._render_slips(request, [pk])

    def packing_slips_view(self, request: HttpRequest) -> HttpResponse:
        """Show the printable packing slips of the orders whose ids the address lists, one page each."""
        return self._render_slips(request, read_ids(request.GET.get("ids", "")))

    def _render_slips(self, request: HttpRequest, order_ids: list[int]) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        orders = Order.objects.prefetch_related("items", "payments", "shipments__lines").in_bulk(order_ids)
        if not orders:
            raise Http404
        context = {
            "slips": slips.build_slips(orders[pk] for pk in order_ids if pk in orders),
            "shop": shop.get_profile(),
            "line": values.get(shop.PACKING_SLIP_LINE),
        }
        return TemplateResponse(request, "admin/orders/order/slip.html", context)

    def _list_ids(self, request: HttpRequest, queryset: QuerySet[Order]) -> list[int]:
        """Return the ids of the selected orders; none, with a message, if they are too many for one request."""
        order_ids = list(dict.fromkeys(queryset.values_list("pk", flat=True)[: MAX_ORDERS + 1]))
        if len(order_ids) > MAX_ORDERS:
            self.message_user(request, f"Nothing was done: select at most {MAX_ORDERS} orders.", messages.ERROR)
            return []
        return order_ids

    def _report(self, request: HttpRequest, result: bulk.BulkResult, participle: str) -> None:
        """Report how many orders were changed, and which were not, and why."""
        if result.done:
            self.message_user(request, f"{result.done} order{'' if result.done == 1 else 's'} {participle}.", messages.SUCCESS)
        report_refused(request, result)


def report_refused(request: HttpRequest, result: bulk.BulkResult) -> None:
    """Report which orders or parcels were not changed, and why."""
    for reason, numbers in result.refused.items():
        messages.warning(request, f"{_join(numbers)}: {reason}.")


def read_ids(text: str) -> list[int]:
    """Return the ids in the address of a page, as many as one request takes."""
    ids = text.split(",")[:MAX_ORDERS]
    return [int(pk) for pk in ids if pk.isascii() and pk.isdecimal() and len(pk) < MAX_ID_LENGTH]


def _join(numbers: list[str]) -> str:
    """Return the numbers as text: the first of them, and how many others there are."""
    others = len(numbers) - MAX_NAMED
    return ", ".join(numbers[:MAX_NAMED]) + (f" and {others} more" if others > 0 else "")


def _download(
    name: str, queryset: QuerySet[Order], generate_rows: Callable[[Iterable[Order]], Iterator[list[Any]]]
) -> StreamingHttpResponse:
    parcels = selectors.list_parcel_lookups()
    orders = queryset.prefetch_related("items", "payments", "adjustments", *parcels).order_by("pk").iterator(chunk_size=500)
    return stream_csv(name, csv_export.generate_file(generate_rows(orders)))
