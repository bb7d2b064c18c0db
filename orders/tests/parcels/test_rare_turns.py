"""Rare turns that parcels take: found again, cancelled last, short after all, refunded before they were sent"""

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from orders.carriers.events import CarrierEvent
from orders.exceptions import InvalidTransition, TrackingNumberRefused
from orders.fulfilment import cancellation, order_refunds, shipping
from orders.fulfilment.parcels import outcomes, packing, sending, tracking, tracking_numbers
from orders.models import Order, Payment, Shipment, ShipmentLine, TrackingEvent
from orders.payments.refund_lines import RefundLine
from orders.selectors import payment_status
from orders.state import alerts, shipment_states
from orders.tests.factories import database_rows
from orders.tests.parcels.parcels import STAFF, get_item, get_status, list_problems, make_cash_order, pack, send
from orders.tests.parcels.random_orders import pay_before

pytestmark = pytest.mark.django_db
IS_SENT_CONDITION = '"orders_shipment"."shipped_at" IS NOT NULL'


def make_paid_order() -> Order:
    """Return an order that is paid by card: three lamps and a chair."""
    order = make_cash_order()
    pay_before(order)
    return order


def test_an_order_is_delivered_once_the_units_that_were_to_be_sent_are_refunded() -> None:
    order = make_paid_order()
    shipment = send(order, lamp=3)
    outcomes.deliver_parcel(STAFF, shipment.pk)
    before = get_status(order)
    line = RefundLine(get_item(order, "CHAIR"), 1, restock=True)

    order_refunds.refund_order(STAFF, order.pk, Decimal(10), "none left", [line], refund_id=None, seen=None, source="bank")

    assert (before, get_status(order)) == (("processing", "succeeded", 7000), ("delivered", "succeeded", 7000))
    assert list_problems() == []


def test_a_cash_order_is_settled_once_the_units_that_were_to_be_sent_are_refunded() -> None:
    order = make_cash_order()
    shipment = send(order, lamp=3)
    outcomes.deliver_parcel(STAFF, shipment.pk)
    before = get_status(order)
    line = RefundLine(get_item(order, "CHAIR"), 1, restock=True)

    order_refunds.refund_order(STAFF, order.pk, Decimal(1), "none left", [line], refund_id=None, seen=None, source="staff")

    assert (before, get_status(order)) == (("processing", "created", 6000), ("delivered", "succeeded", 6000))
    assert list_problems() == []


def test_an_order_is_delivered_once_the_parcel_that_waited_is_cancelled() -> None:
    order = make_paid_order()
    first, second = send(order, lamp=3), send(order)
    outcomes.receive_parcel(STAFF, second.pk)
    again = pack(order, chair=1)
    outcomes.deliver_parcel(STAFF, first.pk)
    before = get_status(order)

    packing.cancel_parcel(STAFF, again.pk)

    assert (before[0], get_status(order)[0]) == ("shipped", "delivered")
    assert list_problems() == []


def test_cash_that_turns_out_to_be_short_raises_the_alert() -> None:
    order = make_cash_order()
    shipment = send(order)
    outcomes.deliver_parcel(STAFF, shipment.pk)

    outcomes.correct_cash(STAFF, shipment.pk, 6500)

    assert (Order.objects.get().attention, Payment.objects.get().captured_minor) == (alerts.COD_SHORT, 6500)
    outcomes.correct_cash(STAFF, shipment.pk, 7000)
    assert Order.objects.get().attention == ""


def test_what_is_taken_of_a_line_costs_what_cash_can_pay() -> None:
    order = make_cash_order()
    Order.objects.update(currency="KWD")
    Payment.objects.update(currency="KWD", amount_minor=70_000)
    shipment = send(order)
    ShipmentLine.objects.filter(item__sku="LAMP").update(due_minor=10_010)

    outcomes.deliver_parcel(STAFF, shipment.pk, refused={get_item(order, "LAMP"): 1})

    assert Shipment.objects.get().lines.get(item__sku="LAMP").undelivered_minor == 10_010 - 6_670


def test_a_lost_parcel_is_not_found_once_its_units_were_packed_again() -> None:
    order = make_paid_order()
    lost = send(order)
    outcomes.lose_parcel(STAFF, lost.pk)
    outcomes.deliver_parcel(STAFF, send(order).pk)

    with pytest.raises(InvalidTransition, match="packed again"):
        outcomes.deliver_parcel(STAFF, lost.pk)
    tracking.record_events(lost.pk, [CarrierEvent("1", "delivered", timezone.now())])

    row = Shipment.objects.get(pk=lost.pk)
    assert (row.state, row.carrier_status, get_status(order)[0]) == ("lost", "delivered", "delivered")
    assert list_problems() == []


def test_an_order_of_which_nothing_is_on_its_way_cannot_be_delivered() -> None:
    order = make_cash_order()
    outcomes.receive_parcel(STAFF, send(order).pk)

    with pytest.raises(InvalidTransition, match="on its way"):
        shipping.deliver_order(STAFF, order.pk)

    assert get_status(order) == ("returned", "cancelled", 0)


@pytest.mark.parametrize("code", sorted({*TrackingEvent.Code} - {"delivered"}))
def test_only_a_delivery_crosses_over_from_what_the_carrier_reports(code: str) -> None:
    order = make_cash_order()
    first, second = send(order, lamp=3), send(order)
    outcomes.deliver_parcel(STAFF, first.pk)
    expected = [("delivered", code), ("shipped", code)]

    for shipment in (first, second):
        tracking.record_events(shipment.pk, [CarrierEvent("1", code, timezone.now())])

    assert list(Shipment.objects.order_by("number").values_list("state", "carrier_status")) == expected
    assert get_status(order) == ("shipped", "created", 6000)


def test_cash_that_was_given_back_has_come() -> None:
    order = make_cash_order()
    shipment = send(order)
    outcomes.deliver_parcel(STAFF, shipment.pk)
    line = RefundLine(get_item(order, "LAMP"), 3)
    order_refunds.refund_order(STAFF, order.pk, Decimal(60), "faulty", [line], refund_id=None, seen=None, source="staff")

    with pytest.raises(InvalidTransition, match="More than this amount is refunded"):
        outcomes.correct_cash(STAFF, shipment.pk, 5999)
    outcomes.correct_cash(STAFF, shipment.pk, 6000)

    assert get_status(order) == ("delivered", "succeeded", 6000)
    assert list_problems() == []


def test_cash_that_did_not_come_at_all_leaves_the_order_unpaid() -> None:
    order = make_cash_order()
    shipment = send(order)
    outcomes.deliver_parcel(STAFF, shipment.pk)

    outcomes.correct_cash(STAFF, shipment.pk, 0)

    order = Order.objects.get()
    assert get_status(order) == ("delivered", "succeeded", 0)
    assert (order.paid_at, order.attention, payment_status(order, list(order.payments.all()))) == (None, alerts.COD_SHORT, "unpaid")
    assert list_problems() == []


@pytest.mark.parametrize("state", Shipment.OPEN_STATES)
def test_a_number_that_another_parcel_has_just_got_is_refused(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    order = make_cash_order()
    first, second = send(order, lamp=1), pack(order)
    Shipment.objects.filter(pk=first.pk).update(state=state, tracking_number="A1")
    monkeypatch.setattr(tracking_numbers, "check_unused", lambda *args, **details: None)  # the other one is not committed yet
    before = database_rows()

    with pytest.raises(TrackingNumberRefused, match="just got this tracking number"):
        sending.ship_parcel(STAFF, second.pk, carrier="post", tracking_number="A1")

    assert database_rows() == before
    sending.ship_parcel(STAFF, second.pk, carrier="Other", tracking_number="A1")


def test_what_the_database_refuses_besides_a_used_number_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    order = make_cash_order()
    shipment = pack(order)
    monkeypatch.setattr(shipment_states, "move", lambda *args, **details: Shipment.objects.update(charges_minor=-1))
    before = database_rows()

    with pytest.raises(IntegrityError, match="shipment_cash_within_due"):
        sending.ship_parcel(STAFF, shipment.pk, carrier="Post", tracking_number="A1")

    assert database_rows() == before


def test_the_whole_order_is_not_cancelled_if_a_part_of_it_was_sent_just_now() -> None:
    order = make_cash_order()
    parcel = pack(order, lamp=2)
    looks: list[dict[str, list[Any]]] = []

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if not looks and IS_SENT_CONDITION in sql:
            looks.append({})
            sending.ship_parcel(STAFF, parcel.pk)
            looks[0] = database_rows()
        return result

    with (
        connection.execute_wrapper(meanwhile),
        pytest.raises(InvalidTransition, match=r"^A part of the order has just been sent\. Cancel again to cancel the rest$"),
    ):
        cancellation.cancel_order(STAFF, order.pk, "none left")

    assert looks == [database_rows()]
    assert get_status(order) == ("processing", "created", 0)
    cancellation.cancel_order(STAFF, order.pk, "none left")
    assert (Shipment.objects.get().state, get_status(order)) == ("shipped", ("shipped", "created", 0))
    assert list_problems() == []
