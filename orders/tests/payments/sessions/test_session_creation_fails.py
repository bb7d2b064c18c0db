"""The provider fails while a payment page is made (failure table: 3, 4, 5, 6)"""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from carts.models import CartItem
from carts.tests.factories import add
from core import outbox
from orders.models import Order, Payment
from orders.payments import sessions, stripe_gateway
from orders.tests.factories import create, customer
from orders.tests.payments.invariants import check_books, stock_of
from orders.tests.payments.till import Till, status_of
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
CREATION = {"method": "POST", "path": "checkout/sessions$"}
# What goes wrong, and the statuses of the calls that the shop makes; it tries once more where that is worth it.
NO_ANSWER: dict[str, tuple[dict[str, Any], str]] = {
    "500": ({"status": 500}, "5"),
    "409": ({"status": 409}, "5"),
    "429": ({"status": 429}, "10"),
    "closed before": ({"close": "before"}, "5"),
    "closed after": ({"close": "after"}, "5"),
}


def fail(till: Till, do: dict[str, Any], times: int = -1) -> None:
    """Let the making of payment pages fail."""
    till.emulator.faults({"match": CREATION, "times": times, "do": do})


def buyer() -> SchemaClient:
    """Return a buyer whose cart holds two of five lamps."""
    client = customer()
    add(client, make_product(sku="LAMP", stock=5), 2)
    return client


@pytest.mark.parametrize("what", NO_ANSWER)
def test_without_an_answer_the_order_waits_and_the_same_create_gets_one_page(till: Till, what: str) -> None:
    client, (do, seconds) = buyer(), NO_ANSWER[what]
    fail(till, do)

    response = till.order(client, "k-1")

    order = Order.objects.get()
    assert (response.status_code, response.json()["code"]) == (503, "payment_provider_unavailable")
    assert (response["Retry-After"], response.json()["details"]) == (seconds, {"order": order.number})
    assert (status_of(order.number), stock_of("LAMP")) == (("pending", "reserved", "created"), (5, 2))
    check_books(till)

    till.emulator.faults()
    again = till.order(client, "k-1")

    assert (again.status_code, again.json()["data"]["number"]) == (200, order.number)
    assert (Order.objects.count(), len(till.emulator.ledger())) == (1, 1)
    assert {row["key"] for row in till.emulator.requests()} == {str(Payment.objects.get().pk)}
    assert till.pay(again.json()["data"]) == [200] * 4
    assert status_of(order.number) == ("processing", "committed", "succeeded")
    check_books(till)


def test_without_an_answer_pay_gets_the_page_too(till: Till) -> None:
    client = buyer()
    fail(till, {"close": "after"})
    number = till.order(client).json()["details"]["order"]
    till.emulator.faults()

    response = client.post(f"/api/orders/{number}/pay/")

    session = till.emulator.ledger()[0]["session"]
    assert (response.status_code, response.json()["data"]["session_id"]) == (200, session)
    assert len(till.emulator.ledger()) == 1
    check_books(till)


def test_one_answer_that_is_lost_is_asked_for_again_at_once(till: Till) -> None:
    client = buyer()
    fail(till, {"close": "after"}, times=1)

    assert till.order(client).status_code == 201

    assert [row["status"] for row in till.emulator.requests()] == [None, 200]
    assert len(till.emulator.ledger()) == 1
    check_books(till)


def test_an_answer_that_takes_too_long_was_an_effect_and_is_found_again(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stripe_gateway, "READ", 0.3)
    client = buyer()
    fail(till, {"delay_ms": 600}, times=2)

    response = till.order(client)

    assert response.status_code == 503
    assert stock_of("LAMP") == (5, 2)
    assert till.order(client).json()["data"]["session_id"] == till.emulator.ledger()[0]["session"]
    assert len(till.emulator.ledger()) == 1
    check_books(till)
    while len(till.emulator.requests()) < 3:  # the calls that nobody waited for would show up in the next test
        time.sleep(0.05)


def test_an_error_after_the_effect_is_told_again_until_the_order_expires(till: Till) -> None:
    client = buyer()
    fail(till, {"status": 500, "after": True}, times=1)
    assert till.order(client, "k-1").status_code == 503
    assert till.order(client, "k-1").status_code == 503
    Order.objects.update(reserved_until="2025-01-01T00:00Z")

    response = till.order(client)

    assert response.status_code == 201
    assert [status_of(order.number)[0] for order in Order.objects.order_by("pk")] == ["expired", "pending"]
    assert stock_of("LAMP") == (5, 2)
    check_books(till)


@pytest.fixture
def closed_port() -> Iterator[str]:
    """An address at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_cash_on_delivery_works_while_the_provider_is_away(till: Till, settings: Settings, closed_port: str) -> None:
    client = buyer()
    settings.STRIPE_API_BASE = closed_port

    assert till.order(client).status_code == 503
    assert stock_of("LAMP") == (5, 2)
    response = create(client)

    assert (response.status_code, response.json()["data"]["status"]) == (201, "processing")
    assert [status_of(order.number)[0] for order in Order.objects.order_by("pk")] == ["cancelled", "processing"]
    assert (stock_of("LAMP"), CartItem.objects.count()) == ((3, 0), 0)
    check_books()


def test_a_guest_whose_order_waits_gets_its_token_with_the_refusal(till: Till) -> None:
    guest = SchemaClient()
    add(guest, make_product(sku="LAMP", stock=5), 2)
    fail(till, {"status": 500})
    details = till.order(guest).json()["details"]
    till.emulator.faults()

    response = SchemaClient().post(f"/api/orders/{details['order']}/pay/", headers={"X-Order-Token": details["order_token"]})

    assert (response.status_code, response.json()["data"]["status"]) == (200, "pending")
    check_books(till)


@pytest.mark.parametrize("status", [400, 401, 402])
def test_what_the_provider_refuses_is_taken_back_at_once(till: Till, status: int) -> None:
    client = buyer()
    fail(till, {"status": status})

    response = till.order(client, "k-1")

    assert (response.status_code, response.json()["code"]) == (502, "payment_setup_failed")
    assert "stand-in" not in response.content.decode()
    assert status_of(Order.objects.get().number) == ("cancelled", "released", "failed")
    assert stock_of("LAMP") == (5, 0)
    check_books(till)
    till.emulator.faults()
    assert till.order(client, "k-1").status_code == 201  # the key was given back
    check_books(till)


def test_a_key_that_the_provider_does_not_know_sells_nothing(till: Till, settings: Settings) -> None:
    client = buyer()
    settings.STRIPE_SECRET_KEY = "sk_live_that_the_emulator_refuses"

    response = till.order(client)

    assert (response.status_code, response.json()["code"]) == (502, "payment_setup_failed")
    assert settings.STRIPE_SECRET_KEY not in response.content.decode()
    assert stock_of("LAMP") == (5, 0)
    check_books(till)


@pytest.mark.parametrize(("price", "code"), [("0.20", "amount_too_small"), ("1000000.00", "amount_too_large")])
def test_a_total_that_no_card_is_charged_is_refused_by_its_code(till: Till, price: str, code: str) -> None:
    client = customer()
    add(client, make_product(sku="LAMP", stock=5, price=price))

    response = till.order(client)

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert status_of(Order.objects.get().number) == ("cancelled", "released", "failed")
    assert stock_of("LAMP") == (5, 0)
    check_books(till)


def test_a_page_that_was_made_and_not_kept_is_found_by_the_same_call(till: Till) -> None:
    client = buyer()
    client.raise_request_exception = False

    def breaks(execute: Any, sql: str, *given: Any) -> Any:
        if sql.startswith('UPDATE "orders_payment"'):
            raise OperationalError("the connection is lost")
        return execute(sql, *given)

    with connection.execute_wrapper(breaks):
        assert till.order(client).status_code in (500, 503)
    assert status_of(Order.objects.get().number) == ("pending", "reserved", "created")
    check_books(till)

    response = till.order(client)

    assert (response.status_code, len(till.emulator.ledger())) == (200, 1)
    assert response.json()["data"]["session_id"] == till.emulator.ledger()[0]["session"]
    check_books(till)


def test_an_order_cancelled_before_its_page_was_known_leaves_no_open_page(till: Till) -> None:
    client = buyer()
    fail(till, {"close": "after"})
    number = till.order(client).json()["details"]["order"]
    till.emulator.faults()

    assert client.post(f"/api/orders/{number}/cancel/").status_code == 200

    till.emulator.clock(3 * 3600)
    assert till.deliver() == [200]
    outbox.run_due()
    assert status_of(number) == ("cancelled", "released", "cancelled")
    check_books(till)


def test_an_order_cancelled_in_the_moment_in_which_its_page_is_known_is_cancelled(till: Till) -> None:
    client = buyer()
    fail(till, {"close": "after"})
    number = till.order(client).json()["details"]["order"]
    till.emulator.faults()
    order, payment = Order.objects.get(), Payment.objects.get()
    facts = stripe_gateway.open_session(order, list(order.items.all()), payment)
    is_known = False

    def knows(execute: Any, sql: str, *given: Any) -> Any:
        nonlocal is_known
        if sql.startswith('SELECT "orders_payment"."order_id"') and not is_known:
            is_known = True  # the answer of the other call is written after the wish to cancel was, and before it is done
            sessions.store_session(payment.pk, facts)
        return execute(sql, *given)

    with connection.execute_wrapper(knows):
        response = client.post(f"/api/orders/{number}/cancel/")

    outbox.run_due()
    assert (response.status_code, is_known) == (200, True)
    assert (status_of(number)[:2], stock_of("LAMP")) == (("cancelled", "released"), (5, 0))
    assert till.emulator.ledger()[0]["status"] == "expired"
    assert till.deliver() == [200]
    check_books(till)
