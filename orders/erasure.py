"""What is personal in the orders of somebody who has closed his account."""

from datetime import datetime

from django.db.models import Q

from orders.models import Order

FINISHED = (Order.Status.DELIVERED, Order.Status.CANCELLED, Order.Status.EXPIRED)
NOT_PERSONAL = Q(name="", email="", phone="", note="", address={})


def erase_user(user_id: int, at: datetime) -> None:
    """Mark the user's orders, and take what is personal out of those that are finished.

    One that is still to be delivered or paid keeps its address until it has been (GDPR, Article 17(3)(b) and 6(1)(b)); then
    `erase_finished` takes that out too.
    """
    Order.objects.filter(user=user_id).update(erased_at=at, idempotency_scope="", idempotency_key="", request_hash="")
    _erase(Q(user=user_id))


def erase_finished() -> int:
    """Take what is personal out of orders whose buyer has closed his account and that have been finished since."""
    return _erase(Q(erased_at__isnull=False) & ~NOT_PERSONAL)


def _erase(which: Q) -> int:
    return Order.objects.filter(which, status__in=FINISHED).update(name="", email="", phone="", note="", address={})
