"""Personal data in the orders of users who have closed their accounts."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from orders.models import Order, OrderEvent
from orders.state.locking import select_in_lock_order

IS_FINISHED = Q(status__in=(Order.Status.DELIVERED, Order.Status.CANCELLED, Order.Status.EXPIRED))
ERASED = {"name": "", "email": "", "phone": "", "phone_e164": "", "note": "", "address": {}}


def erase_user(user_id: int, at: datetime) -> None:
    """Mark the user's orders as erased, and remove personal data from the finished ones, inside a transaction.

    An order still to be paid or delivered keeps its address until then (GDPR, Articles 17(3)(b) and 6(1)(b));
    `erase_finished_orders` removes it later.
    """
    orders = Order.objects.filter(user=user_id)
    select_in_lock_order(orders).update(erased_at=at, idempotency_scope="", idempotency_key="", request_hash="")
    _erase(list(orders.filter(IS_FINISHED).values_list("pk", flat=True)))


@transaction.atomic
def erase_finished_orders() -> int:
    """Remove personal data from orders of closed accounts that have finished since. Return the number of orders.

    Orders that are locked are left for the next time.
    """
    orders = Order.objects.filter(IS_FINISHED, erased_at__isnull=False).exclude(**ERASED)
    return _erase(list(orders.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)))


def _erase(order_ids: list[int]) -> int:
    """Remove personal data from locked orders, and from what was noted and corrected in their history."""
    OrderEvent.objects.filter(order__in=order_ids, kind__in=OrderEvent.PERSONAL_KINDS).update(data={})
    return Order.objects.filter(pk__in=order_ids).update(**ERASED)
