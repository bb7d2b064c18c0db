"""The admin pages of orders: read-only records, and actions that call the services."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from core import money
from core.admin import ReadOnlyAdminMixin, apply_widgets, get_staff_actor
from core.admin_filters import MarketFilter, PeriodFilter
from core.exceptions import DomainError
from orders import selectors
from orders.admin import (
    badges,
    columns,
    customer_cards,
    filters,
    list_position,
    order_actions,
    parcel_tables,
    permissions,
    timeline,
)
from orders.admin.bulk_actions import BulkActionsAdmin
from orders.admin.inlines import AdjustmentInline, ItemInline, PaymentInline, amount_column
from orders.admin.order_forms import ActionForm, add_error, describe_refunds
from orders.admin.search import FIELDS, search_orders
from orders.fulfilment import resending
from orders.models import Order

RESERVED_VARIANT_LOOKUP = "items__variant__exact"


@admin.register(Order)
class OrderAdmin(columns.OrderColumns, ReadOnlyAdminMixin, BulkActionsAdmin):
    """Orders, with their lines, payments and history."""

    list_display = (
        *("order_column", "buyer_column", "city_column", "items_column", "total_column", "status_column", "payment_column"),
    )
    list_filter = (
        filters.TodoFilter,
        ("created_at", PeriodFilter),
        "status",
        "payment_method",
        filters.ShippingMethodFilter,
        ("market", MarketFilter),
        ("attention", admin.EmptyFieldListFilter),
    )
    list_select_related = ("user",)
    list_before_template = "admin/orders/order/todo_tabs.html"
    show_full_result_count = False  # counting every order would cost more than the page
    search_fields = FIELDS  # shows the search box
    ordering = ("-created_at", "-id")
    inlines = (ItemInline, PaymentInline)
    subtotal_column = amount_column("subtotal", "Subtotal")
    discount_column = amount_column("discount_total", "Discount")
    shipping_column = amount_column("shipping_total", "Shipping")
    fee_column = amount_column("fee_total", "Fees")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "state"),
                    ("payment", "payment_method"),
                    ("amount", "refunds"),
                    ("alert", "cancel_reason"),
                    ("name", "phone"),
                    ("address_lines", "note"),
                    "shipping",
                )
            },
        ),
        ("Customer", {"classes": ["tab"], "fields": (("email", "account"),)}),
        (
            "Amounts",
            {
                "classes": ["tab"],
                "fields": (
                    ("subtotal_column", "discount_column"),
                    ("shipping_column", "fee_column"),
                    ("tax", "entered_codes"),
                    "market",
                ),
            },
        ),
        ("Stock", {"classes": ["tab"], "fields": (("stock_state", "reserved_until"), "cart")}),
        (
            "Dates",
            {
                "classes": ["tab"],
                "fields": (
                    *(("placed_at", "paid_at"), ("shipped_at", "delivered_at"), ("returned_at", "cancelled_at"), "expired_at"),
                    "phone_confirm_until",
                ),
            },
        ),
    )

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Allow the list of the orders that hold a variant, to which the stock pages link."""
        return lookup == RESERVED_VARIANT_LOOKUP or super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        """Fetch the lines and payments with the orders."""
        return super().get_queryset(request).prefetch_related("items", "payments")

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Order], search_term: str) -> tuple[QuerySet[Order], bool]:
        """Find orders by number, contact, or SKU."""
        return search_orders(queryset, search_term) if search_term else queryset, False

    @admin.display(description="Status")
    def state(self, order: Order) -> str:
        return format_html("{} {}", badges.order_badge(order), badges.phone_badge(order))

    @admin.display(description="Payment")
    def payment(self, order: Order) -> str:
        return columns.get_payment_badge(order)

    @admin.display(description="Alert")
    def alert(self, order: Order) -> str:
        return badges.alert_badge(order)

    @admin.display(description="Total")
    def amount(self, order: Order) -> str:
        return columns.format_total(order)

    @admin.display(description="Tax")
    def tax(self, order: Order) -> str:
        where = "included in the prices" if order.prices_include_tax else "added to the prices"
        return f"{money.format_price(order.tax_total, order.currency)}, {where}" if order.tax_total else columns.DASH

    @admin.display(description="Codes")
    def entered_codes(self, order: Order) -> str:
        return ", ".join(order.codes) or columns.DASH

    @admin.display(description="Account")
    def account(self, order: Order) -> str:
        return str(order.user or "none: a guest")

    @admin.display(description="Address")
    def address_lines(self, order: Order) -> str:
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in order.recipient_lines)) or columns.DASH

    @admin.display(description="Shipping")
    def shipping(self, order: Order) -> str:
        return columns.describe_shipping(order) or columns.DASH

    @admin.display(description="Refunds")
    def refunds(self, order: Order) -> str:
        return describe_refunds(order) or columns.DASH

    def get_inlines(self, request: HttpRequest, obj: Order | None) -> list[Any]:
        """Show discounts, fees and taxes if there are discounts or fees."""
        has_rows = obj is not None and selectors.has_shown_adjustments(obj)
        return [ItemInline, AdjustmentInline, PaymentInline] if has_rows else [ItemInline, PaymentInline]

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of the order actions and the packing slips."""
        urls = [
            path("<int:pk>/action/<str:name>/", self.admin_site.admin_view(self.action_view), name="orders_order_action"),
            path("<int:pk>/slip/", self.admin_site.admin_view(self.packing_slip_view), name="orders_order_slip"),
            path("slips/", self.admin_site.admin_view(self.packing_slips_view), name="orders_order_slips"),
        ]
        return [*urls, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, below links to the orders with something to do."""
        return super().changelist_view(request, {**(extra_context or {}), "todo_tabs": filters.list_tabs(request)})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show the order with its timeline and the actions that its state and the user's permissions allow."""
        order = self.get_object(request, object_id)
        context = {**(extra_context or {}), "order_actions": [], "show_history": False}  # the timeline is the history
        if order is not None and self.has_view_permission(request, order):
            preserved = self.get_preserved_filters(request)
            next_id = list_position.find_next_order(self, request, order.pk)
            emails = resending.list_emails(order)
            context |= {
                "order_actions": order_actions.actions_for(request.user, order, emails).items(),
                "parcels": parcel_tables.build_rows(request.user, order),
                "timeline": timeline.list_entries(order, emails),
                "customer_url": customer_cards.find_customer_url(request, order),
                "order_query": f"?{preserved}" if preserved else "",
                "next_order_url": list_position.build_order_url(next_id, preserved) if next_id else "",
            }
        return super().change_view(request, object_id, form_url, context)

    def action_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Show the form of an action, and perform the action when the form is submitted."""
        action = order_actions.ACTIONS.get(name)
        if not self.has_view_permission(request) or (action and not permissions.has_permission(request.user, action.permission)):
            raise PermissionDenied
        order = get_object_or_404(Order, pk=pk)
        if action is None:
            raise Http404
        emails = resending.list_emails(order) if action.needs_emails else []
        if request.method != "POST" and not action.is_offered(order, emails):
            self.message_user(request, f"{action.label}: the order does not allow this now.", messages.WARNING)
            return redirect(list_position.build_order_url(pk, self.get_preserved_filters(request)))
        form = action.form(order, request.POST if request.method == "POST" else None)
        apply_widgets(form.fields)
        next_id = None if action.stays else list_position.find_next_order(self, request, pk)
        if request.method == "POST" and form.is_valid():
            response = self._perform(request, order, action, form, next_id)
            if response is not None:
                return response
        context = {
            **self.admin_site.each_context(request),
            "original": order,
            "order": order,
            "total": self.amount(order),
            "action": action,
            "form": form,
            "title": f"{action.label}: order {order.number}",
            "opts": self.opts,
            "order_url": list_position.build_order_url(pk, self.get_preserved_filters(request)),
            "has_next": next_id is not None,
        }
        return TemplateResponse(request, "admin/orders/order/action.html", context)

    def _perform(
        self, request: HttpRequest, order: Order, action: order_actions.Action, form: ActionForm, next_id: int | None
    ) -> HttpResponse | None:
        """Perform an action. Return the way to the next page, or None if it was refused: the form says why."""
        try:
            message = action.handler(get_staff_actor(request), order, form)
        except (DomainError, ValueError) as error:
            add_error(form, error)
            return None
        if warning := action.find_warning(order):
            self.message_user(request, warning, messages.WARNING)
        list_filters, preserved = list_position.get_filters(request), self.get_preserved_filters(request)
        if action.stays or not list_filters:
            self.message_user(request, message, messages.SUCCESS)
            return redirect(list_position.build_order_url(order.pk, preserved))
        self.message_user(request, f"{order.number}: {message}", messages.SUCCESS)
        if next_id is not None and "_next" in request.POST:
            return redirect(list_position.build_order_url(next_id, preserved))
        return redirect(list_position.build_list_url(list_filters))
