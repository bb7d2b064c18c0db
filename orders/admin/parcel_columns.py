"""What the admin shows of parcels: the columns of their list, and the table of them on the page of an order."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import money
from core.admin import format_date, format_time
from orders import minor_units
from orders.admin import badges
from orders.admin.columns import DASH, get_buyer, stack
from orders.carriers import links
from orders.models import Order, Shipment, ShipmentLine
from orders.payments import cash
from orders.state.parcel_units import OrderParcels

State = Shipment.State


def format_cash(shipment: Shipment, amount_minor: int) -> str:
    """Return an amount of a parcel's cash for people."""
    currency = shipment.order.currency
    return money.format_price(minor_units.to_major(amount_minor, Order.Method.COD, currency), currency)


def format_next_cash(parcels: OrderParcels) -> str:
    """Return what a parcel with all units that are left would have to collect; empty if it collects nothing."""
    amount = cash.compute_next_due(parcels)
    currency = parcels.order.currency
    return money.format_price(minor_units.to_major(amount, Order.Method.COD, currency), currency) if amount else ""


def render_state(shipment: Shipment) -> SafeString:
    """Return the state of a parcel, and the word of its carrier if that differs."""
    word = badges.describe_carrier_status(shipment)
    return stack(badges.parcel_badge(shipment), f"carrier says: {word}" if word else "")


def get_carrier(shipment: Shipment) -> str:
    """Return the name of a parcel's carrier, or an empty string."""
    return links.get_carrier_name(shipment.carrier) if shipment.carrier else ""


def link_number(shipment: Shipment) -> SafeString | str:
    """Return the tracking number of a parcel, with a link to the page of the carrier if that is known."""
    number = shipment.tracking_number
    url = links.get_tracking_url(shipment.carrier, number) if number else None
    return format_html('<a class="text-link" href="{}" target="_blank" rel="noopener">{}</a>', url, number) if url else number


def render_tracking(shipment: Shipment) -> SafeString | str:
    """Return the carrier and the tracking number of a parcel, or a dash."""
    name, number = get_carrier(shipment), link_number(shipment)
    return stack(name or number, number if name else "") if name or number else DASH


def describe_line(line: ShipmentLine) -> str:
    """Return the units of a line of a parcel, and how many of them did not reach the buyer."""
    text = f"{line.quantity} × {line.item.name}"
    partial = line.undelivered_quantity if line.undelivered_quantity < line.quantity else 0
    return f"{text} ({partial} refused)" if partial else text


def describe_cash(shipment: Shipment) -> list[str]:
    """Return what a parcel has to collect, and has collected; nothing if it is not paid on delivery."""
    if shipment.state != State.DELIVERED:
        return [f"{format_cash(shipment, shipment.cod_due_minor)} due"] if shipment.cod_due_minor else []
    if not shipment.cod_due_minor:
        return []
    short = shipment.short_at_door_minor
    parts = [f"{format_cash(shipment, shipment.cod_collected_minor)} collected"]
    return [*parts, f"{format_cash(shipment, short)} short"] if short else parts


def render_cash(shipment: Shipment) -> SafeString | str:
    """Return the cash of a parcel, or a dash."""
    parts = describe_cash(shipment)
    return stack(*parts) if parts else DASH


def render_times(shipment: Shipment) -> SafeString | str:
    """Return when a parcel got its state, and when it was sent."""
    sent, own = shipment.shipped_at, getattr(shipment, f"{shipment.state}_at")
    if own is None:
        return DASH
    return stack(format_time(own), f"sent {format_date(sent)}" if sent and shipment.state != State.SHIPPED else "")


class ParcelColumns:
    """The columns of the list of parcels; orders, lines and items are fetched with them."""

    @admin.display(description="Parcel", ordering="order")
    def parcel_column(self, shipment: Shipment) -> SafeString:
        return stack(shipment.label, shipment.order.get_payment_method_display())

    @admin.display(description="Buyer")
    def buyer_column(self, shipment: Shipment) -> SafeString:
        order = shipment.order
        return stack(get_buyer(order), ", ".join(filter(None, (order.address.get("city", ""), order.phone))))

    @admin.display(description="State")
    def state_column(self, shipment: Shipment) -> SafeString:
        return render_state(shipment)

    @admin.display(description="Tracking")
    def tracking_column(self, shipment: Shipment) -> SafeString | str:
        return render_tracking(shipment)

    @admin.display(description="Units")
    def units_column(self, shipment: Shipment) -> SafeString:
        """Show the first line, and the number of the others."""
        lines = [describe_line(line) for line in shipment.lines.all()]
        return stack(lines[0] if lines else DASH, f"+{len(lines) - 1} more" if len(lines) > 1 else "")

    @admin.display(description="Cash")
    def cash_column(self, shipment: Shipment) -> SafeString | str:
        return render_cash(shipment)

    @admin.display(description="Since")
    def since_column(self, shipment: Shipment) -> SafeString | str:
        return render_times(shipment)
