"""Shipping and delivering orders."""

from django.db import transaction
from django.utils import timezone

from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.models import Dispute, Order, Payment
from orders.state import alerts, notifications, payment_states, transitions
from orders.state.locking import lock_order, lock_payments_of_order


def has_units_to_ship(order: Order) -> bool:
    """Return whether the order has units to ship that are not refunded."""
    return order.status == Order.Status.PROCESSING and any(item.quantity > item.refunded_quantity for item in order.items.all())


def is_suspended(order: Order) -> bool:
    """Return whether all money of an order to be shipped went back without the shop, and staff have not decided what follows.

    A loss in another currency than the books' counts as all of it: how much is left is unknown.
    """
    if order.status != Order.Status.PROCESSING or alerts.open_alerts(order).isdisjoint((alerts.DISPUTE, alerts.EXTERNAL_REFUND)):
        return False
    if not any(payment.has_unrefunded_money for payment in order.payments.all()):
        return True
    lost = Dispute.objects.filter(payment__order=order, status__in=Dispute.LOST_STATUSES)
    return lost.exclude(currency=order.currency).exists()


@transaction.atomic
def ship_order(actor: Actor, order_id: int) -> Order:
    """Mark an order as shipped, and email the customer.

    Raises OrderNotFound; InvalidTransition, also if all units are refunded, or if the order is suspended.
    """
    order = lock_order(order_id)
    transitions.check_transition(order, Order.Status.SHIPPED)
    if not has_units_to_ship(order):
        raise InvalidTransition("There is nothing to ship: all units are refunded")
    if is_suspended(order):
        raise InvalidTransition("The buyer has their money back. Cancel the order, or resolve its alert to ship it all the same")
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
