"""The admin pages of orders: read-only records, and actions that call the services."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from accounts.phones import list_searched_numbers
from core import csv_export, money
from core.admin import ModelAdmin, ReadOnlyAdminMixin, TabularInline, apply_widgets, get_staff_actor, stream_csv
from core.exceptions import DomainError
from core.shop_settings import shop, values
from orders import minor_units, selectors
from orders.admin import badges, order_actions
from orders.admin.filters import TodoFilter
from orders.fulfilment import shipping
from orders.models import Order, OrderEvent, OrderItem, Payment

PRINTED_ADDRESS_FIELDS = ("full_name", "line1", "line2", "postal_code", "city", "state", "country")
RESERVED_VARIANT_LOOKUP = "items__variant__exact"
CSV_COLUMNS = (
    *("number", "placed_at", "status", "payment_method", "payment_status", "market", "currency", "units"),
    *("subtotal", "shipping_total", "tax_total", "total", "name", "email", "phone", *PRINTED_ADDRESS_FIELDS),
)


def _amount_column(name: str, description: str) -> Callable[[Any, Any], str]:
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
    fields = ("sku", "name", "quantity", "unit_price_column", "line_total_column", "refunded_quantity", "restocked_quantity")
    unit_price_column = _amount_column("unit_price", "Unit price")
    line_total_column = _amount_column("line_total", "Line total")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderItem]:
        """Fetch the order with its lines, for the currency."""
        return super().get_queryset(request).select_related("order")


class PaymentInline(OrderInline, TabularInline[Payment, Order]):
    """The payments of an order."""

    model = Payment
    fields = (
        *("created_at", "provider", "state", "currency", "amount_column", "captured", "refunded", "failure_code"),
        *("payment_intent", "session_id"),
    )
    amount_column = _amount_column("amount", "Amount")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        """Fetch the order with its payments, for the currency."""
        return super().get_queryset(request).select_related("order")

    @admin.display(description="Captured")
    def captured(self, payment: Payment) -> str:
        return money.format_price(minor_units.captured_amount(payment), payment.currency)

    @admin.display(description="Refunded")
    def refunded(self, payment: Payment) -> str:
        return money.format_price(minor_units.refunded_amount(payment), payment.currency)


class EventInline(OrderInline, TabularInline[OrderEvent, Order]):
    """The history of an order."""

    model = OrderEvent
    verbose_name_plural = "history"
    fields = ("at", "kind", "from_status", "to_status", "actor_kind", "user", "details")

    @admin.display(description="Details")
    def details(self, event: OrderEvent) -> str:
        return event.summary or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderEvent]:
        """Fetch the users with the events."""
        return super().get_queryset(request).select_related("user")


@admin.register(Order)
class OrderAdmin(ReadOnlyAdminMixin, ModelAdmin[Order]):
    """Orders, with their lines, payments and history."""

    list_display = ("number", "placed_at", "buyer", "amount", "state", "payment", "alert", "payment_method", "market")
    list_filter = (TodoFilter, "status", "payment_method", "market", ("attention", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("number", "email", "name", "phone", "items__sku")
    date_hierarchy = "placed_at"
    ordering = ("-created_at", "-id")
    inlines = (ItemInline, PaymentInline, EventInline)
    actions = ("as_csv",)
    subtotal_column = _amount_column("subtotal", "Subtotal")
    discount_column = _amount_column("discount_total", "Discount")
    shipping_column = _amount_column("shipping_total", "Shipping")
    tax_column = _amount_column("tax_total", "Tax, included")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "state"),
                    ("payment", "payment_method"),
                    ("amount", "refunds"),
                    ("alert", "cancel_reason"),
                )
            },
        ),
        ("Customer", {"classes": ["tab"], "fields": (("name", "email"), ("phone", "user"), ("address_lines", "note"))}),
        (
            "Amounts",
            {"classes": ["tab"], "fields": (("subtotal_column", "discount_column"), ("shipping_column", "tax_column"), "market")},
        ),
        ("Stock", {"classes": ["tab"], "fields": (("stock_state", "reserved_until"), "cart")}),
        (
            "Dates",
            {
                "classes": ["tab"],
                "fields": (("placed_at", "paid_at"), ("shipped_at", "delivered_at"), ("cancelled_at", "expired_at")),
            },
        ),
    )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the list of the orders that hold a variant, to which the stock pages link."""
        return lookup == RESERVED_VARIANT_LOOKUP or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Fetch the payments with the orders."""
        return super().get_queryset(request).prefetch_related("payments")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Order], search_term: str) -> tuple[QuerySet[Order], bool]:
        """Also find orders by phone number, however it is written."""
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        return found | queryset.filter(phone_e164__in=list_searched_numbers(search_term)), may_have_duplicates

    @admin.display(description="Status", ordering="status")
    def state(self, order: Order) -> str:
        return badges.order_badge(order)

    @admin.display(description="Payment")
    def payment(self, order: Order) -> str:
        return badges.payment_badge(selectors.payment_status(list(order.payments.all())))

    @admin.display(description="Alert", ordering="attention")
    def alert(self, order: Order) -> str:
        return badges.alert_badge(order)

    @admin.display(description="Buyer")
    def buyer(self, order: Order) -> str:
        return order.name or order.email or order.phone or str(order.user or "–")

    @admin.display(description="Total", ordering="total")
    def amount(self, order: Order) -> str:
        return money.format_price(order.total, order.currency)

    @admin.display(description="Address")
    def address_lines(self, order: Order) -> str:
        parts = [order.address[name] for name in PRINTED_ADDRESS_FIELDS if order.address.get(name)]
        return format_html_join(mark_safe("<br>"), "{}", ((part,) for part in parts)) or "–"

    @admin.display(description="Refunds")
    def refunds(self, order: Order) -> str:
        return order_actions.describe_refunds(order) or "–"

    @admin.action(description="Download as CSV", permissions=["view"])
    def as_csv(self, request: HttpRequest, queryset: QuerySet[Order]) -> StreamingHttpResponse:
        """Download the selected orders as a CSV file, one line each."""
        orders = queryset.prefetch_related("items", "payments").order_by("pk").iterator(chunk_size=500)
        return stream_csv("orders.csv", csv_export.generate_file(_csv_rows(orders)))

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of the order actions and the packing slip."""
        urls = [
            path("<int:pk>/action/<str:name>/", self.admin_site.admin_view(self.action_view), name="orders_order_action"),
            path("<int:pk>/slip/", self.admin_site.admin_view(self.packing_slip_view), name="orders_order_slip"),
        ]
        return [*urls, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show the order with the actions that its state and the user's permissions allow."""
        order = self.get_object(request, object_id)
        can_change = order is not None and request.user.has_perm("orders.change_order")
        actions = order_actions.actions_for(order) if order is not None and can_change else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "order_actions": actions})

    def action_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Show the form of an action, and perform the action when the form is submitted."""
        if not request.user.has_perm("orders.change_order"):
            raise PermissionDenied
        order = get_object_or_404(Order, pk=pk)
        action = order_actions.ACTIONS.get(name)
        if action is None:
            raise Http404
        form = action.form(order, request.POST if request.method == "POST" else None)
        apply_widgets(form.fields)
        if request.method == "POST" and form.is_valid():
            try:
                self.message_user(request, action.handler(get_staff_actor(request), order, form), messages.SUCCESS)
                return redirect(reverse("admin:orders_order_change", args=[pk]))
            except (DomainError, ValueError) as error:
                form.add_error(None, getattr(error, "message", str(error)))
        context = {
            **self.admin_site.each_context(request),
            "original": order,
            "order": order,
            "total": self.amount(order),
            "action": action,
            "form": form,
            "title": f"{action.label}: order {order.number}",
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/orders/order/action.html", context)

    def packing_slip_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the printable packing slip."""
        order = get_object_or_404(Order.objects.prefetch_related("items"), pk=pk)
        if not self.has_view_permission(request, order):
            raise PermissionDenied
        recipient = [order.address.get(field, "") for field in PRINTED_ADDRESS_FIELDS]
        if order.name != order.address.get("full_name"):
            recipient.insert(0, order.name)
        is_shippable = order.status in (Order.Status.PROCESSING, Order.Status.SHIPPED, Order.Status.DELIVERED)
        is_suspended = shipping.is_suspended(order)
        items = [(item, item.quantity - item.refunded_quantity) for item in order.items.all()]
        context = {
            "order": order,
            "is_shippable": is_shippable,
            "is_suspended": is_suspended,
            "items": [(item, units) for item, units in items if units and is_shippable and not is_suspended],
            "cash_due": self.amount(order) if order.is_cash_due else "",
            "recipient": [line for line in recipient if line],
            "shop": shop.get_profile(),
            "line": values.get(shop.PACKING_SLIP_LINE),
        }
        return TemplateResponse(request, "admin/orders/order/slip.html", context)


def _csv_rows(orders: Iterable[Order]) -> Iterator[list[Any]]:
    yield list(CSV_COLUMNS)
    for order in orders:
        values = selectors.serialize_prefetched_order(order, "")
        values |= {field: order.address.get(field, "") for field in PRINTED_ADDRESS_FIELDS}
        values |= {
            "units": sum(item.quantity for item in order.items.all()),
            "placed_at": timezone.localtime(order.placed_at).isoformat(),
        }
        yield [values[name] for name in CSV_COLUMNS]
