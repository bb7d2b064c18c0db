"""The table of parcels on the page of an order."""

from dataclasses import dataclass
from typing import Any

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.safestring import SafeString

from core.admin import format_time
from orders.admin import badges, parcel_actions
from orders.admin.parcel_columns import describe_line, render_cash, render_times, render_tracking
from orders.models import Order, Shipment


@dataclass(frozen=True, slots=True)
class ParcelRow:
    """A parcel in the table, with the links to its actions."""

    label: str
    link: str
    state: SafeString
    tracking: SafeString | str
    units: list[str]
    cash: SafeString | str
    times: SafeString | str
    word: str
    actions: list[tuple[str, str]]


def build_rows(user: Any, order: Order) -> list[ParcelRow]:
    """Return the table of an order's parcels; the statements do not grow with their number."""
    prefetch_related_objects([order], "items", "shipments__lines__item", "shipments__events")
    parcels = list(order.shipments.all())
    for shipment in parcels:
        shipment.order = order
    return [_build_row(user, shipment) for shipment in parcels]


def _build_row(user: Any, shipment: Shipment) -> ParcelRow:
    event = max(shipment.events.all(), key=lambda event: (event.at, event.key), default=None)
    actions = [
        (f"{reverse('admin:orders_shipment_action', args=[shipment.pk, name])}?order=1", action.label)
        for name, action in parcel_actions.list_actions(user, shipment)
    ]
    slip = [(reverse("admin:orders_shipment_slip", args=[shipment.pk]), "Packing slip")] * (shipment.state == Shipment.State.PACKED)
    return ParcelRow(
        label=shipment.label,
        link=reverse("admin:orders_shipment_change", args=[shipment.pk]),
        state=badges.parcel_badge(shipment),
        tracking=render_tracking(shipment),
        units=[describe_line(line) for line in shipment.lines.all()],
        cash=render_cash(shipment),
        times=render_times(shipment),
        word=" · ".join((event.text or event.get_code_display(), format_time(event.at))) if event is not None else "",
        actions=[*slip, *actions],
    )
