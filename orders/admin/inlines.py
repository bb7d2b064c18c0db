"""The tables on the page of an order: its lines, its discounts, fees and taxes, and its payments."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from core import money
from core.admin import ReadOnlyAdminMixin, TabularInline
from orders import minor_units
from orders.models import Order, OrderAdjustment, OrderItem, Payment


def amount_column(name: str, description: str) -> Callable[[Any, Any], str]:
    """Return an admin column for an amount of an order or of a related row, with the digits of its currency."""

    @admin.display(description=description, ordering=name)
    def column(self: Any, row: Any) -> str:
        return money.format_price(getattr(row, name), row.currency if hasattr(row, "currency") else row.order.currency)

    return column


class OrderInline(ReadOnlyAdminMixin):
    """Rows of an order, visible to anyone who may view the order."""

    extra = 0
    hide_title = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may view or change orders."""
        return any(request.user.has_perm(f"orders.{permission}_order") for permission in ("view", "change"))


class ItemInline(OrderInline, TabularInline[OrderItem, Order]):
    """The lines of an order."""

    model = OrderItem
    fields = (
        *("sku", "name", "quantity", "unit_price_column", "line_total_column", "discount_column", "net_column"),
        *("refunded_quantity", "restocked_quantity"),
    )
    only_with_discounts = ("discount_column", "net_column")
    unit_price_column = amount_column("unit_price", "Unit price")
    line_total_column = amount_column("line_total", "Line total")
    discount_column = amount_column("discount_total", "Discount")
    net_column = amount_column("net_total", "After discount")

    def get_fields(self, request: HttpRequest, obj: Order | None = None) -> Any:
        """Show discounts only if the order has any."""
        has_discounts = obj is None or bool(obj.discount_total)
        return [name for name in self.fields if has_discounts or name not in self.only_with_discounts]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderItem]:
        """Fetch the order with its lines, for the currency."""
        return super().get_queryset(request).select_related("order")


class AdjustmentInline(OrderInline, TabularInline[OrderAdjustment, Order]):
    """The discounts, fees and taxes of an order."""

    model = OrderAdjustment
    verbose_name_plural = "discounts, fees and taxes"
    fields = ("kind", "label", "code", "on", "amount_column")
    amount_column = amount_column("amount", "Amount")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderAdjustment]:
        """Fetch the order with its rows, for the currency."""
        return super().get_queryset(request).select_related("order")


class PaymentInline(OrderInline, TabularInline[Payment, Order]):
    """The payments of an order."""

    model = Payment
    fields = (
        *("created_at", "provider", "state", "currency", "amount_due", "captured", "refunded", "failure_code"),
        *("payment_intent", "session_id"),
    )
    amount_due = amount_column("amount", "Amount")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        """Fetch the order with its payments, for the currency."""
        return super().get_queryset(request).select_related("order")

    @admin.display(description="Captured")
    def captured(self, payment: Payment) -> str:
        return money.format_price(minor_units.captured_amount(payment), payment.currency)

    @admin.display(description="Refunded")
    def refunded(self, payment: Payment) -> str:
        return money.format_price(minor_units.refunded_amount(payment), payment.currency)
