"""Sending orders, and handing them over."""

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.models import Order, Payment
from orders.state import notifications, transitions
from orders.state.locking import locked, locked_payments


def is_to_send(order: Order) -> bool:
    """Say whether anything of the order is to be sent that has not been given back."""
    return order.status == Order.Status.PROCESSING and any(item.quantity > item.refunded_quantity for item in order.items.all())


@transaction.atomic
def ship(actor: Actor, order_id: int) -> Order:
    """Note that an order was sent, and owe the buyer a mail. Raises OrderNotFound, InvalidTransition: also if nothing is left."""
    order = locked(order_id)
    transitions.check(order, Order.Status.SHIPPED)
    if not is_to_send(order):
        raise InvalidTransition("Nothing is to be sent: all of it was given back")
    transitions.move(order, Order.Status.SHIPPED, "shipped", actor)
    notifications.tell(order, "shipped")
    return order


@transaction.atomic
def deliver(actor: Actor, order_id: int) -> Order:
    """Note that an order was handed over; one to be paid on delivery is paid by that. Raises OrderNotFound, InvalidTransition."""
    order = locked(order_id)
    payments = locked_payments(order)
    for payment in payments:
        if payment.provider == Order.Method.COD and payment.state == Payment.State.CREATED:
            payment.state, payment.captured_minor = Payment.State.SUCCEEDED, payment.amount_minor
            payment.save(update_fields=["state", "captured_minor", "updated_at"])
            order.paid_at = timezone.now()
    transitions.move(order, Order.Status.DELIVERED, "delivered", actor)
    return order
