"""What staff have to do about orders and parcels: each kind of work is defined here once, for the home page and for the lists."""

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from orders.fulfilment import suspension
from orders.models import Order, OrderItem, Payment, Refund, Shipment, ShipmentLine, TrackingEvent
from orders.state import alerts

Status, State = Order.Status, Shipment.State
GONE_BACK = (State.RETURNING, State.RETURNED)  # as its carrier says


def to_pack(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Restrict orders to those with units that are to be sent, in no parcel or in a packed one.

    They are confirmed, with their phone if it must be, and not suspended. Units of a parcel that was lost or came back are decided
    about with the alert: they are to be sent once they are packed again.
    """
    suspended = suspension.suspended(Order.objects.all()).values("pk")
    packed = Shipment.objects.filter(state=State.PACKED).values("order")
    unrefunded = OrderItem.objects.filter(order=OuterRef("pk"), quantity__gt=F("refunded_quantity"))
    is_unsent = Q(Exists(unrefunded), status=Status.PROCESSING, phone_confirm_until=None)
    is_packed_again = Q(status__in=(Status.SHIPPED, Status.DELIVERED, Status.RETURNED), pk__in=packed)
    return orders.filter(is_unsent | is_packed_again).exclude(pk__in=suspended)


def phone_to_confirm(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Restrict orders to those that wait for their phone to be confirmed, as `Order.awaits_phone` says of one."""
    return orders.filter(status=Status.PROCESSING, phone_confirm_until__isnull=False)


def on_the_way(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Restrict orders to those that are shipped and not delivered yet."""
    return orders.filter(status=Status.SHIPPED)


def returned(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Restrict orders to those of which no unit reached the buyer: their parcels came back or are lost."""
    return orders.filter(status=Status.RETURNED)


def cod_to_collect(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Restrict orders to those whose cash the carrier still has to collect, as `Order.is_cash_due` says of one."""
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


def parcels_to_send(parcels: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Restrict parcels to those that are packed and not sent."""
    return parcels.filter(state=State.PACKED)


def parcels_on_the_way(parcels: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Restrict parcels to those that are on their way to the buyer, as far as shop and carrier know."""
    is_in_trouble = Q(carrier_status__in=(*GONE_BACK, State.LOST)) | _has_failed_by_carrier()
    return parcels.filter(state=State.SHIPPED).exclude(is_in_trouble)


def parcels_failed(parcels: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Restrict parcels to those whose delivery failed, also where only the carrier says so."""
    has_moved_on = Q(carrier_status__in=(*GONE_BACK, State.LOST))
    return parcels.filter(Q(state=State.FAILED) & ~has_moved_on | Q(state=State.SHIPPED) & _has_failed_by_carrier())


def _has_failed_by_carrier() -> Q:
    """Return the condition that the carrier's newest word is a failed delivery, and staff have not had it tried again since."""
    later = TrackingEvent.objects.filter(shipment=OuterRef("pk"), code=State.FAILED, at__gt=OuterRef("failed_at"))
    return Q(carrier_status=State.FAILED) & (Q(failed_at=None) | Q(Exists(later)))


def parcels_coming_back(parcels: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Restrict parcels to those that are coming back, also where only the carrier says so."""
    says_so = Q(state__in=(State.SHIPPED, State.FAILED), carrier_status__in=GONE_BACK)
    return parcels.filter(Q(state=State.RETURNING) | says_so)


def parcels_to_count(parcels: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Restrict parcels to those with units that did not reach the buyer and that nobody has counted yet."""
    undelivered = ShipmentLine.objects.filter(shipment=OuterRef("pk"), undelivered_quantity__gt=0)
    return parcels.filter(Exists(undelivered), state__in=(State.DELIVERED, State.RETURNED), counted_at=None)


def parcels_lost(parcels: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Restrict parcels to those that are lost, also where only the carrier says so."""
    return parcels.filter(Q(state=State.LOST) | Q(state__in=Shipment.UNDER_WAY_STATES, carrier_status=State.LOST))
