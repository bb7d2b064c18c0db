"""Sending many orders and parcels at once, each with its tracking number; and slips of many parcels."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms.boundfield import BoundField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst

from core.actors import Actor
from core.admin import ModelAdmin, apply_widgets, get_staff_actor
from core.exceptions import DomainError
from core.shop_settings import shop, values
from orders.admin import permissions, slips
from orders.admin.bulk_actions import MAX_ORDERS, read_ids, report_refused
from orders.admin.columns import get_buyer
from orders.admin.parcel_columns import describe_line, format_cash, format_next_cash
from orders.admin.parcel_forms import CarrierFieldsMixin, CarrierInput
from orders.carriers.links import get_carrier_name
from orders.fulfilment import bulk, shipping
from orders.fulfilment.parcels import packing, sending
from orders.models import Order, Shipment
from orders.models.shipment import MAX_CARRIER, MAX_TRACKING_NUMBER
from orders.state.parcel_units import read_parcels

State = Shipment.State


@dataclass(slots=True)
class Row:
    """An order without packed parcels, or a packed parcel, that the page offers to send; `error` says why that was refused."""

    key: str
    label: str
    link: str
    buyer: str
    units: str
    cash: str
    ship: Callable[..., object]  # with the actor, carrier and tracking number
    fields: list[BoundField]
    error: str = ""


class ShipManyForm(CarrierFieldsMixin, forms.Form):
    """A carrier for all, and for each row a carrier of its own, a tracking number, and whether to send it without one."""

    def __init__(self, orders: Iterable[Order], parcels: Iterable[Shipment], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["tracking_number"]
        self.fields["carrier"].label = "Carrier of all"
        self.fields["carrier"].help_text = "a row with a carrier of its own keeps that"
        self.rows: list[Row] = []
        self.left_out: list[str] = []
        for order in orders:
            self._add_order(order)
        for shipment in parcels:
            self._add_parcel(shipment)
        apply_widgets(self.fields)

    def _add_order(self, order: Order) -> None:
        parcels, key = read_parcels(order), f"o{order.pk}"
        packed = [shipment for shipment in parcels.shipments if shipment.state == State.PACKED]
        if not self._was_submitted(key):
            if packed:
                for shipment in packed:
                    self._add_parcel(shipment)
                return
            if reason := _find_obstacle(order, has_units=bool(parcels.unsent)):
                self.left_out.append(f"{order.number}: {reason}")
                return
        counts = [(units.item, units.to_pack) for units in parcels.units.values() if units.to_pack]
        row = Row(
            key=key,
            label=order.number,
            link=reverse("admin:orders_order_change", args=[order.pk]),
            buyer=get_buyer(order),
            units=", ".join(f"{count} × {item.name}" for item, count in counts),
            cash=f"{due} due" if (due := format_next_cash(parcels)) else "",
            ship=partial(_ship_order, order.pk),
            fields=self._add_fields(key, order.number),
        )
        self.rows.append(row)

    def _add_parcel(self, shipment: Shipment) -> None:
        key = f"p{shipment.pk}"
        if any(row.key == key for row in self.rows):
            return
        if shipment.state != State.PACKED and not self._was_submitted(key):
            self.left_out.append(f"{shipment.label}: the parcel is {shipment.get_state_display().lower()}")
            return
        row = Row(
            key=key,
            label=shipment.label,
            link=reverse("admin:orders_shipment_change", args=[shipment.pk]),
            buyer=get_buyer(shipment.order),
            units=", ".join(map(describe_line, shipment.lines.all())),
            cash=f"{format_cash(shipment, shipment.cod_due_minor)} due" if shipment.cod_due_minor else "",
            ship=partial(_ship_parcel, shipment.pk),
            fields=self._add_fields(
                key, shipment.label, carrier=get_carrier_name(shipment.carrier), number=shipment.tracking_number
            ),
        )
        self.rows.append(row)

    def _was_submitted(self, key: str) -> bool:
        """Return whether something was entered for a row, which must not be lost."""
        return any(self.data.get(f"{name}_{key}") for name in ("ship", "tracking_number"))

    def _add_fields(self, key: str, row: str, *, carrier: str = "", number: str = "") -> list[BoundField]:
        """Add the fields of a row; to a screen reader, each says which row it belongs to."""
        own = {
            "ship": forms.BooleanField(required=False, label="Ship"),
            "carrier": forms.CharField(max_length=MAX_CARRIER, required=False, initial=carrier, widget=CarrierInput),
            "tracking_number": forms.CharField(max_length=MAX_TRACKING_NUMBER, required=False, initial=number),
        }
        for name, field in own.items():
            field.widget.attrs["aria-label"] = f"{field.label or capfirst(name.replace('_', ' '))}, {row}"
        self.fields |= {f"{name}_{key}": field for name, field in own.items()}
        return [self[f"{name}_{key}"] for name in own]

    def ship(self, actor: Actor) -> int:
        """Send the rows with a tracking number or a tick; return how many were sent, and keep the others."""
        kept = []
        for row in self.rows:
            tick, carrier, number = (self.cleaned_data[field.name] for field in row.fields)
            if tick or number:
                details = {"carrier": carrier or self.cleaned_data["carrier"], "tracking_number": number}
                row.error = bulk.attempt(row.label, partial(row.ship, actor, **details))
                if not row.error:
                    continue
            kept.append(row)
        sent = len(self.rows) - len(kept)
        self.rows = kept
        return sent


def _ship_order(order_id: int, actor: Actor, **details: str) -> object:
    return shipping.ship_order(actor, order_id, **details)


def _ship_parcel(shipment_id: int, actor: Actor, **details: str) -> object:
    return sending.ship_parcel(actor, shipment_id, **details)


def _find_obstacle(order: Order, *, has_units: bool) -> str:
    """Return why an order cannot be sent; empty if it can."""
    try:
        packing.check_sendable(order)
    except DomainError as error:
        return error.message
    return "" if has_units else packing.ALL_PACKED


class MassShippingAdmin(ModelAdmin[Shipment]):
    """The page that sends many orders and parcels, the actions on selected parcels, and their slips."""

    actions = ("ship_with_numbers", "deliver_selected", "print_slips")

    def get_urls(self) -> list[URLPattern]:
        """Add the page that sends many, and the slips."""
        views = (
            ("ship/", self.ship_view, "ship"),
            ("slips/", self.slips_view, "slips"),
            ("<int:pk>/slip/", self.slip_view, "slip"),
        )
        urls = [path(route, self.admin_site.admin_view(view), name=f"orders_shipment_{name}") for route, view, name in views]
        return [*urls, *super().get_urls()]

    @admin.action(description="Ship with tracking numbers", permissions=["ship"])
    def ship_with_numbers(self, request: HttpRequest, queryset: QuerySet[Shipment]) -> HttpResponse | None:
        """Go to the page on which the selected parcels get their tracking numbers."""
        ids = self._list_ids(request, queryset)
        query = urlencode({"parcels": ",".join(map(str, ids))})
        return redirect(f"{reverse('admin:orders_shipment_ship')}?{query}") if ids else None

    @admin.action(description="Mark as delivered", permissions=["ship"])
    def deliver_selected(self, request: HttpRequest, queryset: QuerySet[Shipment]) -> None:
        """Mark the selected parcels as delivered, with all cash that is due."""
        if ids := self._list_ids(request, queryset):
            result = bulk.deliver_parcels(get_staff_actor(request), ids)
            if result.done:
                noun = "parcel" if result.done == 1 else "parcels"
                self.message_user(request, f"{result.done} {noun} delivered.", messages.SUCCESS)
            report_refused(request, result)

    @admin.action(description="Print packing slips", permissions=["view"])
    def print_slips(self, request: HttpRequest, queryset: QuerySet[Shipment]) -> HttpResponse | None:
        """Go to the slips of the selected parcels, in the order of the list."""
        ids = self._list_ids(request, queryset)
        query = urlencode({"ids": ",".join(map(str, ids))})
        return redirect(f"{reverse('admin:orders_shipment_slips')}?{query}") if ids else None

    def _list_ids(self, request: HttpRequest, queryset: QuerySet[Shipment]) -> list[int]:
        """Return the ids of the selected parcels; none, with a message, if they are too many for one request."""
        ids = list(dict.fromkeys(queryset.values_list("pk", flat=True)[: MAX_ORDERS + 1]))
        if len(ids) > MAX_ORDERS:
            self.message_user(request, f"Nothing was done: select at most {MAX_ORDERS} parcels.", messages.ERROR)
            return []
        return ids

    def ship_view(self, request: HttpRequest) -> HttpResponse:
        """Show a row for each order and parcel that the address names, and send those with a tracking number or a tick."""
        if not self.has_view_permission(request) or not permissions.has_permission(request.user, permissions.SHIP):
            raise PermissionDenied
        order_ids, parcel_ids = (read_ids(request.GET.get(name, "")) for name in ("orders", "parcels"))
        orders = Order.objects.prefetch_related("items", "payments", "shipments__lines__item").in_bulk(order_ids)
        parcels = _fetch_parcels(parcel_ids)
        form = ShipManyForm(
            [orders[pk] for pk in order_ids if pk in orders],
            [parcels[pk] for pk in parcel_ids if pk in parcels],
            request.POST if request.method == "POST" else None,
        )
        back_url = f"{reverse('admin:orders_order_changelist')}?todo=to_pack"
        if not order_ids:
            back_url = f"{reverse('admin:orders_shipment_changelist')}?todo=to_send"
        if request.method == "POST" and form.is_valid():
            sent = form.ship(get_staff_actor(request))
            refused = sum(bool(row.error) for row in form.rows)
            if sent:
                self.message_user(request, f"{sent} sent.", messages.SUCCESS)
            if sent and not refused:
                return redirect(back_url)
            if not sent and not refused:
                form.add_error(None, "Nothing was sent: enter a tracking number or tick a row")
        context = {
            **self.admin_site.each_context(request),
            "form": form,
            "title": "Ship with tracking numbers",
            "opts": self.opts,
            "back_url": back_url,
        }
        return TemplateResponse(request, "admin/orders/shipment/ship.html", context)

    def slip_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the printable packing slip of a parcel."""
        return self._render_slips(request, read_ids(str(pk)))

    def slips_view(self, request: HttpRequest) -> HttpResponse:
        """Show the printable packing slips of the parcels whose ids the address lists, one page each."""
        return self._render_slips(request, read_ids(request.GET.get("ids", "")))

    def _render_slips(self, request: HttpRequest, ids: list[int]) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        parcels = _fetch_parcels(ids)
        if not parcels:
            raise Http404
        context = {
            "slips": [slips.build_parcel_slip(parcels[pk]) for pk in ids if pk in parcels],
            "shop": shop.get_profile(),
            "line": values.get(shop.PACKING_SLIP_LINE),
        }
        return TemplateResponse(request, "admin/orders/order/slip.html", context)


def _fetch_parcels(ids: list[int]) -> dict[int, Shipment]:
    """Return the parcels with these ids, with their orders and lines; four statements."""
    return Shipment.objects.select_related("order").prefetch_related("lines__item").in_bulk(ids)
