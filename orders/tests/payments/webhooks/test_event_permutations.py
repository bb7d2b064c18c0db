"""The events of one payment in all orders, with duplicates and with verify-payment between: one end (failure table: 7, 8, 10)"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from pytest_django import Settings

from carts.tests.factories import add, cart_of, held
from core import outbox
from orders.models import Order, OrderEvent, Payment, StripeEvent
from orders.tests.factories import customer
from orders.tests.payments.invariants import (
    Event,
    altered,
    came,
    check_books,
    give,
    mails,
    owed,
    stock_of,
    verify_url,
)
from orders.tests.payments.till import Till, status_of
from products.models import StockMovement
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
COMPLETED, EXPIRED = "checkout.session.completed", "checkout.session.expired"
PAID, OVER = ("paid", "late_payment_accepted"), ("payment_failed", "expired", "cancelled")
Step = tuple[str, Callable[[], int]]


@pytest.fixture(autouse=True)
def shop_that_hears_of_everything(settings: Settings, unthrottled: None) -> None:
    """Let the merchant be owed his mails too, and pages ask as often as they like."""
    settings.SHOP_EMAIL = "owner@shop.example"


@pytest.fixture
def client() -> SchemaClient:
    """A buyer whose cart holds three lamps, two of which he orders, and a mug, which he orders too."""
    client = customer()
    add(client, make_product("Lamp", sku="LAMP", stock=5), 3)
    add(client, make_product("Mug", sku="MUG", stock=1))
    return client


@pytest.fixture
def order(client: SchemaClient, till: Till) -> dict[str, Any]:
    """That order, with its page open."""
    lines = [{"product_id": line["product_id"], "quantity": min(line["quantity"], 2)} for line in cart_of(client)["items"]]
    return till.placed(client, items=lines)


def end(client: SchemaClient, order: dict[str, Any]) -> dict[str, Any]:
    """Return all by which two ends of an order can differ, but for the way to them."""
    payments = Payment.objects.filter(order__number=order["number"])
    shown = client.get(f"/api/orders/{order['number']}/").json()["data"]
    row = Order.objects.get(number=order["number"])
    return {
        "states": status_of(order["number"]),
        "shown": (shown["status"], shown["payment_status"], "checkout_url" in shown),
        "stock": (stock_of("LAMP"), stock_of("MUG")),
        "sales": StockMovement.objects.filter(reason="sale").count(),
        "cart": held(cart_of(client)),
        "money": payments.aggregate(captured=Sum("captured_minor"), refunded=Sum("refunded_minor")),
        "jobs": owed(),
        "ends": OrderEvent.objects.filter(order=row, kind__in=OVER if row.paid_at is None else PAID).count(),
        "marks": (row.attention, row.cancel_reason, row.reserved_until is None, row.paid_at is None, row.expired_at is None),
        "failed": StripeEvent.objects.exclude(status__in=("done", "ignored")).count(),
    }


def ways(steps: list[Step], verify: Step) -> Iterator[list[Step]]:
    """Yield each order of the events, with duplicates and with verify-payment between and after; of few events at all places."""
    for number, way in enumerate(permutations(steps)):
        places = range(len(way) + 1)
        if len(steps) < 4:
            yield [step for step in way for _ in range(2)]
            yield [*way, *reversed(way)]
        for place in places if len(steps) < 4 else [places[number % len(places)]]:
            yield [*way[:place], verify, *way[place:], way[number % len(way)], verify]


def all_ends(till: Till, client: SchemaClient, order: dict[str, Any], events: dict[str, Event]) -> dict[str, Any]:
    """Go every way from the order as it is, fail where two ends differ, and return the one end."""
    steps: list[Step] = [(name, partial(_told, till, event)) for name, event in events.items()]
    verify: Step = ("verify", lambda: client.get(verify_url(order)).status_code)
    first: dict[str, Any] = {}
    for way in ways(steps, verify):
        with transaction.atomic():
            assert [step() for _, step in way] == [200] * len(way)
            found = end(client, order)
            check_books(till)
            transaction.set_rollback(True)
        first = first or found
        assert found == first, f"{[name for name, _ in way]} ends otherwise"
    return first


def _told(till: Till, event: Event) -> int:
    return give(till, event)[0]


def test_a_card_payment(till: Till, client: SchemaClient, order: dict[str, Any]) -> None:
    till.emulator.pay(order["session_id"])
    events = came(till)
    assert len(events) == 4

    found = all_ends(till, client, order, events)

    assert found["states"] == ("processing", "committed", "succeeded")
    assert found["shown"] == ("processing", "paid", False)
    assert (found["stock"], found["sales"], found["cart"]) == (((3, 0), (0, 0)), 2, {"LAMP": 1})
    assert found["money"] == {"captured": 6000, "refunded": 0}
    assert found["jobs"] == [f"{order['number']}:merchant:new_order", f"{order['number']}:paid"]
    assert (found["ends"], found["failed"], found["marks"]) == (1, 0, ("", "", True, False, True))


def test_a_card_that_was_declined_before(till: Till, client: SchemaClient, order: dict[str, Any]) -> None:
    till.emulator.decline(order["session_id"])
    declined = came(till)
    till.emulator.pay(order["session_id"])
    events = {**declined, COMPLETED: came(till)[COMPLETED]}

    found = all_ends(till, client, order, events)

    assert (found["states"], found["money"]["captured"]) == (("processing", "committed", "succeeded"), 6000)


def test_money_that_comes_later(till: Till, client: SchemaClient, order: dict[str, Any]) -> None:
    till.emulator.pay_later(order["session_id"])
    events = came(till)
    till.emulator.async_succeed(order["session_id"])
    events |= {name: event for name, event in came(till).items() if not name.startswith("charge.")}
    del events["payment_intent.created"]  # which is no news, and would make it five times as many ways
    assert len(events) == 4

    found = all_ends(till, client, order, events)

    assert found["states"] == ("processing", "committed", "succeeded")
    assert (found["stock"], found["sales"], found["cart"]) == (((3, 0), (0, 0)), 2, {"LAMP": 1})
    assert found["money"] == {"captured": 6000, "refunded": 0}
    assert found["jobs"] == [f"{order['number']}:merchant:new_order", f"{order['number']}:paid"]
    assert (found["ends"], found["failed"], found["marks"]) == (1, 0, ("", "", True, False, True))


def test_money_that_was_to_come_later_and_does_not(till: Till, client: SchemaClient, order: dict[str, Any]) -> None:
    till.emulator.pay_later(order["session_id"])
    events = came(till)
    till.emulator.async_fail(order["session_id"])
    events |= came(till)
    del events["payment_intent.created"]  # which is no news, and would make it five times as many ways
    assert len(events) == 4

    found = all_ends(till, client, order, events)

    assert found["states"] == ("expired", "released", "failed")
    assert found["shown"] == ("expired", "failed", False)
    assert (found["stock"], found["sales"], found["cart"]) == (((5, 0), (1, 0)), 0, {"LAMP": 3, "MUG": 1})
    assert found["jobs"] == [f"{order['number']}:payment_failed"]
    assert (found["ends"], found["failed"], found["marks"]) == (1, 0, ("", "", True, True, False))


def test_a_session_that_ends_unpaid(till: Till, client: SchemaClient, order: dict[str, Any]) -> None:
    till.emulator.decline(order["session_id"])
    till.emulator.clock(3600)
    events = came(till)
    assert set(events) == {"payment_intent.created", "payment_intent.payment_failed", EXPIRED}

    found = all_ends(till, client, order, events)

    assert found["states"] == ("expired", "released", "expired")
    assert found["shown"] == ("expired", "unpaid", False)
    assert (found["stock"], found["sales"], found["cart"]) == (((5, 0), (1, 0)), 0, {"LAMP": 3, "MUG": 1})
    assert (found["jobs"], found["ends"], found["failed"]) == ([], 1, 0)


def test_an_order_that_was_cancelled(till: Till, client: SchemaClient, order: dict[str, Any]) -> None:
    till.emulator.decline(order["session_id"])
    client.post(f"/api/orders/{order['number']}/cancel/", {"reason": "changed my mind"})

    found = all_ends(till, client, order, came(till))

    assert found["states"] == ("cancelled", "released", "cancelled")
    assert (found["stock"], found["cart"], found["ends"]) == (((5, 0), (1, 0)), {"LAMP": 3, "MUG": 1}, 1)


def test_paid_wins_over_expired_whichever_is_told_first(till: Till, client: SchemaClient, order: dict[str, Any]) -> None:
    till.emulator.pay(order["session_id"])
    completed = came(till)[COMPLETED]
    expired = altered(completed[0], EXPIRED, status="expired", payment_status="unpaid", payment_intent=None)
    events = {COMPLETED: completed, EXPIRED: expired}

    found = all_ends(till, client, order, events)

    assert found["states"] == ("processing", "committed", "succeeded")
    assert (found["stock"], found["sales"], found["cart"]) == (((3, 0), (0, 0)), 2, {"LAMP": 1})
    assert found["money"] == {"captured": 6000, "refunded": 0}


@pytest.mark.parametrize("succeeds", [True, False])
def test_money_that_comes_later_or_not_at_every_place(
    till: Till, client: SchemaClient, order: dict[str, Any], succeeds: bool
) -> None:
    till.emulator.pay_later(order["session_id"])
    completed = came(till)[COMPLETED]
    (till.emulator.async_succeed if succeeds else till.emulator.async_fail)(order["session_id"])
    told = {name: event for name, event in came(till).items() if name.startswith("checkout.")}

    found = all_ends(till, client, order, {COMPLETED: completed, **told})

    assert found["states"] == (("processing", "committed", "succeeded") if succeeds else ("expired", "released", "failed"))


def test_between_the_promise_of_money_and_its_coming_the_stock_is_held(
    till: Till, client: SchemaClient, order: dict[str, Any]
) -> None:
    till.emulator.pay_later(order["session_id"])
    events = came(till)

    found = all_ends(till, client, order, {name: events[name] for name in events if name == COMPLETED})

    assert found["states"] == ("pending", "reserved", "processing")
    assert found["shown"] == ("pending", "processing", False)
    assert found["stock"] == ((5, 2), (1, 1))
    assert give(till, events[COMPLETED]) == [200]
    row = Order.objects.get()
    assert row.reserved_until is not None
    assert 6.9 < (row.reserved_until - row.placed_at).total_seconds() / 86400 < 7.1
    assert till.order(client).status_code in (200, 409)
    assert (Order.objects.count(), mails("paid")) == (1, 0)
    outbox.run_due()
    check_books(till)
