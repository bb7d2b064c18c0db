"""Personal data in the orders of users who have closed their accounts."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from orders import blocked_contacts
from orders.models import Order, OrderEvent, Refund, Shipment, TrackingEvent
from orders.state.locking import select_in_lock_order

FINAL_STATUSES = (Order.Status.DELIVERED, Order.Status.RETURNED, Order.Status.CANCELLED, Order.Status.EXPIRED)
# Units of a delivered order that were lost may be sent again.
IS_BEING_SENT = Exists(Shipment.objects.filter(order=OuterRef("pk"), state__in=Shipment.OPEN_STATES))
IS_FINISHED = Q(status__in=FINAL_STATUSES) & ~Q(IS_BEING_SENT)
ERASED = {"name": "", "email": "", "phone": "", "phone_e164": "", "note": "", "address": {}, "cancel_reason": ""}
IS_PERSONAL_EVENT = Q(kind__in=OrderEvent.PERSONAL_KINDS) & ~Q(data={})
HAS_REASON = Q(kind__in=OrderEvent.REASON_KINDS, data__has_key="reason")


def erase_user(user_id: int, at: datetime) -> None:
    """Mark the user's orders as erased, and remove personal data from the finished ones, inside a transaction.

    An order still to be paid or delivered keeps its address until then (GDPR, Articles 17(3)(b) and 6(1)(b));
    `erase_finished_orders` removes it later. Contacts from which the shop takes no orders stay blocked, as hashes.
    """
    blocked_contacts.pseudonymize_contacts(blocked_contacts.list_account_contacts(user_id))
    orders = Order.objects.filter(user=user_id)
    select_in_lock_order(orders).update(erased_at=at, idempotency_scope="", idempotency_key="", request_hash="")
    _erase(list(orders.filter(IS_FINISHED).values_list("pk", flat=True)))


@transaction.atomic
def erase_finished_orders() -> int:
    """Remove personal data from orders of closed accounts that have finished, or got new texts, since. Return the number of orders.

    Orders that are locked are left for the next time.
    """
    events = OrderEvent.objects.filter(IS_PERSONAL_EVENT | HAS_REASON, order=OuterRef("pk"))
    refunds = Refund.objects.filter(payment__order=OuterRef("pk")).exclude(reason="")
    reports = TrackingEvent.objects.filter(shipment__order=OuterRef("pk")).exclude(text="")
    has_texts = ~Q(**ERASED) | Exists(events) | Exists(refunds) | Exists(reports)
    orders = Order.objects.filter(IS_FINISHED, has_texts, erased_at__isnull=False)
    return _erase(list(orders.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)))


def _erase(order_ids: list[int]) -> int:
    """Remove personal data from locked orders, their refunds and their history, with the texts that staff and carriers wrote.

    The id of a request leads to its lines in the logs, and clients may choose it. Tracking numbers stay: the shop accounts for the
    cash of a parcel by them.
    """
    events = OrderEvent.objects.filter(order__in=order_ids)
    events.exclude(request_id="").update(request_id="")
    events.filter(IS_PERSONAL_EVENT).update(data={})
    with_reason = list(events.filter(HAS_REASON))
    for event in with_reason:
        del event.data["reason"]
    OrderEvent.objects.bulk_update(with_reason, ["data"], batch_size=500)
    Refund.objects.filter(payment__order__in=order_ids).exclude(reason="").update(reason="")
    TrackingEvent.objects.filter(shipment__order__in=order_ids).exclude(text="").update(text="")
    return Order.objects.filter(pk__in=order_ids).update(**ERASED)
