"""Badges for the states of orders, payments, refunds and events in the admin."""

from django.utils.safestring import SafeString

from core.admin import DANGER, INFO, NEUTRAL, SUCCESS, WARNING, render_badge
from orders.models import Order, Refund, Shipment, StripeEvent, TrackingEvent

STATUS_KINDS = {
    Order.Status.PENDING: WARNING,
    Order.Status.PROCESSING: INFO,
    Order.Status.SHIPPED: INFO,
    Order.Status.DELIVERED: SUCCESS,
    Order.Status.RETURNED: WARNING,
}
PARCEL_KINDS = {
    Shipment.State.PACKED: WARNING,
    Shipment.State.SHIPPED: INFO,
    Shipment.State.DELIVERED: SUCCESS,
    Shipment.State.FAILED: DANGER,
    Shipment.State.RETURNING: WARNING,
    Shipment.State.LOST: DANGER,
}
PAYMENT_KINDS = {"paid": SUCCESS, "failed": DANGER, "processing": INFO, "unpaid": WARNING, "partially_refunded": WARNING}
REFUND_KINDS = {
    Refund.State.SUCCEEDED: SUCCESS,
    Refund.State.FAILED: DANGER,
    Refund.State.REQUIRES_ACTION: DANGER,
    Refund.State.CANCELLED: NEUTRAL,
}
EVENT_KINDS = {StripeEvent.Status.DONE: SUCCESS, StripeEvent.Status.FAILED: DANGER, StripeEvent.Status.RECEIVED: WARNING}


def order_badge(order: Order) -> SafeString:
    """Return a badge with the status of an order."""
    return render_badge(order.get_status_display(), STATUS_KINDS.get(Order.Status(order.status), NEUTRAL))


def phone_badge(order: Order) -> SafeString | str:
    """Return a badge if the phone of an order has to be confirmed before it is packed; otherwise nothing."""
    return render_badge("phone to confirm", WARNING) if order.awaits_phone else ""


def payment_badge(status: str) -> SafeString:
    """Return a badge with the payment status of an order."""
    return render_badge(status.replace("_", " "), PAYMENT_KINDS.get(status, NEUTRAL))


def alert_badge(order: Order) -> SafeString | str:
    """Return a badge with the alert of an order, or a dash."""
    return render_badge(alert_label(order), DANGER) if order.attention else "\u2013"


def alert_label(order: Order) -> str:
    """Return the text of an order's alert; empty without one."""
    return order.attention.replace("_", " ")


def refund_badge(refund: Refund) -> SafeString:
    """Return a badge with the state of a refund."""
    return render_badge(refund.get_state_display(), REFUND_KINDS.get(Refund.State(refund.state), INFO))


def parcel_badge(shipment: Shipment) -> SafeString:
    """Return a badge with the state of a parcel."""
    return render_badge(shipment.get_state_display(), PARCEL_KINDS.get(Shipment.State(shipment.state), NEUTRAL))


def describe_carrier_status(shipment: Shipment) -> str:
    """Return the newest word of a parcel's carrier; empty if there is none, or it adds nothing to the state."""
    code = shipment.carrier_status
    is_same = code == shipment.state or (code, shipment.state) == (TrackingEvent.Code.IN_TRANSIT, Shipment.State.SHIPPED)
    if is_same or code not in TrackingEvent.Code.values:
        return ""
    return TrackingEvent.Code(code).label.lower()


def event_badge(event: StripeEvent) -> SafeString:
    """Return a badge with the status of a provider event."""
    return render_badge(event.get_status_display(), EVENT_KINDS.get(StripeEvent.Status(event.status), NEUTRAL))
