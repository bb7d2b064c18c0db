"""/admin/orders/order/<id>/: what the timeline says of parcels"""

import re

import pytest

from orders.admin.timeline import list_entries
from orders.fulfilment import cancellation
from orders.fulfilment.parcels import outcomes, packing, sending
from orders.models import Order
from orders.tests.parcels.parcels import STAFF, get_item, make_cash_order, pack, send
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import create_paid_order

pytestmark = pytest.mark.django_db


def read_timeline(order: Order) -> list[tuple[str, str]]:
    """Return titles and texts of what happened to an order since it was placed, oldest first."""
    entries = list_entries(Order.objects.get(pk=order.pk), [])
    return [(entry.title, entry.text) for entry in reversed(entries)][1:]


def test_each_event_of_a_parcel_is_told_in_words() -> None:
    order = make_cash_order()
    packing.cancel_parcel(STAFF, pack(order).pk)
    first = send(order, lamp=1)
    sending.set_tracking(STAFF, first.pk, carrier="Courier", tracking_number="")
    outcomes.fail_parcel(STAFF, first.pk, "nobody at home")
    outcomes.try_again(STAFF, first.pk)
    outcomes.deliver_parcel(STAFF, first.pk, collected=1500)
    outcomes.correct_cash(STAFF, first.pk, 2000)
    second = send(order, lamp=2)
    outcomes.start_return(STAFF, second.pk)
    outcomes.receive_parcel(STAFF, second.pk, {get_item(order, "LAMP"): 1})
    outcomes.count_parcel(STAFF, second.pk, {get_item(order, "LAMP"): 1})
    cancellation.cancel_order(STAFF, order.pk, "none left")

    assert read_timeline(order) == [
        ("Parcel packed", "parcel: 1"),
        ("Parcel cancelled", "parcel: 1"),
        ("Parcel packed", "parcel: 2"),
        ("Parcel sent", f"parcel: 2, carrier: Post, tracking number: {order.number}-2"),
        ("Carrier or tracking number changed", f"parcel: 2, carrier: Post → Courier, tracking number: {order.number}-2 → –"),
        ("Delivery failed", "parcel: 2, nobody at home"),
        ("Carrier tries again", "parcel: 2"),
        ("Parcel delivered", "parcel: 2, collected: ₹15.00"),
        ("Alert: less cash was collected than was due", "parcel: 2, short: ₹5.00"),
        ("Collected cash corrected", "parcel: 2, collected: ₹15.00 → ₹20.00"),
        ("Alert resolved", "cod short"),
        ("Parcel packed", "parcel: 3"),
        ("Parcel sent", f"parcel: 3, carrier: Post, tracking number: {order.number}-3"),
        ("Parcel is coming back", "parcel: 3"),
        ("Parcel came back", "parcel: 3, restocked units: 1"),
        ("Units that came back counted", "parcel: 3, restocked units: 1"),
        ("Rest of the order cancelled", "units: 1, none left"),
        ("Order shipped", ""),
        ("Order delivered", ""),
    ]


def test_alerts_about_parcels_are_told_apart_from_what_happened(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    lost, returned = send(order, lamp=1), send(order)

    outcomes.lose_parcel(STAFF, lost.pk)
    outcomes.receive_parcel(STAFF, returned.pk)

    titles = [title for title, _ in read_timeline(order)]
    assert titles[-4:] == [
        "Parcel lost",
        "Alert: a paid parcel is lost",
        "Order came back",
        "Alert: a paid parcel came back",
    ]
    assert not any(re.search("[a-z]_[a-z]", text) for _, text in read_timeline(order))
