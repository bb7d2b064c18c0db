"""The buyer gets their money back at the payment provider, without the shop, while a parcel is packed"""

from functools import partial
from typing import Any

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from orders.exceptions import InvalidTransition
from orders.fulfilment import cancellation
from orders.fulfilment.parcels import outcomes, packing, sending
from orders.models import Order, Shipment
from orders.state import alerts
from orders.tests.parcels.parcels import STAFF, list_problems, pack, send
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.invariants import check_invariants, get_event_kinds, make_webhook_call
from orders.tests.payments.paid_orders import create_paid_order, get_amounts, get_charge_id, get_stock, resolve_alert
from orders.tests.payments.races.test_dispute_races import run_together
from tests.profile import IS_SOAK


@pytest.fixture
def order(card_payments: CardPayments) -> Order:
    """An order of three lamps that is paid by card."""
    order = create_paid_order(card_payments, 3)
    card_payments.deliver_events()
    return order


def refund_at_provider(card_payments: CardPayments, order: Order, amount: int) -> list[Any]:
    """Refund an amount at the provider, and return its events."""
    card_payments.emulator.refund_charge(get_charge_id(card_payments, order), amount)
    assert card_payments.emulator.wait_for_deliveries()
    return [(call.body, call.signature) for call in card_payments.webhooks.pop_requests()]


@pytest.mark.django_db
def test_a_packed_parcel_stays_once_all_money_went_back(card_payments: CardPayments, order: Order) -> None:
    shipment = pack(order, lamp=2)
    for event in refund_at_provider(card_payments, order, 6000):
        card_payments.post_event(*event)

    with pytest.raises(InvalidTransition, match="has their money back"):
        sending.ship_parcel(STAFF, shipment.pk)
    cancellation.cancel_order(STAFF, order.pk, "paid back")

    assert (Order.objects.get().status, get_stock(), get_amounts(order)) == ("cancelled", (10, 0), (6000, 6000, "refunded"))
    assert Shipment.objects.get().state == "cancelled"
    assert list_problems() == []


@pytest.mark.django_db
@pytest.mark.parametrize("has_delivered", [False, True])
@pytest.mark.parametrize("outcome", [outcomes.receive_parcel, outcomes.lose_parcel])
def test_what_came_back_is_not_sent_again_once_all_money_went_back(
    card_payments: CardPayments, order: Order, outcome: Any, *, has_delivered: bool
) -> None:
    first, second = send(order, lamp=1), send(order, lamp=2)
    (outcomes.deliver_parcel if has_delivered else outcome)(STAFF, first.pk)
    outcome(STAFF, second.pk)
    again = pack(order, lamp=1)
    for event in refund_at_provider(card_payments, order, 6000):
        card_payments.post_event(*event)

    with pytest.raises(InvalidTransition, match="has their money back"):
        sending.ship_parcel(STAFF, again.pk)
    with pytest.raises(InvalidTransition, match="has their money back"):
        packing.pack_parcel(STAFF, order.pk)

    assert get_amounts(order) == (6000, 6000, "refunded")
    assert list(Shipment.objects.order_by("number").values_list("state", flat=True))[2:] == ["packed"]
    resolve_alert(order, alerts.EXTERNAL_REFUND)
    sending.ship_parcel(STAFF, again.pk)  # the shop sends it all the same
    assert Order.objects.get().status == ("delivered" if has_delivered else "shipped")
    assert list_problems() == []


@pytest.mark.scaled
@pytest.mark.usefixtures("unthrottled")
@pytest.mark.parametrize("round_", range(10 if IS_SOAK else 2))
@pytest.mark.parametrize("amount", [6000, 1500])
def test_a_packed_parcel_is_sent_before_all_money_went_back_or_not_at_all(
    live_server: LiveServer, card_payments: CardPayments, order: Order, amount: int, round_: int
) -> None:
    shipment = pack(order, lamp=2)
    events = refund_at_provider(card_payments, order, amount)
    client = Client()
    client.force_login(User.objects.create_superuser("boss@example.com", "a staff of oak"))

    codes = run_together(
        partial(sending.ship_parcel, STAFF, shipment.pk),
        *(make_webhook_call(live_server.url, event) for event in events * 2),
        partial(client.post, f"/admin/orders/order/{order.pk}/action/ship/"),
    )

    assert set(codes[1:]) == {"done"}
    kinds, row = get_event_kinds(order.number), Order.objects.get()
    assert get_amounts(order) == (6000, amount, "refunded" if amount == 6000 else "partially_refunded")
    assert (alerts.EXTERNAL_REFUND in alerts.open_alerts(row), get_stock()) == (True, (7, 0))
    sent = Shipment.objects.exclude(shipped_at=None)
    if amount == 6000:
        refunded = kinds.index("refund_succeeded")
        assert all(kinds.index(kind) < refunded for kind in ("parcel_shipped", "shipped") if kind in kinds)
        assert row.status == ("shipped" if "shipped" in kinds else "processing")
    else:
        assert (row.status, sent.count()) == ("shipped", 2)
    assert list_problems() == []
    check_invariants(card_payments)


@pytest.mark.django_db
def test_what_is_back_is_counted_into_stock_once_all_money_went_back(card_payments: CardPayments, order: Order) -> None:
    shipment = send(order)
    outcomes.receive_parcel(STAFF, shipment.pk)
    item = order.items.get().pk
    with pytest.raises(InvalidTransition, match="restocked with their refund"):
        outcomes.count_parcel(STAFF, shipment.pk, {item: 2})
    for event in refund_at_provider(card_payments, order, 6000):
        card_payments.post_event(*event)

    outcomes.count_parcel(STAFF, shipment.pk, {item: 2})

    assert (get_stock(), order.items.values_list("refunded_quantity", "restocked_quantity").get()) == ((9, 0), (2, 2))
    assert list_problems() == []
    with pytest.raises(InvalidTransition, match="Only 1 unit"):
        outcomes.count_parcel(STAFF, shipment.pk, {item: 2})
