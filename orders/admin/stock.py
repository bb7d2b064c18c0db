"""The stock pages of products, with the unpaid orders that reserve units."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet, Value
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from core.admin import format_time
from orders import reports
from orders.admin.orders import RESERVED_VARIANT_LOOKUP
from orders.models import Order
from products.admin.stock import StockAdmin, StockOfVariant

MAX_LISTED_ORDERS = 20

admin.site.unregister(StockOfVariant)


@admin.register(StockOfVariant)
class StockWithReservationsAdmin(StockAdmin):
    """Units per SKU; staff who may view orders also see which unpaid orders reserve them."""

    list_display = tuple("reserved_units" if name == "reserved" else name for name in StockAdmin.list_display)
    readonly_fields = (*StockAdmin.readonly_fields, "reserved_by")
    fields = (*readonly_fields, *StockAdmin.fields[len(StockAdmin.readonly_fields) :])

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockOfVariant]:
        """Annotate the variants with whether this user may view orders."""
        can_view_orders = request.user.has_perm("orders.view_order") or request.user.has_perm("orders.change_order")
        return super().get_queryset(request).annotate(can_view_orders=Value(can_view_orders))

    @admin.display(description="Reserved", ordering="reserved")
    def reserved_units(self, variant: Any) -> SafeString | int:
        if not variant.reserved or not variant.can_view_orders:
            return int(variant.reserved)
        return format_html('<a class="text-link" href="{}">{}</a>', _build_orders_url(variant), variant.reserved)

    @admin.display(description="Reserved by unpaid orders")
    def reserved_by(self, variant: Any) -> SafeString | str:
        if not variant.reserved or not variant.can_view_orders:
            return "–"
        items = reports.list_reserved_items(variant.pk, MAX_LISTED_ORDERS)
        rows = [
            (reverse("admin:orders_order_change", args=[item.order_id]), *_describe(item.order, item.quantity)) for item in items
        ]
        orders = format_html_join(mark_safe("<br>"), '<a class="text-link" href="{}">{}</a>: {} unit(s){}', rows)
        return format_html('{}<br><a class="text-link" href="{}">All of them</a>', orders, _build_orders_url(variant))


def _build_orders_url(variant: StockOfVariant) -> str:
    query = {RESERVED_VARIANT_LOOKUP: variant.pk, "stock_state__exact": Order.StockState.RESERVED}
    return f"{reverse('admin:orders_order_changelist')}?{urlencode(query)}"


def _describe(order: Order, units: int) -> tuple[str, int, str]:
    until = order.reserved_until
    return order.number, units, f", until {format_time(until)}" if until else ""
