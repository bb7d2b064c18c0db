"""Orders that are not to be sent: the buyer has their money back, and staff have not decided what follows."""

from collections.abc import Collection

from django.db.models import Exists, F, OuterRef, QuerySet

from orders.models import Dispute, Order, Payment
from orders.state import alerts

TO_SHIP_STATUSES = (Order.Status.PROCESSING, Order.Status.RETURNED)


def suspended(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Restrict orders to those to be shipped (again) whose money all went back without the shop, until staff decide what follows.

    A loss in another currency than the books' counts as all of it: how much is left is unknown.
    """
    return _without_money(orders.filter(status__in=TO_SHIP_STATUSES))


def _without_money(orders: QuerySet[Order]) -> QuerySet[Order]:
    is_alerted = alerts.is_open(alerts.DISPUTE) | alerts.is_open(alerts.EXTERNAL_REFUND)
    unrefunded = Payment.objects.filter(order=OuterRef("pk"), captured_minor__gt=F("refunded_minor"))
    lost = Dispute.objects.filter(payment__order=OuterRef("pk"), status__in=Dispute.LOST_STATUSES)
    has_foreign_loss = Exists(lost.exclude(currency=OuterRef("currency")))
    alerted = orders.filter(is_alerted).exclude(attention="")
    return alerted.filter(~Exists(unrefunded) | has_foreign_loss)


def find_suspended(orders: Collection[Order]) -> set[int]:
    """Return the ids of those of the orders that are suspended; one statement, or none without an alert."""
    alerted = [order.pk for order in orders if order.attention and order.status in TO_SHIP_STATUSES]
    return set(suspended(Order.objects.filter(pk__in=alerted)).values_list("pk", flat=True)) if alerted else set()


def is_suspended(order: Order) -> bool:
    """Return whether nothing more of an order is to be sent, as `suspended` says, also if another part of it was sent."""
    return bool(order.attention) and _without_money(Order.objects.filter(pk=order.pk)).exists()
