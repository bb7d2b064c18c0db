"""What e-mails say about a parcel: its units, its carrier, and the cash to pay at the door."""

from collections.abc import Mapping
from typing import Any

from core import money
from orders import minor_units
from orders.carriers import links
from orders.mail_texts import REST_FOLLOWS_NOTE
from orders.models import Order, Shipment


def get_parcel(order: Order, payload: Mapping[str, Any]) -> Shipment | None:
    """Return the parcel that an e-mail is about; None if it is about the order, or was enqueued before there were parcels."""
    if "parcel" not in payload:
        return None
    return order.shipments.prefetch_related("lines").filter(number=payload["parcel"]).first()


def get_notes(order: Order, shipment: Shipment | None) -> dict[str, str]:
    """Return the placeholders of an e-mail about a parcel that was sent."""
    cash = ""
    if shipment is not None and shipment.cod_due_minor and shipment.is_under_way:
        amount = minor_units.to_major(shipment.cod_due_minor, order.payment_method, order.currency)
        cash = f"Please have {money.format_price(amount, order.currency)} ready when it arrives."
    return {"cash_note": cash, "rest_note": REST_FOLLOWS_NOTE if order.status == Order.Status.PROCESSING else ""}


def describe_parcel(order: Order, shipment: Shipment) -> list[str]:
    """Return the units of a parcel and its carrier as paragraphs."""
    units = {str(line.item_id): line.quantity for line in shipment.lines.all()}
    return [*describe_units(order, units), *describe_tracking(shipment)]


def describe_units(order: Order, units: Mapping[str, int]) -> list[str]:
    """Return a paragraph for these units of an order, by the id of the order item."""
    lines = [f"{units[str(item.pk)]} × {item.name}" for item in order.items.all() if str(item.pk) in units]
    return ["\n".join(lines)] if lines else []


def describe_tracking(shipment: Shipment) -> list[str]:
    """Return a paragraph about carrier and tracking number of a parcel; none if neither is known."""
    url = links.get_tracking_url(shipment.carrier, shipment.tracking_number)
    lines = [
        f"Carrier: {links.get_carrier_name(shipment.carrier)}" if shipment.carrier else "",
        f"Tracking number: {shipment.tracking_number}" if shipment.tracking_number else "",
        f"Follow it at {url}" if url else "",
    ]
    text = "\n".join(filter(None, lines))
    return [text] if text else []
