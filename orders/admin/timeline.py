"""What happened to an order, in words for people: its events, with notes, payments and refunds among them, and its e-mails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from core import money
from core.countries import get_country_name
from core.models import Job
from orders.admin.contact_forms import get_labels
from orders.fulfilment import phone_confirmation, resending, rest_cancellation
from orders.fulfilment.address_correction import is_contact_only
from orders.fulfilment.parcels import outcomes, packing, progress, sending
from orders.models import Order, OrderEvent
from orders.remittances import recording
from orders.state import alerts, redemptions

TITLES = {
    "placed": "Order placed",
    "paid": "Payment received",
    redemptions.REDEEMED_LATE: "A promotion was used beyond its limit, because the payment came late",
    "late_payment_accepted": "Payment received late, order reopened",
    "payment_processing": "Payment is on its way",
    "payment_failed": "Payment failed",
    "expired": "Not paid in time",
    "cancel_requested": "Cancellation requested",
    "cancelled": "Order cancelled",
    phone_confirmation.CODE_SENT_EVENT: "Code sent to the phone",
    phone_confirmation.CONFIRMED_EVENT: "Phone confirmed",
    "shipped": "Order shipped",
    "delivered": "Order delivered",
    "returned": "Order came back",
    rest_cancellation.CANCELLED_EVENT: "Rest of the order cancelled",
    packing.PACKED_EVENT: "Parcel packed",
    packing.CANCELLED_EVENT: "Parcel cancelled",
    sending.TRACKING_EVENT: "Carrier or tracking number changed",
    "parcel_shipped": "Parcel sent",
    "parcel_delivered": "Parcel delivered",
    "parcel_failed": "Delivery failed",
    "parcel_tried_again": "Carrier tries again",
    "parcel_returning": "Parcel is coming back",
    progress.RECEIVED_EVENT: "Parcel came back",
    progress.DECLARED_LOST_EVENT: "Parcel lost",
    "parcel_counted": "Units that came back counted",
    outcomes.CASH_CORRECTED_EVENT: "Collected cash corrected",
    "claimed": "Added to the buyer’s account",
    "refund_requested": "Refund requested",
    "refund_pending": "Refund is on its way",
    "refund_requires_action": "Refund requires action",
    "refund_succeeded": "Refund made",
    "foreign_refund": "Refund in another currency",
    resending.RESENT_EVENT: "E-mail sent again",
    OrderEvent.NOTE: "Note",
    OrderEvent.MESSAGE: "Message to the buyer",
    OrderEvent.ADDRESS_CORRECTED: "Delivery address corrected",
    alerts.RESOLVED_EVENT: "Alert resolved",
    alerts.PARCEL_RETURNED: "Alert: a paid parcel came back",
    alerts.PARCEL_LOST: "Alert: a paid parcel is lost",
    alerts.COD_SHORT: "Alert: less cash was collected than was due",
    recording.REMITTED_EVENT: "Cash paid by the carrier",
    recording.TAKEN_BACK_EVENT: "Payment of the carrier taken back",
}
ACTORS = {"user": "Buyer", "guest": "Buyer", "customer": "Buyer", "staff": "Staff", "stripe": "Payment provider", "system": "Shop"}
HIDDEN = frozenset({"payment", "refund", "session", "submission"})  # ids, which other tables and the provider's pages show


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the timeline; `text` may have several lines."""

    at: datetime
    title: str
    actor: str = ""
    text: str = ""
    kind: str = "event"


def list_entries(order: Order, emails: Sequence[Job]) -> list[Entry]:
    """Return what happened to an order with these e-mails, newest first; one statement."""
    events = order.events.select_related("user").order_by("-pk")
    entries = [_describe_event(order, event) for event in events]
    entries += [_describe_email(order, job) for job in emails]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _describe_event(order: Order, event: OrderEvent) -> Entry:
    actor = str(event.user) if event.user else ACTORS.get(event.actor_kind, event.actor_kind)
    kind = event.kind if event.kind in OrderEvent.PERSONAL_KINDS else "event"
    return Entry(event.at, _get_title(event), actor, _describe_data(order, event), kind)


def _get_title(event: OrderEvent) -> str:
    if event.kind == OrderEvent.ADDRESS_CORRECTED and event.data and is_contact_only(event.data):
        return "Name or phone corrected"
    if event.kind in TITLES:
        return TITLES[event.kind]
    words = event.kind.replace("_", " ")
    return f"Alert: {words}" if event.kind in alerts.PRIORITY else words.capitalize()


def _describe_data(order: Order, event: OrderEvent) -> str:
    data: dict[str, Any] = event.data
    if event.kind in (OrderEvent.NOTE, OrderEvent.MESSAGE):
        return str(data.get("text", ""))
    if event.kind == OrderEvent.ADDRESS_CORRECTED:
        texts = {name: map(get_country_name, values) if name == "country" else values for name, values in data.items()}
        labels = get_labels(order)
        return "\n".join(f"{labels.get(name, name)}: {before or '–'} → {after or '–'}" for name, (before, after) in texts.items())
    parts = [
        _format_amount(value, order) if name == "amount" and event.kind.startswith("refund_") else _describe_value(name, value)
        for name, value in sorted(data.items(), key=lambda pair: pair[0] != "parcel")  # PostgreSQL orders the keys by length
        if name not in HIDDEN and value not in ("", None)
    ]
    return ", ".join(parts)


def _describe_value(name: str, value: Any) -> str:
    if isinstance(value, list) and len(value) == 2:  # before and after
        text = f"{value[0] or '–'} → {value[1] or '–'}"
    else:
        text = str(value).replace("_", " ") if name == "code" else str(value)
    return text if name in ("reason", "code", "mail") else f"{_label(name).lower()}: {text}"


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _format_amount(value: Any, order: Order) -> str:
    try:
        return money.format_price(Decimal(str(value)), order.currency)
    except InvalidOperation:
        return str(value)


def _describe_email(order: Order, job: Job) -> Entry:
    title = f"E-mail: {resending.get_title(order, job)}"
    if job.done_at:
        return Entry(job.done_at, title, "Shop", f"sent to {order.email}" if order.email else "", "email")
    state = "not sent: every attempt failed" if job.failed_at else "will be sent again" if job.attempts else "will be sent soon"
    return Entry(job.failed_at or job.created_at, title, "Shop", state, "email")
