"""Staff, buyers and carriers act on the parcels of one order at the same moment: one of the contradictory things happens"""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.tests.factories import make_access_token
from orders.carriers.events import CarrierEvent
from orders.fulfilment import cancellation, shipping
from orders.fulfilment.parcels import outcomes, packing, sending, tracking
from orders.models import Order, Payment, Refund, Shipment
from orders.payments import refunds
from orders.payments.refund_lines import RefundLine
from orders.tests.parcels.parcels import STAFF, get_item, get_status, list_problems, make_cash_order, pack, send
from orders.tests.parcels.random_orders import pay_before
from orders.tests.payments.races.test_dispute_races import run_together
from products.models import Variant
from tests.admin.order_pages import copy_orders
from tests.concurrent_requests import Caller
from tests.profile import IS_SOAK

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.scaled, pytest.mark.usefixtures("unthrottled")]
rounds = pytest.mark.parametrize("round_", range(15 if IS_SOAK else 2))


def get_stock() -> dict[str, int]:
    """Return the units on hand, by SKU."""
    return dict(Variant.objects.values_list("sku", "stock"))


def get_parcels() -> list[tuple[str, int, int]]:
    """Return state, cash due and cash collected of each parcel."""
    return list(Shipment.objects.order_by("number").values_list("state", "cod_due_minor", "cod_collected_minor"))


def click(order: Order, action: str, **fields: Any) -> Callable[[], None]:
    """Return a call that submits the page of an action on the order."""
    user = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("boss@example.com", "a staff of oak")
    client = Client()
    client.force_login(user)

    def submit() -> None:
        assert client.post(f"/admin/orders/order/{order.pk}/action/{action}/", fields).status_code in (200, 302)

    return submit


@rounds
def test_two_staff_pack_all_of_an_order(round_: int) -> None:
    order = make_cash_order()

    codes = run_together(*[partial(packing.pack_parcel, STAFF, order.pk)] * 4)

    assert sorted(codes) == ["done"] + ["invalid_transition"] * 3
    assert get_parcels() == [("packed", 7000, 0)]
    assert list_problems() == []


@rounds
def test_two_staff_pack_a_part_of_an_order(round_: int) -> None:
    order = make_cash_order()
    lamp, chair = get_item(order, "LAMP"), get_item(order, "CHAIR")

    codes = run_together(
        partial(packing.pack_parcel, STAFF, order.pk, {lamp: 2}),
        partial(packing.pack_parcel, STAFF, order.pk, {lamp: 2}),
        partial(packing.pack_parcel, STAFF, order.pk, {lamp: 1, chair: 1}),
    )

    assert sorted(codes) == ["done", "done", "invalid_transition"]
    assert sorted(get_parcels()) == [("packed", 3000, 0), ("packed", 4000, 0)]
    assert list_problems() == []


@rounds
def test_an_order_is_cancelled_by_staff_and_buyer_while_it_is_packed(live_server: LiveServer, round_: int) -> None:
    order = make_cash_order()
    assert order.user is not None
    buyer = Caller(live_server.url, {"Authorization": f"Bearer {make_access_token(order.user)}"})
    statuses = []

    def cancel_as_buyer() -> None:
        statuses.append(buyer.post(f"/api/orders/{order.number}/cancel/", {}).status)

    run_together(partial(packing.pack_parcel, STAFF, order.pk), cancel_as_buyer, click(order, "cancel", reason="gone", refund="no"))

    assert statuses[0] in (200, 409)
    assert get_status(order) == ("cancelled", "cancelled", 0)
    assert {state for state, *_ in get_parcels()} <= {"cancelled"}
    assert get_stock() == {"LAMP": 10, "CHAIR": 10}
    assert list_problems() == []


@rounds
def test_a_packed_order_is_sent_or_cancelled_by_its_buyer(live_server: LiveServer, round_: int) -> None:
    order = make_cash_order()
    assert order.user is not None
    pack(order, lamp=2)
    buyer = Caller(live_server.url, {"Authorization": f"Bearer {make_access_token(order.user)}"})
    statuses = []

    def cancel_as_buyer() -> None:
        statuses.append(buyer.post(f"/api/orders/{order.number}/cancel/", {}).status)

    run_together(cancel_as_buyer, click(order, "ship"), click(order, "ship"))

    expected = {200: ("cancelled", "cancelled", 0), 409: ("shipped", "created", 0)}
    assert get_status(order) == expected[statuses[0]]
    assert len(get_parcels()) == (1 if statuses == [200] else 2)
    assert list_problems() == []


@rounds
def test_two_staff_deliver_one_parcel(round_: int) -> None:
    order = make_cash_order()
    shipment = send(order)

    run_together(
        partial(outcomes.deliver_parcel, STAFF, shipment.pk, collected=7000),
        partial(outcomes.deliver_parcel, STAFF, shipment.pk),
        click(order, "deliver"),
        click(order, "deliver"),
    )

    assert get_status(order) == ("delivered", "succeeded", 7000)
    assert order.events.filter(kind="delivered").count() == 1
    assert list_problems() == []


@rounds
def test_two_parcels_bring_their_cash_at_once(round_: int) -> None:
    order = make_cash_order()
    parcels = [send(order, lamp=1), send(order, lamp=2), send(order)]

    codes = run_together(*(partial(outcomes.deliver_parcel, STAFF, shipment.pk) for shipment in parcels))

    assert codes == ["done"] * 3
    assert get_status(order) == ("delivered", "succeeded", 7000)
    assert list_problems() == []


@rounds
def test_a_parcel_is_delivered_or_comes_back(round_: int) -> None:
    order = make_cash_order()
    shipment = send(order)
    lamp = get_item(order, "LAMP")

    codes = run_together(
        partial(outcomes.deliver_parcel, STAFF, shipment.pk), partial(outcomes.receive_parcel, STAFF, shipment.pk, {lamp: 3})
    )

    assert sorted(codes) == ["done", "invalid_transition"]
    is_delivered = codes[0] == "done"
    assert get_status(order) == (("delivered", "succeeded", 7000) if is_delivered else ("returned", "cancelled", 0))
    assert get_stock()["LAMP"] == (7 if is_delivered else 10)
    assert list_problems() == []


@rounds
def test_what_comes_back_is_counted_once(round_: int) -> None:
    order = make_cash_order()
    shipment = send(order)
    counted = {get_item(order, "LAMP"): 2, get_item(order, "CHAIR"): 1}

    codes = run_together(*[partial(outcomes.receive_parcel, STAFF, shipment.pk, counted)] * 3)
    assert sorted(codes) == ["done"] + ["invalid_transition"] * 2
    again = run_together(*[partial(outcomes.count_parcel, STAFF, shipment.pk, {get_item(order, "LAMP"): 1})] * 3)

    assert sorted(again) == ["done"] + ["invalid_transition"] * 2
    assert get_stock() == {"LAMP": 10, "CHAIR": 10}
    assert list_problems() == []


@rounds
def test_the_rest_is_cancelled_while_its_packed_parcel_is_sent(round_: int) -> None:
    order = make_cash_order()
    first = send(order, lamp=1)
    outcomes.deliver_parcel(STAFF, first.pk)
    second = pack(order, lamp=2)

    codes = run_together(
        partial(sending.ship_parcel, STAFF, second.pk), partial(cancellation.cancel_order, STAFF, order.pk, "none left")
    )

    is_sent = codes[0] == "done"
    assert codes == (["done", "done"] if is_sent else ["invalid_transition", "done"])
    assert get_status(order) == (("shipped", "created", 2000) if is_sent else ("delivered", "succeeded", 2000))
    assert get_stock() == {"LAMP": 7 if is_sent else 9, "CHAIR": 10}
    assert list_problems() == []


@rounds
@pytest.mark.parametrize("outcome", ["lose", "receive"])
def test_a_carrier_reports_a_delivery_while_staff_record_the_opposite(round_: int, outcome: str) -> None:
    order = make_cash_order()
    shipment = send(order)
    report = [CarrierEvent("1", "delivered", timezone.now())]
    service = outcomes.lose_parcel if outcome == "lose" else outcomes.receive_parcel

    codes = run_together(
        partial(tracking.record_events, shipment.pk, report),
        partial(tracking.record_events, shipment.pk, report),
        partial(service, STAFF, shipment.pk),
    )

    assert codes[:2] == ["done"] * 2
    is_delivered = outcome == "lose" or codes[2] != "done"  # what was lost is found by its delivery; what is back is not
    assert get_status(order) == (("delivered", "succeeded", 7000) if is_delivered else ("returned", "cancelled", 0))
    assert Shipment.objects.get().events.count() == 1
    assert list_problems() == []


@rounds
def test_cash_is_corrected_while_it_is_given_back(round_: int) -> None:
    order = make_cash_order()
    shipment = send(order)
    outcomes.deliver_parcel(STAFF, shipment.pk)
    line = RefundLine(get_item(order, "LAMP"), 3)

    codes = run_together(
        partial(outcomes.correct_cash, STAFF, shipment.pk, 5000),
        partial(refunds.request_refund, STAFF, order.pk, Decimal(60), "faulty", [line]),
    )

    payment = Payment.objects.get()
    assert codes.count("done") == 1
    assert (payment.captured_minor, payment.refunded_minor) == ((5000, 0) if codes[0] == "done" else (7000, 6000))
    assert list_problems() == []


@rounds
def test_units_are_refunded_or_packed(round_: int) -> None:
    order = make_cash_order()
    pay_before(order)
    line = RefundLine(get_item(order, "LAMP"), 2, restock=True)

    codes = run_together(
        partial(refunds.request_refund, STAFF, order.pk, Decimal(40), "none left", [line], source=Refund.Source.BANK),
        partial(packing.pack_parcel, STAFF, order.pk, {line.item: 2}),
        click(order, "ship"),
    )

    sent = sum(Shipment.objects.filter(lines__item=line.item).values_list("lines__quantity", flat=True))
    assert sent == (1 if codes[0] == "done" else 3)
    assert get_stock()["LAMP"] == (9 if codes[0] == "done" else 7)
    assert not shipping.has_units_to_ship(order) or Shipment.objects.filter(state="packed").exists()
    assert list_problems() == []


@rounds
def test_two_parcels_get_one_number_from_their_carrier(round_: int) -> None:
    order = make_cash_order()
    first, second = pack(order, lamp=1), pack(order, lamp=1)
    (other,) = copy_orders(order, 1)

    codes = run_together(
        partial(sending.ship_parcel, STAFF, first.pk, carrier="Post", tracking_number="A1"),
        partial(sending.set_tracking, STAFF, second.pk, carrier="post", tracking_number="A1"),
        partial(shipping.ship_order, STAFF, other.pk, carrier="POST", tracking_number="A1"),
    )

    assert sorted(codes) == ["done"] + ["tracking_number_refused"] * 2
    assert Shipment.objects.filter(tracking_number="A1").count() == 1
