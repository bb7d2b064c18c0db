"""Mails about orders, to buyers and to the merchant."""

from collections.abc import Callable
from typing import Any

from django.conf import settings

from core import mail, money
from orders.models import Order
from orders.tokens import order_token

Payload = dict[str, Any]


def send(payload: Payload) -> None:
    """Write and send what a job owes to a buyer; nothing where the order has no address any more."""
    order = Order.objects.prefetch_related("items").get(pk=payload["order"])
    if order.email:
        subject, before, after = WRITERS[payload["kind"]](order, payload)
        lines = [] if payload["kind"] == "refunded" else lines_of(order)  # which would read as if all of it was given back
        link = mail.Link("Look at your order", page_of(order))
        mail.send(order.email, mail.Message(subject, [before, *lines], link, [after] if after else []))


def send_to_merchant(payload: Payload) -> None:
    """Write and send what a job owes to SHOP_EMAIL; nothing where that is not set."""
    if not settings.SHOP_EMAIL:
        return
    order = Order.objects.prefetch_related("items").get(pk=payload["order"])
    if payload["kind"] == "low_stock":
        sku = payload["about"]
        said = (
            f"With order {order.number}, {sku} has reached its low-stock threshold. The stock desk in the admin shows what is left."
        )
        mail.send(settings.SHOP_EMAIL, mail.Message(f"{sku} is running low", [said]))
        return
    if payload["kind"] == "attention":
        subject = f"Order {order.number} needs attention: {payload['about']}"
        before = f"Order {order.number} is marked {payload['about']}. The page on payments of the shop's manual says what to do."
    else:
        subject, before = f"New order {order.number}", f"{order.name or 'Somebody'} has ordered."
    mail.send(settings.SHOP_EMAIL, mail.Message(subject, [before, *lines_of(order)]))


def lines_of(order: Order) -> list[str]:
    """Return what was ordered and what it costs, line by line."""
    lines = [f"{item.quantity} × {item.name}: {_text(item.line_total, order)}" for item in order.items.all()]
    if order.shipping_total:
        lines.append(f"Shipping: {_text(order.shipping_total, order)}")
    total = f"Total: {_text(order.total, order)}"
    return [*lines, f"{total} (including {_text(order.tax_total, order)} tax)" if order.tax_total else total]


def page_of(order: Order) -> str:
    """Return the address of the order's page in the shop front; a guest's token stands in the fragment, which no server is sent."""
    url = f"{settings.FRONTEND_URL}/orders/{order.number}"
    return url if order.user_id is not None else f"{url}#token={order_token(order.number)}"


def _text(amount: Any, order: Order) -> str:
    return f"{money.text(amount, order.currency)} {order.currency}"


def _placed(order: Order, payload: Payload) -> tuple[str, str, str]:
    return f"Your order {order.number}", f"Thank you for your order {order.number}.", "You pay on delivery."


def _paid(order: Order, payload: Payload) -> tuple[str, str, str]:
    return f"Your order {order.number}", f"Thank you: your order {order.number} is paid.", "We send it as soon as it is packed."


def _payment_failed(order: Order, payload: Payload) -> tuple[str, str, str]:
    before = f"The payment of your order {order.number} did not come through, and the order has ended. Nothing was charged."
    return f"Your order {order.number} was not paid", before, "What you chose is still in your cart."


def _shipped(order: Order, payload: Payload) -> tuple[str, str, str]:
    return f"Your order {order.number} is on its way", f"We have sent your order {order.number}.", ""


def _cancelled(order: Order, payload: Payload) -> tuple[str, str, str]:
    after = "What you paid goes back to you; another mail says when." if payload.get("is_refunded") else ""
    return f"Your order {order.number} is cancelled", f"Your order {order.number} was cancelled.", after


def _refunded(order: Order, payload: Payload) -> tuple[str, str, str]:
    before = f"We have given back {payload['amount']} {order.currency} of your order {order.number}."
    if order.status in (Order.Status.CANCELLED, Order.Status.EXPIRED):
        before += " The order has ended and will not be sent."
    is_cash = order.payment_method == Order.Method.COD
    return f"Money back for your order {order.number}", before, "" if is_cash else "It takes some days until your bank shows it."


WRITERS: dict[str, Callable[[Order, Payload], tuple[str, str, str]]] = {
    "placed": _placed,
    "paid": _paid,
    "payment_failed": _payment_failed,
    "shipped": _shipped,
    "cancelled": _cancelled,
    "refunded": _refunded,
}
