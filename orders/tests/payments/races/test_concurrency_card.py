"""Paying by card, many at once: the last unit is promised once, two tabs get one session, one payment is settled once"""

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

from accounts.tests.factories import access_token, make_user
from carts.tests.factories import add, guest_with, signed_in
from core.models import Job
from orders.models import Order, OrderEvent, Payment
from orders.payments import settlement
from orders.payments.provider_state import session_facts
from orders.tests.factories import form
from orders.tests.payments.till import WEBHOOK, Till, till_of
from products.models import StockMovement
from products.tests.factories import make_product, make_products, variant_of
from tests.crowd import Answer, Caller, at_once, statuses
from tests.emulator.processes import Emulator
from tests.emulator.webhook_receivers import Receiver

CREATE = "/api/orders/create/"


@pytest.fixture
def till(settings: Settings, emulator: Emulator, webhooks: Receiver, live_server: LiveServer) -> Till:
    """The shop takes cards, and is served."""
    return till_of(settings, emulator, webhooks)


def card(**given: Any) -> dict[str, Any]:
    """Return the body of an order by card."""
    return form(payment_method="stripe", **given)


def add_up() -> None:
    """Hold that the books add up."""
    call_command("check_integrity", stdout=StringIO())


def test_sixteen_buyers_of_the_last_unit_get_one_session(till: Till, live_server: LiveServer) -> None:
    lamp = make_product(stock=1)
    guests = [Caller(live_server.url, {"X-Cart-Token": guest_with(lamp)}) for _ in range(16)]

    answers = at_once([caller.posting(CREATE, card()) for caller in guests])

    assert statuses(answers) == {201: 1, 409: 15}
    assert (variant_of(lamp).stock, variant_of(lamp).reserved) == (1, 1)
    assert len(till.emulator.ledger()) == 1
    add_up()


@pytest.mark.parametrize("keys", [[""] * 6, ["k"] * 6, [f"k-{number}" for number in range(6)]], ids=["none", "one", "own"])
def test_six_tabs_at_once_get_one_order_and_one_page(till: Till, live_server: LiveServer, keys: list[str]) -> None:
    caller = Caller(live_server.url, {"X-Cart-Token": guest_with(make_product(stock=5), 2)})

    answers = at_once([caller.posting(CREATE, card(), **({"Idempotency-Key": key} if key else {})) for key in keys])

    found = [answer.body["data"] for answer in answers if answer.status in (200, 201)]
    assert len(found) == 6, [answer.body for answer in answers]
    assert len({order["number"] for order in found}) == len({order["checkout_url"] for order in found}) == 1
    assert (Order.objects.count(), len(till.emulator.ledger())) == (1, 1)
    add_up()


def test_one_payment_is_settled_once_whoever_brings_it(till: Till, live_server: LiveServer) -> None:
    user = make_user()
    lamp = make_product(sku="LAMP", stock=5)
    add(signed_in(user), lamp, 2)
    caller = Caller(live_server.url, {"Authorization": f"Bearer {access_token(user)}"})
    order = caller.post(CREATE, card()).body["data"]
    till.emulator.pay(order["session_id"])
    assert till.emulator.wait()
    calls = [one for one in till.webhooks.taken() if one.event["type"] == "checkout.session.completed"] * 8
    stripe = Caller(live_server.url, {"Stripe-Signature": calls[0].signature})
    payment = Payment.objects.get()
    facts = session_facts(calls[0].event["data"]["object"])
    url = f"/api/orders/verify-payment/?session_id={order['session_id']}"

    def settle() -> None:
        try:
            settlement.apply_session(payment.pk, facts)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        mine = pool.submit(settle)
        answers = at_once(
            [
                *(partial(stripe.send_raw, "POST", WEBHOOK, call.body) for call in calls),
                *[caller.sending("GET", url, {})] * 4,
            ]
        )
        mine.result()

    assert statuses(answers) == {200: 12}
    assert (variant_of(lamp).stock, variant_of(lamp).reserved) == (3, 0)
    assert StockMovement.objects.filter(reason="sale").count() == 1
    assert OrderEvent.objects.filter(kind="paid").count() == 1
    assert Job.objects.filter(kind="order_mail").count() == 1
    add_up()


def test_orders_of_the_same_products_in_opposite_order_never_wait_for_each_other_for_ever(
    till: Till, live_server: LiveServer
) -> None:
    products = make_products(*(f"Product {number}" for number in range(4)))
    callers = []
    for number in range(24):
        user = make_user(f"buyer-{number}@example.com")
        for product in products if number % 2 else reversed(products):
            add(signed_in(user), product)
        callers.append(Caller(live_server.url, {"Authorization": f"Bearer {access_token(user)}"}))

    answers = at_once([caller.posting(CREATE, card()) for caller in callers])

    assert set(statuses(answers)) <= {201, 409}
    assert statuses(answers)[201] == 10
    assert all(variant_of(product).reserved == 10 for product in products)
    add_up()


def test_paying_and_cancelling_at_once_end_in_one_of_the_two(till: Till, live_server: LiveServer) -> None:
    user = make_user()
    lamp = make_product(sku="LAMP", stock=5)
    caller = Caller(live_server.url, {"Authorization": f"Bearer {access_token(user)}"})
    for _ in range(4):
        add(signed_in(user), lamp)
        order = caller.post(CREATE, card()).body["data"]

        def pay(session: str = order["session_id"]) -> Answer:
            answer = till.emulator.ask("POST", f"/pay/{session}", "act=pay", Content_Type="application/x-www-form-urlencoded")
            return Answer(answer.status, {})

        answers = at_once([caller.posting(f"/api/orders/{order['number']}/cancel/", {}), pay])
        till.deliver()

        placed = Order.objects.get(number=order["number"])
        assert (answers[0].status, placed.status) in ((200, "cancelled"), (409, "processing")), json.dumps(answers[0].body)
        captured = next(row["captured"] for row in till.emulator.ledger() if row["order"] == order["number"])
        assert (captured > 0) == (placed.status == "processing")
        caller.sending("DELETE", "/api/cart/clear/", {})()
        add_up()
