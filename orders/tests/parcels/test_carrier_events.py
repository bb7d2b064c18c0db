"""What carriers report comes doubled, late and in any order, and always leads to the same"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import permutations
from math import factorial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from orders.carriers.events import CarrierEvent
from orders.exceptions import InvalidTransition
from orders.fulfilment import cancellation
from orders.fulfilment.parcels import outcomes, sending
from orders.fulfilment.parcels.tracking import record_events
from orders.models import Order, Payment, Shipment, TrackingEvent
from orders.tests.parcels.parcels import STAFF, get_status, list_problems, make_cash_order, pack, send
from tests.profile import IS_SOAK

pytestmark = pytest.mark.django_db
Code = TrackingEvent.Code
VARYING = {"updated_at", "tracked_at"}


def make_events() -> list[CarrierEvent]:
    """Return what a carrier reports of a parcel in the course of a day that is over."""
    codes = [Code.IN_TRANSIT, Code.FAILED, Code.DELIVERED, Code.DELIVERED, Code.RETURNING]
    if IS_SOAK:
        codes.insert(1, Code.OUT_FOR_DELIVERY)
    start = timezone.now() - timedelta(days=1)
    return [CarrierEvent(f"key {index}", code, start + timedelta(hours=index), "by van") for index, code in enumerate(codes)]


def iter_deliveries(events: Sequence[CarrierEvent], way: str) -> Iterator[list[CarrierEvent]]:
    """Yield the events as they arrive: one by one, in pairs that overlap, or each twice."""
    if way == "pairs":
        yield from (list(events[index : index + 2]) for index in range(len(events) - 1))
    for event in events if way != "pairs" else ():
        yield [event]
        if way == "doubled":
            yield [event, event]


def describe(order: Order) -> dict[str, Any]:
    """Return all that must not depend on the order of events: the parcel, its events, and the order with its money."""
    (parcel,) = Shipment.objects.filter(order=order).values()
    row, payment = Order.objects.get(pk=order.pk), Payment.objects.get(order=order)
    return {
        **{name: value for name, value in parcel.items() if name not in VARYING},
        "lines": list(Shipment.objects.get(order=order).lines.values()),
        "events": list(TrackingEvent.objects.values_list("key", "code", "text", "at")),
        "order": (row.status, row.attention, row.paid_at is not None),
        "payment": (payment.state, payment.captured_minor),
    }


def report(shipment: Shipment, events: Sequence[CarrierEvent], way: str, ship_before: int) -> None:
    """Let the carrier report events, and staff send the parcel before the delivery with this index, if that is still possible."""
    deliveries = list(iter_deliveries(events, way))
    for index in range(len(deliveries) + 1):
        if index == min(ship_before, len(deliveries)):
            with suppress(InvalidTransition):
                sending.ship_parcel(STAFF, shipment.pk)
        if index < len(deliveries):
            record_events(shipment.pk, deliveries[index])


def test_events_doubled_late_and_in_any_order_end_alike() -> None:
    order = make_cash_order()
    shipment = pack(order)
    sending.set_tracking(STAFF, shipment.pk, carrier="Post", tracking_number="AB123")
    events, ends = make_events(), []

    for index, reordered in enumerate(permutations(events)):
        with transaction.atomic():
            report(shipment, reordered, ("single", "pairs", "doubled")[index % 3], ship_before=index // 3 % 8)
            ends.append(describe(order))
            transaction.set_rollback(True)

    first, delivered_at = ends[0], min(event.at for event in events if event.code == Code.DELIVERED)
    assert len(ends) == factorial(len(events))
    assert [end for end in ends if end != first] == []
    assert (first["state"], first["carrier_status"], first["delivered_at"]) == ("delivered", "returning", delivered_at)
    assert (first["shipped_at"], first["tracking_number"]) == (delivered_at, "AB123")
    assert [key for key, *_ in first["events"]] == [event.key for event in events]
    assert (first["order"], first["payment"]) == (("delivered", "", True), ("succeeded", 7000))


@pytest.mark.parametrize("code", Code.values)
@pytest.mark.parametrize("state", ["cancelled", "returned"])
def test_an_event_of_a_cancelled_or_returned_parcel_stands_beside_it(state: str, code: str) -> None:
    order = make_cash_order()
    if state == "cancelled":
        pack(order)
        cancellation.cancel_order(STAFF, order.pk, "The buyer called")
    else:
        outcomes.receive_parcel(STAFF, send(order).pk)
    before, status = Shipment.objects.values().get(), get_status(order)

    record_events(before["id"], [CarrierEvent("key", code, timezone.now(), collected_minor=5000)])

    after = Shipment.objects.values().get()
    assert (before["state"], get_status(order)) == (state, status)
    assert after == {**before, "carrier_status": code, "updated_at": after["updated_at"]}
    assert TrackingEvent.objects.values_list("code", flat=True).get() == code
    assert list_problems() == []


@pytest.mark.parametrize(("reported", "collected", "short"), [(None, 7000, 0), (6500, 6500, 500), (9000, 7000, 0)])
def test_a_lost_parcel_that_is_delivered_brings_what_its_carrier_says(reported: int | None, collected: int, short: int) -> None:
    order = make_cash_order()
    shipment = send(order)
    outcomes.lose_parcel(STAFF, shipment.pk)

    record_events(shipment.pk, [CarrierEvent("key", Code.DELIVERED, timezone.now(), collected_minor=reported)])

    shipment.refresh_from_db()
    assert (shipment.state, shipment.cod_collected_minor, shipment.short_at_door_minor) == ("delivered", collected, short)
    assert get_status(order) == ("delivered", "succeeded", collected)
    assert list_problems() == []
