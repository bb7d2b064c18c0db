"""Personal data in the orders of users who have closed their accounts."""

from datetime import datetime

from django.db.models import Q

from orders.models import Order

FINISHED_STATUSES = (Order.Status.DELIVERED, Order.Status.CANCELLED, Order.Status.EXPIRED)
ERASED = {"name": "", "email": "", "phone": "", "phone_e164": "", "note": "", "address": {}}
NOT_PERSONAL = Q(**ERASED)


def erase_user(user_id: int, at: datetime) -> None:
    """Mark the user's orders as erased, and remove personal data from the finished ones.

    An order still to be paid or delivered keeps its address until then (GDPR, Articles 17(3)(b) and 6(1)(b));
    `erase_finished_orders` removes it later.
    """
    Order.objects.filter(user=user_id).update(erased_at=at, idempotency_scope="", idempotency_key="", request_hash="")
    _erase(Q(user=user_id))


def erase_finished_orders() -> int:
    """Remove personal data from orders of closed accounts that have finished since. Return the number of orders."""
    return _erase(Q(erased_at__isnull=False) & ~NOT_PERSONAL)


def _erase(condition: Q) -> int:
    return Order.objects.filter(condition, status__in=FINISHED_STATUSES).update(**ERASED)
