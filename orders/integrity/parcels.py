"""Parcels: their units, what they have to collect, and what carriers have paid of it."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from core.actors import SYSTEM
from orders.fulfilment.parcels import progress
from orders.fulfilment.parcels.locking import lock_parcels
from orders.integrity.problems import Problem, sum_units
from orders.models import Order, OrderItem, Payment, RemittanceLine, Shipment, ShipmentLine
from orders.state.parcel_units import SENT_STATUSES, count_units

State = Shipment.State
LINES = ShipmentLine.objects.filter(shipment=OuterRef("pk"))
IS_LIVE = Q(shipment__state__in=Shipment.LIVE_STATES)
IS_ON_ITS_WAY = Q(shipment__state__in=Shipment.OPEN_STATES)


def check_sent_orders() -> Iterator[Problem]:
    """Find orders that were sent without a parcel, and delivered orders whose only parcel is on its way.

    A process of the release before parcels has sent or delivered them.
    """
    for number in _list_outdated_orders().values_list("number", flat=True).iterator():
        yield Problem(f"order {number}", "was sent, but its parcel is missing or not up to date", is_derived=True)


def _list_outdated_orders() -> QuerySet[Order]:
    parcels = Shipment.objects.filter(order=OuterRef("pk"))
    is_behind = Exists(parcels.filter(packed_at=None, state__in=Shipment.UNDER_WAY_STATES))
    is_outdated = ~Exists(parcels) | (Q(status=Order.Status.DELIVERED) & is_behind)
    return Order.objects.filter(is_outdated, status__in=SENT_STATUSES).order_by("pk")


def fix_sent_orders() -> int:
    """Create or update the parcels that `check_sent_orders` finds; return their number."""
    order_ids = list(_list_outdated_orders().values_list("pk", flat=True))
    for order_id in order_ids:
        with transaction.atomic():
            lock_parcels(order_id)
    return len(order_ids)


def check_statuses() -> Iterator[Problem]:
    """Find orders whose status does not follow from where their parcels are: the process ended between a refund and its effect."""
    for order in _list_orders_behind():
        yield Problem(f"order {order.number}", f"is {order.status}, which its parcels are not", is_derived=True)


def _list_orders_behind() -> Iterator[Order]:
    sent = Shipment.objects.filter(order=OuterRef("pk"), shipped_at__isnull=False)
    unfinished = Order.objects.filter(Exists(sent), status__in=progress.FOLLOWING_STATUSES).order_by("pk")
    for order in unfinished.prefetch_related("items", "shipments__lines").iterator(chunk_size=1000):
        if progress.list_steps(count_units(order, order.items.all(), list(order.shipments.all()))):
            yield order


def fix_statuses() -> int:
    """Bring the orders that `check_statuses` finds to where their parcels are; return their number."""
    order_ids = [order.pk for order in _list_orders_behind()]
    for order_id in order_ids:
        progress.follow_refund(SYSTEM, order_id)
    return len(order_ids)


def check_units() -> Iterator[Problem]:
    """Compare the units in parcels with those of the orders: none is in two live parcels, and none that is refunded is sent.

    Before there were parcels, units could be refunded while they were on their way.
    """
    lines = ShipmentLine.objects.filter(item=OuterRef("pk")).order_by()
    items = OrderItem.objects.annotate(
        in_parcels=sum_units(lines.filter(IS_LIVE), "item", F("quantity") - F("undelivered_quantity")),
        on_the_way=sum_units(lines.filter(IS_ON_ITS_WAY, shipment__packed_at__isnull=False), "item", "quantity"),
        shelved=sum_units(lines, "item", "restocked_quantity"),
    ).filter(Exists(lines))
    wrong = Q(in_parcels__gt=F("quantity")) | Q(on_the_way__gt=F("quantity") - F("refunded_quantity"))
    for number, sku in items.filter(wrong).values_list("order__number", "sku").iterator():
        yield Problem(f"order {number}", f"more units of {sku} are in parcels than are to be sent")
    for number, sku in items.filter(shelved__gt=F("restocked_quantity")).values_list("order__number", "sku").iterator():
        yield Problem(f"order {number}", f"more units of {sku} were counted from parcels than are back in stock")


def check_cash() -> Iterator[Problem]:
    """Compare the cash of each parcel with its lines and its state, of each order with its payment, and with remittances."""
    due = sum_units(LINES.filter(~Q(shipment__state=State.CANCELLED)), "shipment", F("due_minor") - F("undelivered_minor"))
    parcels = Shipment.objects.annotate(lines_due=due).select_related("order")
    adds_up = Q(cod_due_minor=F("lines_due") + F("charges_minor"))
    is_settled = ~Q(state=State.DELIVERED) | Q(settled_before=True)
    is_settled |= Q(cod_due_minor=F("cod_collected_minor") + F("short_at_door_minor"))
    is_collected = Q(state=State.DELIVERED) | Q(cod_collected_minor=0, short_at_door_minor=0)
    for condition, message in (
        (adds_up, "what is due is not what its lines add up to"),
        (is_settled, "is delivered, but what was collected and what is short is not what was due"),
        (is_collected, "has cash, but is not delivered"),
    ):
        for parcel in parcels.exclude(condition).iterator():
            yield Problem(f"parcel {parcel.label}", message)
    yield from _check_payments()
    yield from _check_remittances()


def _check_payments() -> Iterator[Problem]:
    """Compare what was captured of payments with what parcels have collected."""
    parcels = Shipment.objects.filter(order=OuterRef("order"))
    payments = Payment.objects.filter(Exists(parcels), provider=Order.Method.COD)
    payments = payments.annotate(collected=sum_units(parcels, "order", "cod_collected_minor"))
    mismatches = payments.exclude(captured_minor=F("collected")).values_list("order__number", "captured_minor", "collected")
    for number, captured, collected in mismatches.iterator():
        yield Problem(f"order {number}", f"{captured} captured, but its parcels have collected {collected}")


def _check_remittances() -> Iterator[Problem]:
    """Compare what parcels are recorded as remitted with the rows of remittances: their sum, currency and number."""
    rows = RemittanceLine.objects.filter(shipment=OuterRef("pk"))
    parcels = Shipment.objects.filter(Exists(rows) | Q(remitted_minor__gt=0) | Q(short_by_carrier_minor__gt=0))
    parcels = parcels.annotate(paid=sum_units(rows, "shipment", "paid_minor"), has_rows=Exists(rows)).select_related("order")
    for parcel in parcels.exclude(remitted_minor=F("paid")).iterator():
        yield Problem(f"parcel {parcel.label}", f"{parcel.remitted_minor} remitted, but its remittances add up to another amount")
    for parcel in parcels.filter(has_rows=False, short_by_carrier_minor__gt=0).iterator():
        yield Problem(f"parcel {parcel.label}", "is short by its carrier, but in no remittance")
    for parcel in parcels.filter(has_rows=True, settled_before=True).iterator():
        yield Problem(f"parcel {parcel.label}", "is in a remittance, but was settled before the shop had parcels")
    lines = RemittanceLine.objects.exclude(shipment=None).select_related("remittance")
    earlier = RemittanceLine.objects.filter(
        remittance=OuterRef("remittance"), shipment=OuterRef("shipment"), row__lt=OuterRef("row")
    )
    for line in lines.exclude(remittance__currency=F("shipment__order__currency")).iterator():
        yield Problem(f"remittance {line.remittance}", f"row {line.row} pays a parcel in another currency")
    for line in lines.filter(Exists(earlier)).iterator():
        yield Problem(f"remittance {line.remittance}", f"row {line.row} pays a parcel that another row pays, too")
