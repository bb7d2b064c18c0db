"""Orders, for staff: records to look at, and a desk from which everything is done through the services."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from core import csv_export, money
from core.admin import ModelAdmin, ReadOnly, TabularInline, apply_widgets, staff_actor
from core.exceptions import DomainError
from orders import selectors
from orders.admin import badges, order_actions
from orders.models import Order, OrderEvent, OrderItem, Payment
from orders.payments import refunds

PARTS = ("full_name", "line1", "line2", "postal_code", "city", "state", "country")
COLUMNS = (
    *("number", "placed_at", "status", "payment_method", "payment_status", "market", "currency", "units"),
    *("subtotal", "shipping_total", "tax_total", "total", "name", "email", "phone", *PARTS),
)


def _amount(name: str, words: str) -> Callable[[Any, Any], str]:
    """Return a column that shows an amount with its currency's digits, of an order or of what belongs to one."""

    @admin.display(description=words, ordering=name)
    def shown(self: Any, row: Any) -> str:
        return money.text(getattr(row, name), row.currency if hasattr(row, "currency") else row.order.currency)

    return shown


class PartOfOrder(ReadOnly):
    """Whoever may look at an order sees what belongs to it."""

    extra = 0
    hide_title = True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask for the right to the order."""
        return any(request.user.has_perm(f"orders.{right}_order") for right in ("view", "change"))


class ItemInline(PartOfOrder, TabularInline[OrderItem, Order]):
    """What was bought."""

    model = OrderItem
    fields = ("sku", "name", "quantity", "shown_price", "shown_total", "refunded_quantity", "restocked_quantity")
    shown_price = _amount("unit_price", "Unit price")
    shown_total = _amount("line_total", "Line total")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderItem]:
        """Fetch the order, for its currency, with the lines."""
        return super().get_queryset(request).select_related("order")


class PaymentInline(PartOfOrder, TabularInline[Payment, Order]):
    """How it is paid."""

    model = Payment
    fields = (
        *("created_at", "provider", "state", "currency", "shown_amount", "captured", "given_back", "failure_code"),
        *("payment_intent", "session_id"),
    )
    shown_amount = _amount("amount", "Amount")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        """Fetch the order, for its currency, with the payments."""
        return super().get_queryset(request).select_related("order")

    @admin.display(description="Captured")
    def captured(self, payment: Payment) -> str:
        return money.text(refunds.major_of(payment.captured_minor, payment.order), payment.currency)

    @admin.display(description="Given back")
    def given_back(self, payment: Payment) -> str:
        return money.text(refunds.major_of(payment.refunded_minor, payment.order), payment.currency)


class EventInline(PartOfOrder, TabularInline[OrderEvent, Order]):
    """What happened."""

    model = OrderEvent
    verbose_name_plural = "history"
    fields = ("at", "kind", "from_status", "to_status", "actor_kind", "user", "told")

    @admin.display(description="Told")
    def told(self, event: OrderEvent) -> str:
        return event.told or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[OrderEvent]:
        """Fetch the users with the events."""
        return super().get_queryset(request).select_related("user")


@admin.register(Order)
class OrderAdmin(ReadOnly, ModelAdmin[Order]):
    """Purchases."""

    list_display = ("number", "placed_at", "buyer", "amount", "state", "payment", "flag", "payment_method", "market")
    list_filter = ("status", "payment_method", "market", ("attention", admin.EmptyFieldListFilter))
    list_select_related = ("user",)
    search_fields = ("number", "email", "name", "phone", "items__sku")
    date_hierarchy = "placed_at"
    ordering = ("-created_at", "-id")
    inlines = (ItemInline, PaymentInline, EventInline)
    actions = ("as_csv",)
    shown_subtotal = _amount("subtotal", "Subtotal")
    shown_discount = _amount("discount_total", "Discount")
    shown_shipping = _amount("shipping_total", "Shipping")
    shown_tax = _amount("tax_total", "Tax, included")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "state"),
                    ("payment", "payment_method"),
                    ("amount", "given_back"),
                    ("flag", "cancel_reason"),
                )
            },
        ),
        ("To", {"classes": ["tab"], "fields": (("name", "email"), ("phone", "user"), ("address_lines", "note"))}),
        (
            "Amounts",
            {"classes": ["tab"], "fields": (("shown_subtotal", "shown_discount"), ("shown_shipping", "shown_tax"), "market")},
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Fetch the payments with the orders."""
        return super().get_queryset(request).prefetch_related("payments")

    @admin.display(description="Status", ordering="status")
    def state(self, order: Order) -> str:
        return badges.of_status(order)

    @admin.display(description="Payment")
    def payment(self, order: Order) -> str:
        return badges.of_payment(selectors.payment_status(list(order.payments.all())))

    @admin.display(description="Attention", ordering="attention")
    def flag(self, order: Order) -> str:
        return badges.of_attention(order)

    @admin.display(description="Buyer")
    def buyer(self, order: Order) -> str:
        return order.name or order.email or order.phone or str(order.user or "–")

    @admin.display(description="Total", ordering="total")
    def amount(self, order: Order) -> str:
        return f"{money.text(order.total, order.currency)} {order.currency}"

    @admin.display(description="Address")
    def address_lines(self, order: Order) -> str:
        return format_html_join(mark_safe("<br>"), "{}", ((part,) for name in PARTS if (part := order.address.get(name)))) or "–"

    @admin.display(description="Refunds")
    def given_back(self, order: Order) -> str:
        return order_actions.refunds_of(order) or "–"

    @admin.action(description="Download as CSV", permissions=["view"])
    def as_csv(self, request: HttpRequest, chosen: QuerySet[Order]) -> StreamingHttpResponse:
        """Send the chosen orders, a line each, to open in a spreadsheet program."""
        rows = chosen.prefetch_related("items", "payments").order_by("pk").iterator(chunk_size=500)
        lines = csv_export.lines(_rows(rows))
        headers = {"Content-Disposition": 'attachment; filename="orders.csv"'}
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)

    def get_urls(self) -> list[URLPattern]:
        """Add the desk and the packing slip."""
        own = [
            path("<int:pk>/desk/<str:act>/", self.admin_site.admin_view(self.desk), name="orders_order_desk"),
            path("<int:pk>/slip/", self.admin_site.admin_view(self.slip), name="orders_order_slip"),
        ]
        return [*own, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show the order with what can be done to it."""
        order = self.get_object(request, object_id)
        acts = order_actions.acts_for(order) if order is not None and request.user.has_perm("orders.change_order") else []
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "acts": acts})

    def desk(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        """Ask what an act needs to know, and do it."""
        if not request.user.has_perm("orders.change_order"):
            raise PermissionDenied
        order = get_object_or_404(Order, pk=pk)
        chosen = order_actions.ACTS.get(act)
        if chosen is None:
            raise Http404
        form = chosen.form(order, request.POST if request.method == "POST" else None)
        apply_widgets(form.fields)
        if request.method == "POST" and form.is_valid():
            try:
                self.message_user(request, chosen.does(staff_actor(request), order, form), messages.SUCCESS)
                return redirect(reverse("admin:orders_order_change", args=[pk]))
            except (DomainError, ValueError) as refused:
                form.add_error(None, getattr(refused, "message", str(refused)))
        title = f"{chosen.label}: order {order.number}"
        own = {
            "original": order,
            "order": order,
            "total": self.amount(order),
            "act": chosen,
            "form": form,
            "title": title,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/orders/order/desk.html", {**self.admin_site.each_context(request), **own})

    def slip(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a page to print and put into the parcel."""
        order = get_object_or_404(Order.objects.prefetch_related("items"), pk=pk)
        if not self.has_view_permission(request, order):
            raise PermissionDenied
        to = [order.address.get(part, "") for part in PARTS]
        if order.name != order.address.get("full_name"):
            to.insert(0, order.name)
        is_to_pack = order.status in (Order.Status.PROCESSING, Order.Status.SHIPPED, Order.Status.DELIVERED)
        items = [(item, item.quantity - item.refunded_quantity) for item in order.items.all()]
        context = {
            "order": order,
            "is_to_pack": is_to_pack,
            "items": [(item, units) for item, units in items if units and is_to_pack],
            "due": self.amount(order) if order.is_to_be_collected else "",
            "to": [part for part in to if part],
        }
        return TemplateResponse(request, "admin/orders/order/slip.html", context)


def _rows(orders: Iterable[Order]) -> Iterator[list[Any]]:
    yield list(COLUMNS)
    for order in orders:
        shown = selectors.shown_whole(order, "")
        known = {**shown, **{part: order.address.get(part, "") for part in PARTS}}
        known |= {"units": sum(item.quantity for item in order.items.all()), "placed_at": order.placed_at.isoformat()}
        yield [known[name] for name in COLUMNS]
