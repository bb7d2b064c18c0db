"""Alerts: what the merchant has to look at. docs/payments.md says what to do about each.

An order shows one alert, in its column `attention`: the most urgent of those that are open. The history holds all of them.
"""

from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from core.actors import Actor
from orders.exceptions import InvalidTransition
from orders.models import Order, OrderEvent
from orders.state import notifications, transitions
from orders.state.locking import lock_order

AMOUNT_MISMATCH, DUPLICATE_PAYMENT, LATE_PAYMENT = "amount_mismatch", "duplicate_payment", "late_payment"
DISPUTE, EXTERNAL_REFUND, REFUND_FAILED = "dispute", "external_refund", "refund_failed"
PAYMENT_OVERDUE = "payment_overdue"
PARCEL_RETURNED, PARCEL_LOST, COD_SHORT = "parcel_returned", "parcel_lost", "cod_short"
RESOLVED_EVENT = "attention_settled"
DISPUTE_STATUS_EVENT = "dispute_"  # and the status
PRIORITY = (
    *(AMOUNT_MISMATCH, DISPUTE, REFUND_FAILED, DUPLICATE_PAYMENT, LATE_PAYMENT, PAYMENT_OVERDUE),
    *(PARCEL_RETURNED, PARCEL_LOST, COD_SHORT, EXTERNAL_REFUND),
)


def raise_alert(order: Order, code: str, actor: Actor, **reason: Any) -> None:
    """Raise an alert on a locked order, record the reason, and enqueue an email to the merchant.

    While the alert is open, shown or behind a more urgent one, each reason is recorded once.
    """
    if code in open_alerts(order) and reasons(order, code).filter(data=reason).exists():
        return
    order.attention = min(code, order.attention or code, key=PRIORITY.index)
    transitions.save_order(order)
    transitions.record_event(order, code, actor, **reason)
    advice = {"advice": reason["advice"]} if "advice" in reason else {}
    notifications.notify_merchant(order, "attention", about=code, occasion=str(order.version), **advice)


def open_alerts(order: Order) -> set[str]:
    """Return the codes of all alerts that nobody has resolved: the one that is shown, and those behind it."""
    if not order.attention:
        return set()
    codes = {order.attention}
    events = order.events.filter(kind__in=(*PRIORITY, RESOLVED_EVENT)).order_by("pk")
    for kind, data in events.values_list("kind", "data"):
        if kind == RESOLVED_EVENT:
            codes.discard(data["code"])
        else:
            codes.add(kind)
    return codes


def is_open(code: str) -> Q:
    """Return the condition that an order has this alert, shown or not, as `open_alerts` says of one order."""
    resolved_later = OrderEvent.objects.filter(order=OuterRef("order"), kind=RESOLVED_EVENT, data__code=code, pk__gt=OuterRef("pk"))
    raised = OrderEvent.objects.filter(~Exists(resolved_later), order=OuterRef("pk"), kind=code)
    return Q(attention=code) | Q(Exists(raised), ~Q(attention=""))


def reasons(order: Order, code: str) -> QuerySet[OrderEvent]:
    """Return the events that raised this alert since it was last resolved, oldest first."""
    return order.events.filter(kind=code, pk__gt=_get_last_resolution(order, code)).order_by("pk")


def events_to_review(order: Order, code: str) -> QuerySet[OrderEvent]:
    """Return what staff have to see before they resolve an alert, oldest first: its reasons, and for disputes each new status."""
    review = Q(kind=code)
    if code == DISPUTE:
        review |= Q(kind__startswith=DISPUTE_STATUS_EVENT)
    return order.events.filter(review, pk__gt=_get_last_resolution(order, code)).order_by("pk")


def _get_last_resolution(order: Order, code: str) -> int:
    resolved = order.events.filter(kind=RESOLVED_EVENT, data__code=code).order_by("pk").values_list("pk", flat=True)
    return resolved.last() or 0


def resolve(order: Order, code: str, actor: Actor) -> None:
    """Resolve an alert of a locked order, shown or not; the most urgent of the others is shown next."""
    codes = open_alerts(order)
    if code in codes:
        order.attention = min(codes - {code}, key=PRIORITY.index, default="")
        transitions.save_order(order)
        transitions.record_event(order, RESOLVED_EVENT, actor, code=code)


def resolve_late_payment(order: Order, actor: Actor) -> None:
    """Resolve the alert about a late payment of a locked order, once all of its money is refunded."""
    if not order.payments.filter(captured_minor__gt=F("refunded_minor")).exists():
        resolve(order, LATE_PAYMENT, actor)


@transaction.atomic
def resolve_seen(actor: Actor, order_id: int, code: str, last_seen: int) -> Order:
    """Resolve the alert that staff have looked at, and no other; `last_seen` is the id of the last event that they were shown.

    Raises OrderNotFound, and InvalidTransition if the alert was raised again since, or its dispute has another status.
    """
    order = lock_order(order_id)
    if events_to_review(order, code).filter(pk__gt=last_seen).exists():
        raise InvalidTransition("The alert was raised again in the meantime. Look at the order again")
    resolve(order, code, actor)
    return order
