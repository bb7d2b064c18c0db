"""Sends the e-mails about orders, to customers and to the merchant; `orders/mail_texts.py` has their texts."""

import re
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from core import mail, money
from core.mail_texts import messages
from orders import parcel_emails, selectors
from orders.mail_texts import BUYER_CONFIRMS_NOTE, CALL_NOTE, CLOSED_ORDER_NOTE, CODE_NOTE, STAFF_CONFIRM_NOTE
from orders.models import Order, OrderAdjustment, OrderItem, Shipment
from orders.tokens import order_token
from pricing.delivery.texts import describe_dates

Payload = dict[str, Any]
CONFIRMATIONS = ("placed", "paid")
LINK = re.compile(r"[/@]|\w\.\w\w")


def send_to_customer(payload: Payload) -> None:
    """Send the customer the e-mail of a job; do nothing if the order no longer has an e-mail address, or it is outdated."""
    order = Order.objects.prefetch_related("items").get(pk=payload["order"])
    if not order.email or is_outdated(order, payload):
        return
    filling = {"number": order.number, "name": get_greeting_name(order)}
    kind = payload["kind"]
    if kind == "refunded":
        filling |= {
            "amount": _format_amount(Decimal(payload["amount"]), order),
            "closed_note": CLOSED_ORDER_NOTE if order.status in Order.CLOSED_STATUSES else "",
        }
    elif kind == "message":
        filling["text"] = order.events.get(pk=payload["event"]).data["text"]
    elif kind == "confirm_phone":
        filling |= {"confirm_note": CODE_NOTE if settings.SMS_BACKEND else CALL_NOTE, "deadline": _format_deadline(order)}
    shipment = parcel_emails.get_parcel(order, payload)
    if kind == "shipped":
        filling |= parcel_emails.get_notes(order, shipment)
    messages.send(
        get_mail_kind(order, payload),
        order.email,
        filling,
        details=_list_details(order, payload, shipment),
        link=mail.Link("View your order", order_page_url(order)),
    )


def is_outdated(order: Order, payload: Payload) -> bool:
    """Return whether an e-mail no longer holds: the phone does not have to be confirmed, or the parcel is not on its way."""
    if payload["kind"] == "delivery_failed":
        shipment = parcel_emails.get_parcel(order, payload)
        return shipment is None or not shipment.is_under_way
    return payload["kind"] in ("confirm_phone", "phone_to_confirm") and not order.awaits_phone


def _format_deadline(order: Order) -> str:
    """Return by when the phone of an order that waits for it has to be confirmed, in the shop's time zone, which is named."""
    local = timezone.localtime(order.phone_confirm_until, timezone.get_default_timezone())
    return f"{date_format(local, 'DATETIME_FORMAT')} {local:%Z}"


def _list_details(order: Order, payload: Payload, shipment: Shipment | None) -> list[str]:
    """Return the paragraphs after the intro. The lines of an order would suggest a full refund, or that all of it is meant."""
    kind = payload["kind"]
    if kind == "address_corrected":
        return ["\n".join([*order.recipient_lines, *filter(None, [order.phone])])]
    if kind in ("refunded", "message"):
        return []
    if kind == "rest_cancelled":
        return parcel_emails.describe_units(order, payload.get("units", {}))
    if shipment is not None and (kind != "shipped" or payload.get("is_part")):
        return parcel_emails.describe_parcel(order, shipment)
    tracking = parcel_emails.describe_tracking(shipment) if shipment is not None else []
    return [*tracking, *order_lines(order), *(list_delivery(order) if kind in CONFIRMATIONS else [])]


def get_greeting_name(order: Order) -> str:
    """Return the name of the buyer, or "customer".

    Anyone can order with another person's address. A name that looks like a link would use the shop's e-mails for it.
    """
    return order.name if order.name and not LINK.search(order.name) else "customer"


def get_mail_kind(order: Order, payload: Payload) -> str:
    """Return the kind of the e-mail: what was paid, sent or corrected decides between two texts."""
    kind: str = payload["kind"]
    if kind in ("cancelled", "rest_cancelled") and payload.get("is_refunded"):
        kind = f"{kind}_paid"
    elif kind == "shipped" and payload.get("is_part"):
        kind = "shipped_part"
    elif kind == "refunded" and order.payment_method == Order.Method.COD:
        kind = "refunded_cash"
    elif kind == "address_corrected" and payload.get("is_contact_only"):
        kind = "contact_corrected"
    return f"order_{kind}"


def send_to_merchant(payload: Payload) -> None:
    """Send SHOP_EMAIL the e-mail of a job; do nothing if that setting is empty, or the e-mail is outdated."""
    if not settings.SHOP_EMAIL:
        return
    order = Order.objects.prefetch_related("items").get(pk=payload["order"])
    kind = payload["kind"]
    if is_outdated(order, payload):
        return
    filling = {"number": order.number}
    if kind == "low_stock":
        filling["sku"] = payload["about"]
    elif kind == "attention":
        advice = payload.get("advice")
        filling |= {"alert": payload["about"], "advice_note": f"Advice: {advice}." if advice else ""}
    elif kind == "phone_to_confirm":
        note = BUYER_CONFIRMS_NOTE if settings.SMS_BACKEND else STAFF_CONFIRM_NOTE
        filling |= {"name": order.name or "A customer", "staff_note": note, "deadline": _format_deadline(order)}
    else:
        filling["name"] = order.name or "A customer"
    details = [] if kind == "low_stock" else order_lines(order)
    details += list_delivery(order) if kind == "new_order" else []
    messages.send(f"merchant_{kind}", settings.SHOP_EMAIL, filling, details=details)


def order_lines(order: Order) -> list[str]:
    """Return the order lines, discounts, shipping, fees and total as text."""
    rows = list(order.adjustments.all()) if selectors.has_shown_adjustments(order) else []
    lines = [_describe_item(item, order) for item in order.items.all()]
    lines += [_describe_discount(row, order) for row in rows if row.kind == OrderAdjustment.Kind.DISCOUNT]
    if order.shipping_total:
        lines.append(f"Shipping: {_format_amount(order.shipping_total, order)}")
    lines += [f"{row.label}: {_format_amount(row.amount, order)}" for row in rows if row.kind == OrderAdjustment.Kind.FEE]
    total = f"Total: {_format_amount(order.total, order)}"
    if not order.tax_total:
        return [*lines, total]
    tax = _format_amount(order.tax_total, order)
    return [*lines, f"{total} (including {tax} tax)"] if order.prices_include_tax else [*lines, f"Tax: {tax}", total]


def list_delivery(order: Order) -> list[str]:
    """Return a paragraph about shipping method and days of arrival; none for the default method without days."""
    parts = (order.chosen_shipping_name, describe_dates(order.delivery_earliest, order.delivery_latest))
    text = ", ".join(filter(None, parts))
    return [f"Delivery: {text}"] if text else []


def _describe_item(item: OrderItem, order: Order) -> str:
    net = f", {_format_amount(item.net_total, order)} after discounts" if item.discount_total else ""
    return f"{item.quantity} × {item.name}: {_format_amount(item.line_total, order)}{net}"


def _describe_discount(row: OrderAdjustment, order: Order) -> str:
    code = f" ({row.code})" if row.code else ""
    return f"{row.label}{code}: {_format_amount(-row.amount, order)}"


def order_page_url(order: Order) -> str:
    """Return the URL of the order's page in the storefront. A guest's token is in the fragment, which is not sent to servers."""
    url = f"{settings.FRONTEND_URL}/orders/{order.number}"
    return url if order.user_id is not None else f"{url}#token={order_token(order.number)}"


def _format_amount(amount: Any, order: Order) -> str:
    return money.format_price(amount, order.currency)
