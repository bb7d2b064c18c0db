"""The admin pages of parcels: their list, their pages, and actions that call the services."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from core.admin import ReadOnlyAdminMixin, TabularInline, apply_widgets, get_staff_actor
from core.admin_filters import PeriodFilter
from core.exceptions import DomainError
from orders.admin import badges, parcel_actions, parcel_columns, parcel_filters, permissions
from orders.admin.columns import DASH
from orders.admin.inlines import OrderInline
from orders.admin.mass_shipping import MassShippingAdmin
from orders.admin.order_forms import add_error
from orders.admin.tracking_uploads import TrackingUploadAdmin
from orders.models import Shipment, ShipmentLine, TrackingEvent

State = Shipment.State
TIMES = ("packed_at", "shipped_at", "delivered_at", "failed_at", "returning_at", "returned_at", "lost_at", "counted_at")


class LineInline(OrderInline, TabularInline[ShipmentLine, Shipment]):
    """The lines of a parcel."""

    model = ShipmentLine
    verbose_name_plural = "units"
    fields = ("sku", "name", "quantity", "due", "undelivered_quantity", "restocked_quantity")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShipmentLine]:
        """Fetch the items, and the order for its currency."""
        return super().get_queryset(request).select_related("item", "shipment__order")

    @admin.display(description="SKU")
    def sku(self, line: ShipmentLine) -> str:
        return line.item.sku

    @admin.display(description="Item")
    def name(self, line: ShipmentLine) -> str:
        return line.item.name

    @admin.display(description="Due at the door")
    def due(self, line: ShipmentLine) -> str:
        return parcel_columns.format_cash(line.shipment, line.due_minor) if line.due_minor else DASH


class EventInline(OrderInline, TabularInline[TrackingEvent, Shipment]):
    """What the carrier reports about a parcel, newest first."""

    model = TrackingEvent
    verbose_name_plural = "what the carrier reports"
    fields = ("at", "code", "text")
    ordering = ("-at", "-key")


@admin.register(Shipment)
class ParcelAdmin(parcel_columns.ParcelColumns, ReadOnlyAdminMixin, TrackingUploadAdmin, MassShippingAdmin):
    """Parcels of orders."""

    list_display = (
        *("parcel_column", "buyer_column", "state_column", "tracking_column", "units_column", "cash_column", "since_column"),
    )
    list_filter = (parcel_filters.ParcelTodoFilter, ("created_at", PeriodFilter), "state", parcel_filters.CarrierFilter)
    list_select_related = ("order",)
    list_before_template = "admin/orders/shipment/list_tools.html"
    show_full_result_count = False
    search_fields = ("tracking_number",)  # shows the search box
    search_help_text = "Tracking number, order number, or buyer"
    ordering = ("-id",)
    sortable_by = ("parcel_column",)
    inlines = (LineInline, EventInline)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("order_link", "state_text"),
                    ("carrier_text", "tracking_text"),
                    ("buyer", "address_lines"),
                    ("due", "collected"),
                    ("remitted", "short"),
                )
            },
        ),
        ("Dates", {"classes": ["tab"], "fields": (TIMES[:2], TIMES[2:4], TIMES[4:6], TIMES[6:])}),
    )

    def has_view_permission(self, request: HttpRequest, obj: Shipment | None = None) -> bool:
        """Return whether the user may view parcels: staff who may view orders may."""
        return any(request.user.has_perm(f"orders.{name}_order") for name in ("view", "change"))

    def has_ship_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may send parcels, although the rows themselves are read-only."""
        return permissions.has_permission(request.user, permissions.SHIP)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shipment]:
        """Fetch the lines with the parcels."""
        return super().get_queryset(request).prefetch_related("lines__item")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Shipment], search_term: str
    ) -> tuple[QuerySet[Shipment], bool]:
        """Find parcels by tracking number, by the number of the order, or by the buyer."""
        return parcel_filters.search_parcels(queryset, search_term) if search_term else queryset, False

    def get_inlines(self, request: HttpRequest, obj: Shipment | None) -> list[Any]:
        """Show the reports of the carrier if there are any."""
        return [LineInline, EventInline] if obj is not None and obj.carrier_status else [LineInline]

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of the actions on a parcel."""
        view = self.admin_site.admin_view(self.action_view)
        return [path("<int:pk>/action/<str:name>/", view, name="orders_shipment_action"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list, below links to the parcels with something to do."""
        context = {"todo_tabs": parcel_filters.list_tabs(request), "may_ship": self.has_ship_permission(request)}
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show the parcel with the actions that its state and the user's permissions allow."""
        shipment = self.get_object(request, object_id)
        context = {**(extra_context or {}), "show_history": False}
        if shipment is not None and self.has_view_permission(request, shipment):
            context |= {
                "parcel_actions": [(name, action.label) for name, action in parcel_actions.list_actions(request.user, shipment)],
                "order_url": reverse("admin:orders_order_change", args=[shipment.order_id]),
                "has_slip": shipment.state == State.PACKED,
            }
        return super().change_view(request, object_id, form_url, context)

    def action_view(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Show the form of an action, and perform the action when the form is submitted."""
        action = parcel_actions.ACTIONS.get(name)
        if not self.has_view_permission(request) or (action and not permissions.has_permission(request.user, action.permission)):
            raise PermissionDenied
        shipment = self.get_object(request, str(pk))
        if shipment is None or action is None:
            raise Http404
        page, page_id = ("order", shipment.order_id) if "order" in request.GET else ("shipment", pk)
        back_url = reverse(f"admin:orders_{page}_change", args=[page_id])
        if request.method != "POST" and not action.is_allowed(shipment):
            self.message_user(request, f"{action.label}: the parcel does not allow this now.", messages.WARNING)
            return redirect(back_url)
        form = action.form(shipment, request.POST if request.method == "POST" else None)
        apply_widgets(form.fields)
        if request.method == "POST" and form.is_valid():
            try:
                message = action.handler(get_staff_actor(request), shipment, form)
            except (DomainError, ValueError) as error:
                add_error(form, error)
            else:
                self.message_user(request, f"{shipment.label}: {message}", messages.SUCCESS)
                return redirect(back_url)
        context = {
            **self.admin_site.each_context(request),
            "parcel": shipment,
            "state": parcel_columns.render_state(shipment),
            "cash": ", ".join(parcel_columns.describe_cash(shipment)),
            "action": action,
            "form": form,
            "title": f"{action.label}: parcel {shipment.label}",
            "opts": self.opts,
            "back_url": back_url,
        }
        return TemplateResponse(request, "admin/orders/shipment/action.html", context)

    @admin.display(description="Order")
    def order_link(self, shipment: Shipment) -> str:
        url = reverse("admin:orders_order_change", args=[shipment.order_id])
        return format_html(
            '<span class="shop-line"><a class="text-link" href="{}">{}</a>{}</span>',
            url,
            shipment.order.number,
            badges.order_badge(shipment.order),
        )

    @admin.display(description="State")
    def state_text(self, shipment: Shipment) -> str:
        return parcel_columns.render_state(shipment)

    @admin.display(description="Carrier")
    def carrier_text(self, shipment: Shipment) -> str:
        return parcel_columns.get_carrier(shipment) or DASH

    @admin.display(description="Tracking number")
    def tracking_text(self, shipment: Shipment) -> str:
        return parcel_columns.link_number(shipment) or DASH

    @admin.display(description="Buyer")
    def buyer(self, shipment: Shipment) -> str:
        return ", ".join(filter(None, (shipment.order.name or shipment.order.email, shipment.order.phone))) or DASH

    @admin.display(description="Address")
    def address_lines(self, shipment: Shipment) -> str:
        lines = ((line,) for line in shipment.order.recipient_lines)
        return format_html_join(mark_safe("<br>"), "{}", lines) or DASH

    @admin.display(description="Cash due")
    def due(self, shipment: Shipment) -> str:
        return parcel_columns.format_cash(shipment, shipment.cod_due_minor) if shipment.cod_due_minor else DASH

    @admin.display(description="Cash collected")
    def collected(self, shipment: Shipment) -> str:
        parts = parcel_columns.describe_cash(shipment) if shipment.state == State.DELIVERED else []
        return ", ".join(parts) or DASH

    @admin.display(description="Paid to the shop")
    def remitted(self, shipment: Shipment) -> str:
        return parcel_columns.format_cash(shipment, shipment.remitted_minor) if shipment.remitted_minor else DASH

    @admin.display(description="Short by carrier")
    def short(self, shipment: Shipment) -> str:
        amount = shipment.short_by_carrier_minor
        return parcel_columns.format_cash(shipment, amount) if amount else DASH
