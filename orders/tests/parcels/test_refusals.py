"""What staff cannot do with a parcel is refused, and nothing changes"""

from collections.abc import Callable

import pytest
from django.utils import timezone

from core.actors import Actor
from core.exceptions import DomainError
from orders.exceptions import ParcelNotFound
from orders.fulfilment import cancellation, shipping
from orders.fulfilment.parcels import outcomes, packing, sending
from orders.models import Order, RemittanceLine, Shipment
from orders.remittances import recording
from orders.remittances.drafts import Draft, Line
from orders.tests.factories import database_rows
from orders.tests.parcels.parcels import STAFF, get_item, make_cash_order, pack, send
from orders.tests.parcels.random_orders import pay_before

pytestmark = pytest.mark.django_db
Refused = Callable[[], object]


def remit(shipment: Shipment, paid_minor: int) -> None:
    """Record that the carrier has paid so much for a parcel."""
    line = Line(1, shipment.tracking_number, "", paid_minor)
    recording.record(STAFF, Draft("Post", "R1", shipment.order.currency, 0, [line]))
    assert RemittanceLine.objects.get().shipment == shipment


def refuse_everything(order: Order) -> Refused:
    shipment = send(order, lamp=2)
    return lambda: outcomes.deliver_parcel(STAFF, shipment.pk, refused={get_item(order, "LAMP"): 2})


def refuse_more_than_it_has(order: Order) -> Refused:
    shipment = send(order, lamp=2)
    return lambda: outcomes.deliver_parcel(STAFF, shipment.pk, refused={get_item(order, "LAMP"): 3})


def refuse_what_is_paid(order: Order) -> Refused:
    pay_before(order)
    shipment = send(order)
    return lambda: outcomes.deliver_parcel(STAFF, shipment.pk, refused={get_item(order, "LAMP"): 1})


def collect_for_what_is_paid(order: Order) -> Refused:
    pay_before(order)
    shipment = send(order)
    return lambda: outcomes.deliver_parcel(STAFF, shipment.pk, collected=100)


def restock_what_is_paid(order: Order) -> Refused:
    pay_before(order)
    shipment = send(order)
    return lambda: outcomes.receive_parcel(STAFF, shipment.pk, {get_item(order, "LAMP"): 1})


def try_again_what_has_not_failed(order: Order) -> Refused:
    shipment = pack(order)
    return lambda: outcomes.try_again(STAFF, shipment.pk)


def count_what_is_on_its_way(order: Order) -> Refused:
    shipment = send(order)
    return lambda: outcomes.count_parcel(STAFF, shipment.pk, {get_item(order, "LAMP"): 1})


def count_more_than_came_back(order: Order) -> Refused:
    shipment, lamp = send(order), get_item(order, "LAMP")
    outcomes.deliver_parcel(STAFF, shipment.pk, refused={lamp: 2})
    outcomes.count_parcel(STAFF, shipment.pk, {lamp: 1})
    return lambda: outcomes.count_parcel(STAFF, shipment.pk, {lamp: 2})


def correct_what_is_on_its_way(order: Order) -> Refused:
    shipment = send(order)
    return lambda: outcomes.correct_cash(STAFF, shipment.pk, 100)


def correct_below_what_was_remitted(order: Order) -> Refused:
    shipment = send(order)
    outcomes.deliver_parcel(STAFF, shipment.pk)
    remit(shipment, 5000)
    return lambda: outcomes.correct_cash(STAFF, shipment.pk, 6999)


def name_a_cancelled_parcel(order: Order) -> Refused:
    shipment = pack(order)
    packing.cancel_parcel(STAFF, shipment.pk)
    return lambda: sending.set_tracking(STAFF, shipment.pk, carrier="Post", tracking_number="A1")


def name_it_as_it_is(order: Order) -> Refused:
    shipment = send(order)
    return lambda: sending.set_tracking(STAFF, shipment.pk, carrier="Post", tracking_number=shipment.tracking_number)


def pack_nothing(order: Order) -> Refused:
    return lambda: packing.pack_parcel(STAFF, order.pk, {get_item(order, "LAMP"): 0})


def deliver_what_came_back(order: Order) -> Refused:
    outcomes.receive_parcel(STAFF, send(order).pk)
    return lambda: shipping.deliver_order(STAFF, order.pk)


def cancel_what_is_sent(order: Order) -> Refused:
    send(order)
    return lambda: cancellation.cancel_order(STAFF, order.pk, "too late")


def pack_without_an_address(order: Order) -> Refused:
    pay_before(order)
    outcomes.receive_parcel(STAFF, send(order).pk)
    Order.objects.update(erased_at=timezone.now(), address={})
    return lambda: packing.pack_parcel(STAFF, order.pk)


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (refuse_everything, "All units were refused: the parcel was not delivered"),
        (refuse_more_than_it_has, "More units than the parcel has"),
        (refuse_what_is_paid, "This order is paid. What the buyer gives back is refunded"),
        (collect_for_what_is_paid, "This order is not paid on delivery"),
        (restock_what_is_paid, "This order is paid. Its units are restocked with their refund"),
        (try_again_what_has_not_failed, "Only a parcel whose delivery has failed is tried again"),
        (count_what_is_on_its_way, "The units of this parcel are not back"),
        (count_more_than_came_back, "Only 1 unit(s) are left to count"),
        (correct_what_is_on_its_way, "This parcel has no cash to correct"),
        (correct_below_what_was_remitted, "The carrier has accounted for more than this amount"),
        (name_a_cancelled_parcel, "This parcel is cancelled"),
        (name_it_as_it_is, "Nothing was changed"),
        (pack_nothing, "Choose at least one unit to pack"),
        (pack_without_an_address, "The buyer has closed their account, and the address of the order is erased"),
        (deliver_what_came_back, "No parcel of this order is on its way"),
        (cancel_what_is_sent, "There is nothing left to cancel: all of the order is sent"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_changes(prepare: Callable[[Order], Refused], message: str) -> None:
    attempt = prepare(make_cash_order())
    before = database_rows()

    with pytest.raises(DomainError) as refusal:
        attempt()

    assert refusal.value.message == message
    assert database_rows() == before


@pytest.mark.parametrize("service", [outcomes.deliver_parcel, outcomes.lose_parcel, sending.ship_parcel])
def test_a_parcel_that_does_not_exist_is_not_found(service: Callable[[Actor, int], Order]) -> None:
    shipment = pack(make_cash_order())
    before = database_rows()

    with pytest.raises(ParcelNotFound):
        service(STAFF, shipment.pk + 1)

    assert database_rows() == before
