"""Concurrent card payments: the last unit is reserved once, two tabs get one session, a payment is settled once"""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import make_access_token, make_user
from carts.tests.factories import add_to_cart, make_guest_cart, signed_in_client
from core.models import Job
from orders.models import Order, OrderEvent, Payment
from orders.payments import settlement
from orders.payments.provider_state import parse_session
from orders.tests.factories import order_body
from orders.tests.payments.card_payments import WEBHOOK, CardPayments, use_emulator
from products.models import StockMovement
from products.tests.factories import get_only_variant, make_product, make_products
from tests.concurrent_requests import Caller, Response, at_once, count_statuses
from tests.emulator.processes import Emulator
from tests.emulator.webhook_receivers import WebhookReceiver

CREATE = "/api/orders/create/"


@pytest.fixture
def card_payments(settings: Settings, emulator: Emulator, webhooks: WebhookReceiver, live_server: LiveServer) -> CardPayments:
    """The shop takes cards and runs as a live server."""
    return use_emulator(settings, emulator, webhooks)


def make_card_order(**fields: Any) -> dict[str, Any]:
    """Return the body of an order by card."""
    return order_body(payment_method="stripe", **fields)


def make_unique_order(number: int) -> dict[str, Any]:
    """Return the body of an order by card with contact data that no other number has."""
    phone = f"+91 98765 4{number:04}"
    return make_card_order(email=f"buyer{number}@example.com", phone=phone)


def check_consistency() -> None:
    """Assert that stock movements match the units sold."""
    call_command("check_integrity", stdout=StringIO())


def test_sixteen_buyers_of_the_last_unit_get_one_session(card_payments: CardPayments, live_server: LiveServer) -> None:
    lamp = make_product(stock=1)
    guests = [Caller(live_server.url, {"X-Cart-Token": make_guest_cart(lamp)}) for _ in range(16)]

    responses = at_once([caller.make_post(CREATE, make_card_order()) for caller in guests])

    assert count_statuses(responses) == {201: 1, 409: 15}
    assert (get_only_variant(lamp).stock, get_only_variant(lamp).reserved) == (1, 1)
    assert len(card_payments.emulator.ledger()) == 1
    check_consistency()


@pytest.mark.parametrize("keys", [[""] * 6, ["k"] * 6, [f"k-{number}" for number in range(6)]], ids=["none", "one", "own"])
def test_six_tabs_at_once_get_one_order_and_one_page(card_payments: CardPayments, live_server: LiveServer, keys: list[str]) -> None:
    caller = Caller(live_server.url, {"X-Cart-Token": make_guest_cart(make_product(stock=5), 2)})

    responses = at_once([caller.make_post(CREATE, make_card_order(), **({"Idempotency-Key": key} if key else {})) for key in keys])

    orders = [response.body["data"] for response in responses if response.status in (200, 201)]
    assert len(orders) == 6, [response.body for response in responses]
    assert len({order["number"] for order in orders}) == len({order["checkout_url"] for order in orders}) == 1
    assert (Order.objects.count(), len(card_payments.emulator.ledger())) == (1, 1)
    check_consistency()


def test_one_payment_is_settled_once_however_it_is_reported(card_payments: CardPayments, live_server: LiveServer) -> None:
    user = make_user()
    lamp = make_product(sku="LAMP", stock=5)
    add_to_cart(signed_in_client(user), lamp, 2)
    caller = Caller(live_server.url, {"Authorization": f"Bearer {make_access_token(user)}"})
    order = caller.post(CREATE, make_card_order()).body["data"]
    card_payments.emulator.pay(order["session_id"])
    assert card_payments.emulator.wait_for_deliveries()
    calls = [
        request for request in card_payments.webhooks.pop_requests() if request.event["type"] == "checkout.session.completed"
    ] * 8
    stripe = Caller(live_server.url, {"Stripe-Signature": calls[0].signature})
    payment = Payment.objects.get()
    session = parse_session(calls[0].event["data"]["object"])
    url = f"/api/orders/verify-payment/?session_id={order['session_id']}"

    def settle() -> None:
        try:
            settlement.apply_session(payment.pk, session)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        direct_settlement = pool.submit(settle)
        responses = at_once(
            [
                *(partial(stripe.send_raw, "POST", WEBHOOK, call.body) for call in calls),
                *[caller.make_call("GET", url, {})] * 4,
            ]
        )
        direct_settlement.result()

    assert count_statuses(responses) == {200: 12}
    assert (get_only_variant(lamp).stock, get_only_variant(lamp).reserved) == (3, 0)
    assert StockMovement.objects.filter(reason="sale").count() == 1
    assert OrderEvent.objects.filter(kind="paid").count() == 1
    assert Job.objects.filter(kind="order_mail").count() == 1
    check_consistency()


def test_orders_of_the_same_products_in_opposite_order_never_wait_for_each_other_for_ever(
    card_payments: CardPayments, live_server: LiveServer
) -> None:
    products = make_products(*(f"Product {number}" for number in range(4)))
    callers = []
    for number in range(24):
        user = make_user(f"buyer-{number}@example.com")
        for product in products if number % 2 else reversed(products):
            add_to_cart(signed_in_client(user), product)
        callers.append(Caller(live_server.url, {"Authorization": f"Bearer {make_access_token(user)}"}))

    responses = at_once([caller.make_post(CREATE, make_card_order()) for caller in callers])

    assert set(count_statuses(responses)) <= {201, 409}
    assert count_statuses(responses)[201] == 10
    assert all(get_only_variant(product).reserved == 10 for product in products)
    check_consistency()


def test_paying_and_cancelling_at_once_end_in_one_of_the_two(card_payments: CardPayments, live_server: LiveServer) -> None:
    user = make_user()
    lamp = make_product(sku="LAMP", stock=5)
    caller = Caller(live_server.url, {"Authorization": f"Bearer {make_access_token(user)}"})
    for _ in range(4):
        add_to_cart(signed_in_client(user), lamp)
        order = caller.post(CREATE, make_card_order()).body["data"]

        def pay(session: str = order["session_id"]) -> Response:
            response = card_payments.emulator.request(
                "POST", f"/pay/{session}", "act=pay", Content_Type="application/x-www-form-urlencoded"
            )
            return Response(response.status, {})

        responses = at_once([caller.make_post(f"/api/orders/{order['number']}/cancel/", {}), pay])
        card_payments.deliver_events()

        placed = Order.objects.get(number=order["number"])
        assert (responses[0].status, placed.status) in ((200, "cancelled"), (409, "processing")), json.dumps(responses[0].body)
        captured = next(row["captured"] for row in card_payments.emulator.ledger() if row["order"] == order["number"])
        assert (captured > 0) == (placed.status == "processing")
        caller.make_call("DELETE", "/api/cart/clear/", {})()
        check_consistency()


def test_of_twenty_unpaid_orders_of_a_buyer_at_once_exactly_three_are_placed(
    card_payments: CardPayments, live_server: LiveServer, settings: Settings
) -> None:
    settings.MAX_UNPAID_ORDERS = 3
    goods = make_products("Lamp", "Mug", "Pot", "Pen")  # otherwise they would wait for the only variant
    guests = [Caller(live_server.url, {"X-Cart-Token": make_guest_cart(goods[number % 4])}) for number in range(20)]

    responses = at_once([caller.make_post(CREATE, make_card_order(email="ada@example.com")) for caller in guests])

    assert count_statuses(responses) == {201: 3, 409: 17}
    assert {response.body["code"] for response in responses if response.status == 409} == {"too_many_unpaid_orders"}
    assert (Order.objects.count(), sum(get_only_variant(product).reserved for product in goods)) == (3, 3)
    check_consistency()


def test_of_twenty_guests_of_a_network_at_once_exactly_five_hold_stock(
    card_payments: CardPayments, live_server: LiveServer, settings: Settings
) -> None:
    settings.MAX_UNPAID_ORDERS_PER_NETWORK = 5
    goods = make_products("Lamp", "Mug", "Pot", "Pen")
    guests = [Caller(live_server.url, {"X-Cart-Token": make_guest_cart(goods[number % 4])}) for number in range(20)]

    responses = at_once([caller.make_post(CREATE, make_unique_order(number)) for number, caller in enumerate(guests)])

    assert count_statuses(responses) == {201: 5, 409: 15}
    assert sum(get_only_variant(product).reserved for product in goods) == 5
    check_consistency()
