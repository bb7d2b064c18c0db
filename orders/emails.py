"""E-mails about orders, to customers and to the merchant."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.conf import settings

from core import mail, money
from orders.models import Order
from orders.tokens import order_token

Payload = dict[str, Any]


def send_to_customer(payload: Payload) -> None:
    """Send the customer the e-mail of a job; do nothing if the order no longer has an e-mail address."""
    order = Order.objects.prefetch_related("items").get(pk=payload["order"])
    if order.email:
        subject, intro, closing = MESSAGE_BUILDERS[payload["kind"]](order, payload)
        lines = [] if payload["kind"] == "refunded" else order_lines(order)  # the lines would suggest a full refund
        link = mail.Link("View your order", order_page_url(order))
        mail.send(order.email, mail.Message(subject, [intro, *lines], link, [closing] if closing else []))


def send_to_merchant(payload: Payload) -> None:
    """Send SHOP_EMAIL the e-mail of a job; do nothing if that setting is empty."""
    if not settings.SHOP_EMAIL:
        return
    order = Order.objects.prefetch_related("items").get(pk=payload["order"])
    if payload["kind"] == "low_stock":
        sku = payload["about"]
        text = (
            f"With order {order.number}, {sku} reached its low-stock threshold. The stock page of the admin shows the units left."
        )
        mail.send(settings.SHOP_EMAIL, mail.Message(f"{sku} is running low", [text]))
        return
    if payload["kind"] == "attention":
        subject = f"Order {order.number} needs attention: {payload['about']}"
        intro = f"Order {order.number} has the alert {payload['about']}. The payments page of the manual explains what to do."
        intro += f" Advice: {payload['advice']}." if payload.get("advice") else ""
    else:
        subject, intro = f"New order {order.number}", f"{order.name or 'A customer'} has placed an order."
    mail.send(settings.SHOP_EMAIL, mail.Message(subject, [intro, *order_lines(order)]))


def order_lines(order: Order) -> list[str]:
    """Return the order lines, shipping and total as text."""
    lines = [f"{item.quantity} × {item.name}: {_format_amount(item.line_total, order)}" for item in order.items.all()]
    if order.shipping_total:
        lines.append(f"Shipping: {_format_amount(order.shipping_total, order)}")
    total = f"Total: {_format_amount(order.total, order)}"
    return [*lines, f"{total} (including {_format_amount(order.tax_total, order)} tax)" if order.tax_total else total]


def order_page_url(order: Order) -> str:
    """Return the URL of the order's page in the storefront. A guest's token is in the fragment, which is not sent to servers."""
    url = f"{settings.FRONTEND_URL}/orders/{order.number}"
    return url if order.user_id is not None else f"{url}#token={order_token(order.number)}"


def _format_amount(amount: Any, order: Order) -> str:
    return money.format_price(amount, order.currency)


def _placed(order: Order, payload: Payload) -> tuple[str, str, str]:
    return f"Your order {order.number}", f"Thank you for your order {order.number}.", "You will pay on delivery."


def _paid(order: Order, payload: Payload) -> tuple[str, str, str]:
    return (
        f"Your order {order.number}",
        f"Thank you. Your order {order.number} is paid.",
        "We will ship it as soon as it is packed.",
    )


def _payment_failed(order: Order, payload: Payload) -> tuple[str, str, str]:
    intro = f"The payment for your order {order.number} did not go through, so the order was closed. Nothing was charged."
    return f"Your order {order.number} was not paid", intro, "Your items are still in your cart."


def _shipped(order: Order, payload: Payload) -> tuple[str, str, str]:
    return f"Your order {order.number} is on its way", f"We have shipped your order {order.number}.", ""


def _cancelled(order: Order, payload: Payload) -> tuple[str, str, str]:
    closing = "You will be refunded. We will send you another e-mail when the refund is made." if payload.get("is_refunded") else ""
    return f"Your order {order.number} was cancelled", f"Your order {order.number} was cancelled.", closing


def _refunded(order: Order, payload: Payload) -> tuple[str, str, str]:
    intro = f"We have refunded {_format_amount(Decimal(payload['amount']), order)} of your order {order.number}."
    if order.status in (Order.Status.CANCELLED, Order.Status.EXPIRED):
        intro += " The order is closed and will not be shipped."
    is_cash = order.payment_method == Order.Method.COD
    return (
        f"Refund for your order {order.number}",
        intro,
        "" if is_cash else "It may take a few days to appear on your bank statement.",
    )


MESSAGE_BUILDERS: dict[str, Callable[[Order, Payload], tuple[str, str, str]]] = {
    "placed": _placed,
    "paid": _paid,
    "payment_failed": _payment_failed,
    "shipped": _shipped,
    "cancelled": _cancelled,
    "refunded": _refunded,
}
