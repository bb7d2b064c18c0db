"""Orders, for staff. Amounts and states are a record: nothing is changed by editing columns."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from orders.models import Order, OrderEvent, OrderItem, Payment
from store.core import money
from store.core.admin import ReadOnly


class ItemInline(ReadOnly, admin.TabularInline[OrderItem, Order]):
    """What was bought."""

    model = OrderItem
    fields = ("sku", "name", "quantity", "unit_price", "line_total")
    extra = 0


class PaymentInline(ReadOnly, admin.TabularInline[Payment, Order]):
    """How it is paid."""

    model = Payment
    fields = ("provider", "state", "amount", "currency", "captured_minor", "refunded_minor", "created_at")
    extra = 0


class EventInline(ReadOnly, admin.TabularInline[OrderEvent, Order]):
    """What happened."""

    model = OrderEvent
    fields = ("at", "kind", "from_status", "to_status", "actor_kind", "user", "data")
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderEvent]:
        """Fetch the users with the events."""
        return super().get_queryset(request).select_related("user")


@admin.register(Order)
class OrderAdmin(ReadOnly, admin.ModelAdmin[Order]):
    """Purchases."""

    list_display = ("number", "placed_at", "buyer", "amount", "status", "payment_method", "market", "attention")
    list_filter = ("status", "payment_method", "market", ("attention", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("number", "email", "name", "phone", "items__sku")
    date_hierarchy = "placed_at"
    ordering = ("-created_at", "-id")
    inlines = (ItemInline, PaymentInline, EventInline)
    fieldsets = (
        (None, {"fields": ("number", "status", "attention", "user", "cart", "market", "payment_method", "stock_state")}),
        ("To", {"fields": ("name", "email", "phone", "address", "note")}),
        ("Amounts", {"fields": ("currency", "subtotal", "discount_total", "shipping_total", "tax_total", "total")}),
        ("Dates", {"fields": ("placed_at", "paid_at", "shipped_at", "delivered_at", "cancelled_at", "expired_at")}),
    )

    @admin.display(description="Buyer")
    def buyer(self, order: Order) -> str:
        return order.name or order.email or order.phone or str(order.user or "–")

    @admin.display(description="Total", ordering="total")
    def amount(self, order: Order) -> str:
        return f"{money.text(order.total, order.currency)} {order.currency}"
