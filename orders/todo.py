"""What staff have to do about orders: each state of the work is defined here once, for the dashboard and for the list of orders."""

from django.db.models import Exists, F, OuterRef, QuerySet

from orders.fulfilment import suspension
from orders.models import Order, Payment, Refund
from orders.state import alerts

Status = Order.Status


def to_pack(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Restrict orders to those that are confirmed, with their phone if it must be, not shipped yet, and not suspended."""
    suspended = suspension.suspended(Order.objects.all()).values("pk")
    return orders.filter(status=Status.PROCESSING, phone_confirm_until=None).exclude(pk__in=suspended)


def phone_to_confirm(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Restrict orders to those that wait for their phone to be confirmed, as `Order.awaits_phone` says of one."""
    return orders.filter(status=Status.PROCESSING, phone_confirm_until__isnull=False)


def on_the_way(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Restrict orders to those that are shipped and not delivered yet."""
    return orders.filter(status=Status.SHIPPED)


def cod_to_collect(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Restrict orders to those whose cash the courier still has to collect, as `Order.is_cash_due` says of one."""
    unpaid = orders.filter(payment_method=Order.Method.COD, paid_at=None)
    return unpaid.filter(status__in=(Status.PROCESSING, Status.SHIPPED))


def to_refund(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Restrict orders to those whose buyer is owed money.

    The order is cancelled, expired or came back, and not all of its money is refunded, or a refund has failed or requires action. A
    failed refund counts until staff resolve its alert.
    """
    rest = Payment.objects.filter(order=OuterRef("pk"), captured_minor__gt=F("refunded_minor"))
    closed = Order.objects.filter(status__in=(*Order.CLOSED_STATUSES, Status.RETURNED))
    cancelled = closed.filter(Exists(rest), paid_at__isnull=False).values("pk")
    # Money that came after the order was closed is refunded at once, so there is a refund, but no time of payment.
    unfinished = Refund.objects.exclude(state=Refund.State.SUCCEEDED).order_by()
    late = unfinished.filter(
        payment__order__status__in=Order.CLOSED_STATUSES, payment__captured_minor__gt=F("payment__refunded_minor")
    )
    waiting = unfinished.filter(state=Refund.State.REQUIRES_ACTION)
    failed = Order.objects.filter(attention=alerts.REFUND_FAILED).values("pk")
    return orders.filter(pk__in=cancelled.union(late.values("payment__order"), waiting.values("payment__order"), failed))


def paid(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Restrict orders to those that are paid and will be, or were, fulfilled, as `Order.is_payment_verified` says of one."""
    return orders.filter(paid_at__isnull=False, status__in=Order.SOLD_STATUSES)
