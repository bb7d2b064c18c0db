"""Shipping and delivering orders."""

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.models import Order, Payment
from orders.state import notifications, payment_states, transitions
from orders.state.locking import lock_order, lock_payments_of_order


def has_units_to_ship(order: Order) -> bool:
    """Return whether the order has units to ship that are not refunded."""
    return order.status == Order.Status.PROCESSING and any(item.quantity > item.refunded_quantity for item in order.items.all())


@transaction.atomic
def ship_order(actor: Actor, order_id: int) -> Order:
    """Mark an order as shipped, and email the customer. Raises OrderNotFound; InvalidTransition, also if all units are refunded."""
    order = lock_order(order_id)
    transitions.check_transition(order, Order.Status.SHIPPED)
    if not has_units_to_ship(order):
        raise InvalidTransition("There is nothing to ship: all units are refunded")
    transitions.move(order, Order.Status.SHIPPED, "shipped", actor)
    notifications.notify_customer(order, "shipped")
    return order


@transaction.atomic
def deliver_order(actor: Actor, order_id: int) -> Order:
    """Mark an order as delivered, and capture its Cash on Delivery payment. Raises OrderNotFound, InvalidTransition."""
    order = lock_order(order_id)
    for payment in lock_payments_of_order(order):
        if payment.provider == Order.Method.COD and payment.state == Payment.State.CREATED:
            payment_states.capture(payment, payment.amount_minor)
            order.paid_at = timezone.now()
    transitions.move(order, Order.Status.DELIVERED, "delivered", actor)
    return order
