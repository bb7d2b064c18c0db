"""The mails that orders owe."""

from typing import Any

from django.conf import settings
from django.core.mail import send_mail

from orders.models import Order
from store.core import money, outbox


@outbox.job("order_placed")
def mail_order_placed(payload: dict[str, Any]) -> None:
    """Confirm an order to its buyer, where he gave an address."""
    order = Order.objects.prefetch_related("items").get(pk=payload["order"])
    if not order.email:
        return
    lines = [
        f"{item.quantity} x {item.name}  {money.text(item.line_total, order.currency)} {order.currency}"
        for item in order.items.all()
    ]
    total = f"Total: {money.text(order.total, order.currency)} {order.currency}"
    body = "\n".join(
        (f"Thank you for your order {order.number}.", "", *lines, "", total, "You pay on delivery.", "", settings.SHOP_NAME)
    )
    send_mail(f"Your order {order.number}", body, settings.DEFAULT_FROM_EMAIL, [order.email])
