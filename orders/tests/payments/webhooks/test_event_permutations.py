"""The events of a payment in every order, duplicated and mixed with verify-payment: one outcome (failure table: 7, 8, 10)"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from pytest_django import Settings

from carts.tests.factories import add_to_cart, get_cart, units_by_sku
from core import outbox
from orders.models import Order, OrderEvent, Payment, StripeEvent
from orders.tests.factories import customer
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import (
    Event,
    alter_event,
    check_invariants,
    count_mails,
    get_job_keys,
    get_stock,
    get_verify_url,
    post_events,
    take_events,
)
from products.models import StockMovement
from products.tests.factories import make_product
from tests.profile import IS_SOAK
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.scaled]
COMPLETED, EXPIRED = "checkout.session.completed", "checkout.session.expired"
PAID, CLOSED = ("paid", "late_payment_accepted"), ("payment_failed", "expired", "cancelled")
Step = tuple[str, Callable[[], int]]


@pytest.fixture(autouse=True)
def shop_that_hears_of_everything(settings: Settings, unthrottled: None) -> None:
    """Send the merchant's emails too, and do not throttle verify-payment."""
    settings.SHOP_EMAIL = "owner@shop.example"


@pytest.fixture
def client() -> SchemaClient:
    """A buyer whose cart holds three lamps and a mug, of which two lamps and the mug are ordered."""
    client = customer()
    add_to_cart(client, make_product("Lamp", sku="LAMP", stock=5), 3)
    add_to_cart(client, make_product("Mug", sku="MUG", stock=1))
    return client


@pytest.fixture
def order(client: SchemaClient, card_payments: CardPayments) -> dict[str, Any]:
    """That order, with its payment page open."""
    lines = [{"product_id": line["product_id"], "quantity": min(line["quantity"], 2)} for line in get_cart(client)["items"]]
    return card_payments.place_order(client, items=lines)


def get_outcome(client: SchemaClient, order: dict[str, Any]) -> dict[str, Any]:
    """Return everything in which two outcomes of an order can differ, except the path to them."""
    payments = Payment.objects.filter(order__number=order["number"])
    order_data = client.get(f"/api/orders/{order['number']}/").json()["data"]
    row = Order.objects.get(number=order["number"])
    return {
        "states": get_statuses(order["number"]),
        "shown": (order_data["status"], order_data["payment_status"], "checkout_url" in order_data),
        "stock": (get_stock("LAMP"), get_stock("MUG")),
        "sales": StockMovement.objects.filter(reason="sale").count(),
        "cart": units_by_sku(get_cart(client)),
        "money": payments.aggregate(captured=Sum("captured_minor"), refunded=Sum("refunded_minor")),
        "jobs": get_job_keys(),
        "ends": OrderEvent.objects.filter(order=row, kind__in=CLOSED if row.paid_at is None else PAID).count(),
        "marks": (row.attention, row.cancel_reason, row.reserved_until is None, row.paid_at is None, row.expired_at is None),
        "failed": StripeEvent.objects.exclude(status__in=("done", "ignored")).count(),
    }


def iter_paths(steps: list[Step], verify: Step) -> Iterator[list[Step]]:
    """Yield each order of the events, with duplicates and with verify-payment in between and last (few events: at every place)."""
    for number, way in enumerate(permutations(steps)):
        if len(steps) > 3 and not IS_SOAK and number % 3:
            continue  # of four events eight orders are left, in which each comes first twice; `make soak` goes all of them
        places = range(len(way) + 1)
        if len(steps) < 4:
            yield [step for step in way for _ in range(2)]
            yield [*way, *reversed(way)]
        for place in places if len(steps) < 4 else [places[number % len(places)]]:
            yield [*way[:place], verify, *way[place:], way[number % len(way)], verify]


def run_all_paths(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any], events: dict[str, Event]
) -> dict[str, Any]:
    """Run every path from the current state, fail if two outcomes differ, and return the outcome."""
    steps: list[Step] = [(name, partial(_post_event, card_payments, event)) for name, event in events.items()]
    verify: Step = ("verify", lambda: client.get(get_verify_url(order)).status_code)
    first: dict[str, Any] = {}
    for way in iter_paths(steps, verify):
        with transaction.atomic():
            assert [step() for _, step in way] == [200] * len(way)
            outcome = get_outcome(client, order)
            check_invariants(card_payments)
            transaction.set_rollback(True)
        first = first or outcome
        assert outcome == first, f"{[name for name, _ in way]} ends otherwise"
    return first


def _post_event(card_payments: CardPayments, event: Event) -> int:
    return post_events(card_payments, event)[0]


def test_a_card_payment(card_payments: CardPayments, client: SchemaClient, order: dict[str, Any]) -> None:
    card_payments.emulator.pay(order["session_id"])
    events = take_events(card_payments)
    assert len(events) == 4

    outcome = run_all_paths(card_payments, client, order, events)

    assert outcome["states"] == ("processing", "committed", "succeeded")
    assert outcome["shown"] == ("processing", "paid", False)
    assert (outcome["stock"], outcome["sales"], outcome["cart"]) == (((3, 0), (0, 0)), 2, {"LAMP": 1})
    assert outcome["money"] == {"captured": 6000, "refunded": 0}
    assert outcome["jobs"] == [f"{order['number']}:merchant:new_order", f"{order['number']}:paid"]
    assert (outcome["ends"], outcome["failed"], outcome["marks"]) == (1, 0, ("", "", True, False, True))


@pytest.mark.once
def test_a_card_that_was_declined_before(card_payments: CardPayments, client: SchemaClient, order: dict[str, Any]) -> None:
    card_payments.emulator.decline(order["session_id"])
    declined = take_events(card_payments)
    card_payments.emulator.pay(order["session_id"])
    events = {**declined, COMPLETED: take_events(card_payments)[COMPLETED]}

    outcome = run_all_paths(card_payments, client, order, events)

    assert (outcome["states"], outcome["money"]["captured"]) == (("processing", "committed", "succeeded"), 6000)


@pytest.mark.once
def test_money_that_comes_later(card_payments: CardPayments, client: SchemaClient, order: dict[str, Any]) -> None:
    card_payments.emulator.pay_later(order["session_id"])
    events = take_events(card_payments)
    card_payments.emulator.async_succeed(order["session_id"])
    events |= {name: event for name, event in take_events(card_payments).items() if not name.startswith("charge.")}
    del events["payment_intent.created"]  # changes nothing, and would multiply the paths by five
    assert len(events) == 4

    outcome = run_all_paths(card_payments, client, order, events)

    assert outcome["states"] == ("processing", "committed", "succeeded")
    assert (outcome["stock"], outcome["sales"], outcome["cart"]) == (((3, 0), (0, 0)), 2, {"LAMP": 1})
    assert outcome["money"] == {"captured": 6000, "refunded": 0}
    assert outcome["jobs"] == [f"{order['number']}:merchant:new_order", f"{order['number']}:paid"]
    assert (outcome["ends"], outcome["failed"], outcome["marks"]) == (1, 0, ("", "", True, False, True))


@pytest.mark.once
def test_money_that_was_to_come_later_and_does_not(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any]
) -> None:
    card_payments.emulator.pay_later(order["session_id"])
    events = take_events(card_payments)
    card_payments.emulator.async_fail(order["session_id"])
    events |= take_events(card_payments)
    del events["payment_intent.created"]  # changes nothing, and would multiply the paths by five
    assert len(events) == 4

    outcome = run_all_paths(card_payments, client, order, events)

    assert outcome["states"] == ("expired", "released", "failed")
    assert outcome["shown"] == ("expired", "failed", False)
    assert (outcome["stock"], outcome["sales"], outcome["cart"]) == (((5, 0), (1, 0)), 0, {"LAMP": 3, "MUG": 1})
    assert outcome["jobs"] == [f"{order['number']}:payment_failed"]
    assert (outcome["ends"], outcome["failed"], outcome["marks"]) == (1, 0, ("", "", True, True, False))


@pytest.mark.once
def test_a_session_that_ends_unpaid(card_payments: CardPayments, client: SchemaClient, order: dict[str, Any]) -> None:
    card_payments.emulator.decline(order["session_id"])
    card_payments.emulator.advance_clock(3600)
    events = take_events(card_payments)
    assert set(events) == {"payment_intent.created", "payment_intent.payment_failed", EXPIRED}

    outcome = run_all_paths(card_payments, client, order, events)

    assert outcome["states"] == ("expired", "released", "expired")
    assert outcome["shown"] == ("expired", "unpaid", False)
    assert (outcome["stock"], outcome["sales"], outcome["cart"]) == (((5, 0), (1, 0)), 0, {"LAMP": 3, "MUG": 1})
    assert (outcome["jobs"], outcome["ends"], outcome["failed"]) == ([], 1, 0)


@pytest.mark.once
def test_an_order_that_was_cancelled(card_payments: CardPayments, client: SchemaClient, order: dict[str, Any]) -> None:
    card_payments.emulator.decline(order["session_id"])
    client.post(f"/api/orders/{order['number']}/cancel/", {"reason": "changed my mind"})

    outcome = run_all_paths(card_payments, client, order, take_events(card_payments))

    assert outcome["states"] == ("cancelled", "released", "cancelled")
    assert (outcome["stock"], outcome["cart"], outcome["ends"]) == (((5, 0), (1, 0)), {"LAMP": 3, "MUG": 1}, 1)


@pytest.mark.once
def test_paid_wins_over_expired_whichever_arrives_first(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any]
) -> None:
    card_payments.emulator.pay(order["session_id"])
    completed = take_events(card_payments)[COMPLETED]
    expired = alter_event(completed[0], EXPIRED, status="expired", payment_status="unpaid", payment_intent=None)
    events = {COMPLETED: completed, EXPIRED: expired}

    outcome = run_all_paths(card_payments, client, order, events)

    assert outcome["states"] == ("processing", "committed", "succeeded")
    assert (outcome["stock"], outcome["sales"], outcome["cart"]) == (((3, 0), (0, 0)), 2, {"LAMP": 1})
    assert outcome["money"] == {"captured": 6000, "refunded": 0}


@pytest.mark.once
@pytest.mark.parametrize("succeeds", [True, False])
def test_money_that_comes_later_or_not_at_every_place(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any], succeeds: bool
) -> None:
    card_payments.emulator.pay_later(order["session_id"])
    completed = take_events(card_payments)[COMPLETED]
    (card_payments.emulator.async_succeed if succeeds else card_payments.emulator.async_fail)(order["session_id"])
    events = {name: event for name, event in take_events(card_payments).items() if name.startswith("checkout.")}

    outcome = run_all_paths(card_payments, client, order, {COMPLETED: completed, **events})

    assert outcome["states"] == (("processing", "committed", "succeeded") if succeeds else ("expired", "released", "failed"))


@pytest.mark.once
def test_between_the_promise_of_money_and_its_coming_the_stock_is_held(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any]
) -> None:
    card_payments.emulator.pay_later(order["session_id"])
    events = take_events(card_payments)

    outcome = run_all_paths(card_payments, client, order, {name: events[name] for name in events if name == COMPLETED})

    assert outcome["states"] == ("pending", "reserved", "processing")
    assert outcome["shown"] == ("pending", "processing", False)
    assert outcome["stock"] == ((5, 2), (1, 1))
    assert post_events(card_payments, events[COMPLETED]) == [200]
    row = Order.objects.get()
    assert row.reserved_until is not None
    assert 6.9 < (row.reserved_until - row.placed_at).total_seconds() / 86400 < 7.1
    assert card_payments.post_order(client).status_code in (200, 409)
    assert (Order.objects.count(), count_mails("paid")) == (1, 0)
    outbox.run_due()
    check_invariants(card_payments)
