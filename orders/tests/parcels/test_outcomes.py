"""What becomes of parcels, and of the order and its money with them"""

import pytest

from orders import integrity
from orders.exceptions import CashTooMuch, InvalidTransition
from orders.fulfilment import cancellation, order_refunds, shipping
from orders.fulfilment.parcels import outcomes, packing
from orders.models import Order, OrderEvent, Shipment
from orders.payments import refunds
from orders.payments.refund_lines import RefundLine
from orders.state import alerts
from orders.tests.parcels.parcels import STAFF, get_item, get_status, list_problems, make_cash_order, pack, send
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import create_paid_order
from products.models import StockMovement, Variant

pytestmark = pytest.mark.django_db


def get_stock(sku: str) -> int:
    """Return the units on hand."""
    return Variant.objects.get(sku=sku).stock


def get_cash(shipment: Shipment) -> tuple[int, int, int]:
    """Return what a parcel had to collect, has collected, and lacks, in minor units."""
    row = Shipment.objects.get(pk=shipment.pk)
    return row.cod_due_minor, row.cod_collected_minor, row.short_at_door_minor


def test_an_order_is_sent_and_paid_in_parts() -> None:
    order = make_cash_order()

    first = send(order, lamp=2)
    outcomes.deliver_parcel(STAFF, first.pk)
    partly = get_status(order)
    second = send(order)
    sent = get_status(order)
    outcomes.deliver_parcel(STAFF, second.pk)

    assert partly == ("processing", "created", 4000)
    assert sent == ("shipped", "created", 4000)
    assert get_status(order) == ("delivered", "succeeded", 7000)
    assert (get_cash(first), get_cash(second)) == ((4000, 4000, 0), (3000, 3000, 0))
    assert Order.objects.get().paid_at is not None
    assert list_problems() == []


def test_a_refused_parcel_comes_back_and_is_counted() -> None:
    order = make_cash_order()
    shipment = send(order)
    outcomes.fail_parcel(STAFF, shipment.pk)
    outcomes.try_again(STAFF, shipment.pk)
    outcomes.fail_parcel(STAFF, shipment.pk)
    outcomes.start_return(STAFF, shipment.pk)

    outcomes.receive_parcel(STAFF, shipment.pk, {get_item(order, "LAMP"): 2})

    assert get_status(order) == ("returned", "cancelled", 0)
    assert get_cash(shipment) == (0, 0, 0)
    assert (get_stock("LAMP"), get_stock("CHAIR")) == (9, 9)
    assert list(order.items.values_list("refunded_quantity", "restocked_quantity")) == [(3, 2), (1, 0)]
    assert list_problems() == []
    outcomes.count_parcel(STAFF, shipment.pk, {get_item(order, "LAMP"): 1, get_item(order, "CHAIR"): 1})
    assert (get_stock("LAMP"), get_stock("CHAIR")) == (10, 10)
    assert list_problems() == []


def test_what_the_buyer_takes_is_paid_and_the_rest_comes_back() -> None:
    order = make_cash_order()
    shipment = send(order)

    outcomes.deliver_parcel(STAFF, shipment.pk, refused={get_item(order, "LAMP"): 1})

    assert get_status(order) == ("delivered", "succeeded", 5000)
    assert get_cash(shipment) == (5000, 5000, 0)
    assert Order.objects.get().paid_at is not None
    assert list_problems() == []
    outcomes.count_parcel(STAFF, shipment.pk, {get_item(order, "LAMP"): 1})
    assert get_stock("LAMP") == 8
    assert list_problems() == []


def test_short_cash_is_delivered_all_the_same_and_raises_an_alert() -> None:
    order = make_cash_order()
    shipment = send(order)

    outcomes.deliver_parcel(STAFF, shipment.pk, collected=6500)

    row = Order.objects.get()
    assert (get_status(order), row.attention, row.paid_at) == (("delivered", "succeeded", 6500), "cod_short", None)
    assert get_cash(shipment) == (7000, 6500, 500)
    assert list_problems() == []
    outcomes.correct_cash(STAFF, shipment.pk, 7000)
    row = Order.objects.get()
    assert (get_status(order)[2], row.attention, row.paid_at is None) == (7000, "", False)
    assert list_problems() == []


def test_more_than_what_is_due_is_refused() -> None:
    order = make_cash_order()
    shipment = send(order)

    with pytest.raises(CashTooMuch):
        outcomes.deliver_parcel(STAFF, shipment.pk, collected=7001)

    assert get_status(order) == ("shipped", "created", 0)
    assert get_cash(shipment) == (7000, 0, 0)


def test_a_lost_parcel_is_given_back_until_it_is_found() -> None:
    order = make_cash_order()
    first, second = send(order, lamp=3), send(order)
    outcomes.deliver_parcel(STAFF, first.pk)

    outcomes.lose_parcel(STAFF, second.pk)

    assert get_status(order) == ("delivered", "succeeded", 6000)
    assert (get_stock("CHAIR"), list_problems()) == (9, [])
    outcomes.deliver_parcel(STAFF, second.pk)
    assert get_status(order) == ("delivered", "succeeded", 7000)
    assert list_problems() == []


def test_a_lost_order_is_found() -> None:
    order = make_cash_order()
    shipment = send(order)
    outcomes.lose_parcel(STAFF, shipment.pk)
    lost = get_status(order)

    outcomes.deliver_parcel(STAFF, shipment.pk)

    assert lost == ("returned", "cancelled", 0)
    assert get_status(order) == ("delivered", "succeeded", 7000)
    assert list_problems() == []


def test_the_rest_of_an_order_is_cancelled() -> None:
    order = make_cash_order()
    first = send(order, lamp=1)
    pack(order, lamp=1)
    outcomes.deliver_parcel(STAFF, first.pk)

    cancellation.cancel_order(STAFF, order.pk, "none left")

    assert get_status(order) == ("delivered", "succeeded", 2000)
    assert (get_stock("LAMP"), get_stock("CHAIR")) == (9, 10)
    assert list(order.items.values_list("refunded_quantity", "restocked_quantity")) == [(2, 2), (1, 1)]
    assert list(Shipment.objects.values_list("state", flat=True)) == ["delivered", "cancelled"]
    assert list_problems() == []


def test_an_order_of_which_nothing_is_sent_is_cancelled_with_its_parcels() -> None:
    order = make_cash_order()
    shipment = pack(order, lamp=2)

    cancellation.cancel_order(STAFF, order.pk, "none left")

    assert get_status(order) == ("cancelled", "cancelled", 0)
    assert Shipment.objects.get(pk=shipment.pk).state == "cancelled"
    assert get_cash(shipment) == (0, 0, 0)
    assert list_problems() == []


def test_no_unit_is_packed_twice() -> None:
    order = make_cash_order()
    pack(order, lamp=2)

    with pytest.raises(InvalidTransition, match="Only 1 unit"):
        pack(order, lamp=2)
    pack(order)

    with pytest.raises(InvalidTransition, match="nothing left to pack"):
        pack(order)
    assert list_problems() == []


def test_the_charges_go_to_another_parcel_that_is_still_packed(settings: object) -> None:
    order = make_cash_order()
    first = pack(order, lamp=2)
    pack(order)
    Shipment.objects.filter(pk=first.pk).update(charges_minor=500, cod_due_minor=4500)

    packing.cancel_parcel(STAFF, first.pk)

    assert list(Shipment.objects.values_list("charges_minor", "cod_due_minor")) == [(0, 0), (500, 3500)]


def test_a_parcel_that_is_not_paid_raises_no_alert_behind_another() -> None:
    order = make_cash_order()
    first, second, third = send(order, lamp=1), send(order, lamp=1), send(order)
    outcomes.deliver_parcel(STAFF, first.pk, collected=1500)

    outcomes.lose_parcel(STAFF, second.pk)
    outcomes.receive_parcel(STAFF, third.pk)

    order.refresh_from_db()
    assert alerts.open_alerts(order) == {"cod_short"}
    alerts.resolve(order, "cod_short", STAFF)
    assert order.attention == ""


def test_a_paid_parcel_raises_its_alert_behind_another(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    shipment = send(order)
    alerts.raise_alert(Order.objects.get(), "dispute", STAFF)

    outcomes.lose_parcel(STAFF, shipment.pk)

    row = Order.objects.get()
    assert (row.attention, alerts.open_alerts(row)) == ("dispute", {"dispute", "parcel_lost"})
    kinds = list(OrderEvent.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds[-3:] == ["parcel_declared_lost", "returned", "parcel_lost"]


def test_one_event_says_that_an_order_was_sent_and_one_that_it_was_delivered() -> None:
    order = make_cash_order()
    shipping.ship_order(STAFF, order.pk, carrier="Post", tracking_number="42")
    shipping.deliver_order(STAFF, order.pk)

    rows = OrderEvent.objects.values_list("kind", "from_status", "to_status", "data")
    assert list(rows)[1:] == [
        ("shipped", "processing", "shipped", {"parcel": 1, "carrier": "Post", "tracking_number": "42"}),
        ("delivered", "shipped", "delivered", {"parcel": 1}),
    ]


def test_delivered_units_are_refunded_first_and_the_others_are_still_to_be_sent() -> None:
    order = make_cash_order()
    first = send(order, lamp=1)
    outcomes.deliver_parcel(STAFF, first.pk)

    refund = refunds.request_refund(STAFF, order.pk, None, "broken", [RefundLine(get_item(order, "LAMP"), 1)])
    rest = send(order)
    outcomes.deliver_parcel(STAFF, rest.pk)

    assert refund.amount_minor == 2000
    assert list(rest.lines.values_list("quantity", flat=True)) == [2, 1]
    assert get_status(order) == ("delivered", "succeeded", 7000)
    assert list_problems() == []


def test_units_in_a_parcel_are_not_refunded_without_a_decision_about_it() -> None:
    order = make_cash_order()
    outcomes.deliver_parcel(STAFF, send(order, lamp=1).pk)
    pack(order, lamp=2)

    with pytest.raises(InvalidTransition, match="2 unit\\(s\\) of LAMP are in a parcel"):
        refunds.request_refund(STAFF, order.pk, None, "broken", [RefundLine(get_item(order, "LAMP"), 2)])

    assert list(order.items.values_list("refunded_quantity", flat=True)) == [0, 0]


def test_an_order_goes_on_when_what_was_left_of_it_is_refunded() -> None:
    order = make_cash_order(1)
    outcomes.deliver_parcel(STAFF, send(order, lamp=1).pk)
    lines = [RefundLine(get_item(order, "CHAIR"), 1, restock=True), RefundLine(get_item(order, "LAMP"), 1)]

    order_refunds.refund_order(STAFF, order.pk, None, "", lines, refund_id=None, seen=None, source="staff")

    assert get_status(order) == ("delivered", "succeeded", 2000)
    assert list_problems() == []


def test_a_status_that_does_not_follow_from_the_parcels_is_named_and_repaired() -> None:
    order = make_cash_order()
    shipment = send(order)
    outcomes.deliver_parcel(STAFF, shipment.pk)
    Order.objects.update(status="shipped")

    assert list_problems() == [f"order {order.number}: is shipped, which its parcels are not"]
    assert integrity.fix_derived_values() == 1
    assert get_status(order) == ("delivered", "succeeded", 7000)


def test_units_of_a_deleted_variant_are_counted_with_the_others() -> None:
    order = make_cash_order()
    shipment = send(order)
    lamp, chair = get_item(order, "LAMP"), get_item(order, "CHAIR")
    StockMovement.objects.filter(variant__sku="CHAIR").delete()
    Variant.objects.filter(sku="CHAIR").delete()

    outcomes.receive_parcel(STAFF, shipment.pk, {chair: 1})
    after_chair = get_stock("LAMP")
    outcomes.count_parcel(STAFF, shipment.pk, {lamp: 3})

    assert (after_chair, get_stock("LAMP")) == (7, 10)
    assert list(order.items.order_by("pk").values_list("sku", "restocked_quantity")) == [("LAMP", 3), ("CHAIR", 1)]
    assert get_status(order) == ("returned", "cancelled", 0)
    assert not StockMovement.objects.exclude(variant__sku="LAMP").exists()
