"""The states of orders, payments and refunds as staff see them."""

from django.utils.safestring import SafeString

from core.admin import BAD, BUSY, GOOD, PLAIN, WARNING, badge
from orders.models import Order, Refund, StripeEvent

STATUS = {
    Order.Status.PENDING: WARNING,
    Order.Status.PROCESSING: BUSY,
    Order.Status.SHIPPED: BUSY,
    Order.Status.DELIVERED: GOOD,
}
PAYMENT = {"paid": GOOD, "failed": BAD, "processing": BUSY, "unpaid": WARNING, "partially_refunded": WARNING}
REFUND = {Refund.State.SUCCEEDED: GOOD, Refund.State.FAILED: BAD, Refund.State.REQUIRES_ACTION: BAD, Refund.State.CANCELLED: PLAIN}
EVENT = {StripeEvent.Status.DONE: GOOD, StripeEvent.Status.FAILED: BAD, StripeEvent.Status.RECEIVED: WARNING}


def of_status(order: Order) -> SafeString:
    """Return the state of an order."""
    return badge(order.get_status_display(), STATUS.get(Order.Status(order.status), PLAIN))


def of_payment(status: str) -> SafeString:
    """Return what is told about the money of an order."""
    return badge(status.replace("_", " "), PAYMENT.get(status, PLAIN))


def of_attention(order: Order) -> SafeString | str:
    """Return why somebody has to look at an order."""
    return badge(flag_words(order), BAD) if order.attention else "\u2013"


def flag_words(order: Order) -> str:
    """Return the flag that an order shows, in words; empty where it shows none."""
    return order.attention.replace("_", " ")


def of_refund(refund: Refund) -> SafeString:
    """Return the state of a refund."""
    return badge(refund.get_state_display(), REFUND.get(Refund.State(refund.state), BUSY))


def of_event(event: StripeEvent) -> SafeString:
    """Return the state of an event of the provider."""
    return badge(event.get_status_display(), EVENT.get(StripeEvent.Status(event.status), PLAIN))
