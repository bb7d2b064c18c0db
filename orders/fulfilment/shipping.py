"""Shipping and delivering orders."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.models import Dispute, Order, Payment
from orders.state import alerts, notifications, payment_states, transitions
from orders.state.locking import lock_order, lock_payments_of_order

UNCONFIRMED = "The phone number is not confirmed yet. Confirm it if you have reached the buyer"


def has_units_to_ship(order: Order) -> bool:
    """Return whether the order has units to ship that are not refunded."""
    return order.status == Order.Status.PROCESSING and any(item.quantity > item.refunded_quantity for item in order.items.all())


def suspended(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Restrict orders to those to be shipped whose money all went back without the shop, while staff have not decided what follows.

    A loss in another currency than the books' counts as all of it: how much is left is unknown.
    """
    is_alerted = alerts.is_open(alerts.DISPUTE) | alerts.is_open(alerts.EXTERNAL_REFUND)
    unrefunded = Payment.objects.filter(order=OuterRef("pk"), captured_minor__gt=F("refunded_minor"))
    lost = Dispute.objects.filter(payment__order=OuterRef("pk"), status__in=Dispute.LOST_STATUSES)
    has_foreign_loss = Exists(lost.exclude(currency=OuterRef("currency")))
    alerted = orders.filter(is_alerted, status=Order.Status.PROCESSING).exclude(attention="")
    return alerted.filter(~Exists(unrefunded) | has_foreign_loss)


def find_suspended(orders: Collection[Order]) -> set[int]:
    """Return the ids of those of the orders that are suspended; one statement, or none without an alert."""
    alerted = [order.pk for order in orders if order.attention and order.status == Order.Status.PROCESSING]
    return set(suspended(Order.objects.filter(pk__in=alerted)).values_list("pk", flat=True)) if alerted else set()


def is_suspended(order: Order) -> bool:
    """Return whether an order is suspended, as `suspended` says."""
    return bool(find_suspended([order]))


@transaction.atomic
def ship_order(actor: Actor, order_id: int) -> Order:
    """Mark an order as shipped, and email the customer.

    Raises OrderNotFound; InvalidTransition, also if its phone is not confirmed, all units are refunded, or it is suspended.
    """
    order = lock_order(order_id)
    transitions.check_transition(order, Order.Status.SHIPPED)
    if order.awaits_phone:
        raise InvalidTransition(UNCONFIRMED)
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
