"""The columns of the list of orders. Two facts that are read together share a column, so that the list fits 1280 pixels."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import money
from core.admin import format_time
from orders import selectors
from orders.admin import badges
from orders.models import Order
from pricing.delivery.texts import describe_dates

DASH = "–"


def format_total(order: Order) -> str:
    """Return the total of an order for people."""
    return money.format_price(order.total, order.currency)


def describe_shipping(order: Order) -> str:
    """Return the shipping method and when the order should arrive; empty for an order from before there were methods."""
    dates = describe_dates(order.delivery_earliest, order.delivery_latest)
    return ", ".join(filter(None, (order.shipping_name, dates)))


def get_payment_badge(order: Order) -> SafeString:
    """Return a badge with the payment status of an order whose payments are prefetched."""
    return badges.payment_badge(selectors.payment_status(order, list(order.payments.all())))


def get_buyer(order: Order) -> str:
    """Return what is known of the buyer: their name, or how to reach them."""
    return order.name or order.email or order.phone or str(order.user or DASH)


class OrderColumns:
    """The columns of the list of orders; lines and payments are prefetched."""

    @admin.display(description="Order", ordering="placed_at")
    def order_column(self, order: Order) -> SafeString:
        return stack(order.number, format_time(order.placed_at))

    @admin.display(description="Buyer", ordering="name")
    def buyer_column(self, order: Order) -> SafeString:
        return stack(get_buyer(order), order.phone)

    @admin.display(description="City")
    def city_column(self, order: Order) -> SafeString:
        return stack(order.address.get("city") or DASH, f"Market: {order.market}")

    @admin.display(description="Items")
    def items_column(self, order: Order) -> SafeString:
        """Show the first line, and the number of the others."""
        lines = [f"{item.quantity} × {item.name}" for item in order.items.all()]
        return stack(lines[0] if lines else DASH, f"+{len(lines) - 1} more" if len(lines) > 1 else "")

    @admin.display(description="Total", ordering="total")
    def total_column(self, order: Order) -> str:
        return format_total(order)

    @admin.display(description="Status", ordering="status")
    def status_column(self, order: Order) -> SafeString:
        return stack(badges.order_badge(order), badges.alert_badge(order) if order.attention else badges.phone_badge(order))

    @admin.display(description="Payment", ordering="payment_method")
    def payment_column(self, order: Order) -> SafeString:
        return stack(get_payment_badge(order), order.get_payment_method_display())


def stack(first: str, second: str = "") -> SafeString:
    """Return one line, or two with the second less prominent."""
    below = format_html('<span class="shop-below">{}</span>', second) if second else ""
    return format_html('<span class="shop-stack"><span>{}</span>{}</span>', first, below)
