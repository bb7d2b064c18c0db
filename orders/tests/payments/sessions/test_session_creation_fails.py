"""The provider fails while a session is created (failure table: 3, 4, 5, 6)"""

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from carts.models import CartItem
from carts.tests.factories import add_to_cart
from core import outbox
from orders.models import Order, Payment
from orders.payments import sessions, stripe_gateway
from orders.tests.factories import create, customer
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import check_invariants, get_stock
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
CREATE_CALL = {"method": "POST", "path": "checkout/sessions$"}
# The fault, and the first digits of the statuses of the shop's calls; it retries once if that can help.
NO_ANSWER: dict[str, tuple[dict[str, Any], str]] = {
    "500": ({"status": 500}, "5"),
    "409": ({"status": 409}, "5"),
    "429": ({"status": 429}, "10"),
    "closed before": ({"close": "before"}, "5"),
    "closed after": ({"close": "after"}, "5"),
}


def fail_session_creation(card_payments: CardPayments, do: dict[str, Any], times: int = -1) -> None:
    """Make session creation fail."""
    card_payments.emulator.set_faults({"match": CREATE_CALL, "times": times, "do": do})


def make_buyer() -> SchemaClient:
    """Return a buyer whose cart holds two of five lamps."""
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=5), 2)
    return client


@pytest.mark.parametrize("case", NO_ANSWER)
def test_without_an_answer_the_order_waits_and_the_same_create_gets_one_page(card_payments: CardPayments, case: str) -> None:
    client, (do, seconds) = make_buyer(), NO_ANSWER[case]
    fail_session_creation(card_payments, do)

    response = card_payments.post_order(client, "k-1")

    order = Order.objects.get()
    assert (response.status_code, response.json()["code"]) == (503, "payment_provider_unavailable")
    assert (response["Retry-After"], response.json()["details"]) == (seconds, {"order": order.number})
    assert (get_statuses(order.number), get_stock("LAMP")) == (("pending", "reserved", "created"), (5, 2))
    check_invariants(card_payments)

    card_payments.emulator.set_faults()
    retry = card_payments.post_order(client, "k-1")

    assert (retry.status_code, retry.json()["data"]["number"]) == (200, order.number)
    assert (Order.objects.count(), len(card_payments.emulator.ledger())) == (1, 1)
    assert {row["key"] for row in card_payments.emulator.requests()} == {str(Payment.objects.get().pk)}
    assert card_payments.pay(retry.json()["data"]) == [200] * 4
    assert get_statuses(order.number) == ("processing", "committed", "succeeded")
    check_invariants(card_payments)


def test_without_an_answer_pay_gets_the_page_too(card_payments: CardPayments) -> None:
    client = make_buyer()
    fail_session_creation(card_payments, {"close": "after"})
    number = card_payments.post_order(client).json()["details"]["order"]
    card_payments.emulator.set_faults()

    response = client.post(f"/api/orders/{number}/pay/")

    session = card_payments.emulator.ledger()[0]["session"]
    assert (response.status_code, response.json()["data"]["session_id"]) == (200, session)
    assert len(card_payments.emulator.ledger()) == 1
    check_invariants(card_payments)


def test_one_answer_that_is_lost_is_asked_for_again_at_once(card_payments: CardPayments) -> None:
    client = make_buyer()
    fail_session_creation(card_payments, {"close": "after"}, times=1)

    assert card_payments.post_order(client).status_code == 201

    assert [row["status"] for row in card_payments.emulator.requests()] == [None, 200]
    assert len(card_payments.emulator.ledger()) == 1
    check_invariants(card_payments)


def test_an_answer_that_takes_too_long_was_an_effect_and_is_found_again(
    card_payments: CardPayments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_gateway, "READ_TIMEOUT", 0.3)
    client = make_buyer()
    fail_session_creation(card_payments, {"delay_ms": 600}, times=2)

    response = card_payments.post_order(client)

    assert response.status_code == 503
    assert get_stock("LAMP") == (5, 2)
    assert card_payments.post_order(client).json()["data"]["session_id"] == card_payments.emulator.ledger()[0]["session"]
    assert len(card_payments.emulator.ledger()) == 1
    check_invariants(card_payments)
    while len(card_payments.emulator.requests()) < 3:  # the abandoned calls would show up in the next test
        time.sleep(0.05)


def test_an_error_after_the_effect_is_replayed_until_the_order_expires(card_payments: CardPayments) -> None:
    client = make_buyer()
    fail_session_creation(card_payments, {"status": 500, "after": True}, times=1)
    assert card_payments.post_order(client, "k-1").status_code == 503
    assert card_payments.post_order(client, "k-1").status_code == 503
    Order.objects.update(reserved_until="2025-01-01T00:00Z")

    response = card_payments.post_order(client)

    assert response.status_code == 201
    assert [get_statuses(order.number)[0] for order in Order.objects.order_by("pk")] == ["expired", "pending"]
    assert get_stock("LAMP") == (5, 2)
    check_invariants(card_payments)


@pytest.fixture
def closed_port() -> Iterator[str]:
    """A URL at which no server listens."""
    with socket.socket() as bound_socket:
        bound_socket.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{bound_socket.getsockname()[1]}"


def test_cash_on_delivery_works_while_the_provider_is_away(
    card_payments: CardPayments, settings: Settings, closed_port: str
) -> None:
    client = make_buyer()
    settings.STRIPE_API_BASE = closed_port

    assert card_payments.post_order(client).status_code == 503
    assert get_stock("LAMP") == (5, 2)
    response = create(client)

    assert (response.status_code, response.json()["data"]["status"]) == (201, "processing")
    assert [get_statuses(order.number)[0] for order in Order.objects.order_by("pk")] == ["cancelled", "processing"]
    assert (get_stock("LAMP"), CartItem.objects.count()) == ((3, 0), 0)
    check_invariants()


def test_a_guest_whose_order_waits_gets_its_token_with_the_refusal(card_payments: CardPayments) -> None:
    guest = SchemaClient()
    add_to_cart(guest, make_product(sku="LAMP", stock=5), 2)
    fail_session_creation(card_payments, {"status": 500})
    details = card_payments.post_order(guest).json()["details"]
    card_payments.emulator.set_faults()

    response = SchemaClient().post(f"/api/orders/{details['order']}/pay/", headers={"X-Order-Token": details["order_token"]})

    assert (response.status_code, response.json()["data"]["status"]) == (200, "pending")
    check_invariants(card_payments)


@pytest.mark.parametrize("status", [400, 401, 402])
def test_what_the_provider_refuses_is_taken_back_at_once(card_payments: CardPayments, status: int) -> None:
    client = make_buyer()
    fail_session_creation(card_payments, {"status": status})

    response = card_payments.post_order(client, "k-1")

    assert (response.status_code, response.json()["code"]) == (502, "payment_setup_failed")
    assert "stand-in" not in response.content.decode()
    assert get_statuses(Order.objects.get().number) == ("cancelled", "released", "failed")
    assert get_stock("LAMP") == (5, 0)
    check_invariants(card_payments)
    card_payments.emulator.set_faults()
    assert card_payments.post_order(client, "k-1").status_code == 201  # the key was released
    check_invariants(card_payments)


def test_a_key_that_the_provider_does_not_know_sells_nothing(card_payments: CardPayments, settings: Settings) -> None:
    client = make_buyer()
    settings.STRIPE_SECRET_KEY = "sk_live_that_the_emulator_refuses"

    response = card_payments.post_order(client)

    assert (response.status_code, response.json()["code"]) == (502, "payment_setup_failed")
    assert settings.STRIPE_SECRET_KEY not in response.content.decode()
    assert get_stock("LAMP") == (5, 0)
    check_invariants(card_payments)


@pytest.mark.parametrize(("price", "code"), [("0.20", "amount_too_small"), ("1000000.00", "amount_too_large")])
def test_a_total_that_no_card_is_charged_is_refused_by_its_code(card_payments: CardPayments, price: str, code: str) -> None:
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=5, price=price))

    response = card_payments.post_order(client)

    assert (response.status_code, response.json()["code"]) == (400, code)
    assert get_statuses(Order.objects.get().number) == ("cancelled", "released", "failed")
    assert get_stock("LAMP") == (5, 0)
    check_invariants(card_payments)


def test_a_page_that_was_made_and_not_kept_is_found_by_the_same_call(card_payments: CardPayments) -> None:
    client = make_buyer()
    client.raise_request_exception = False

    def breaks(execute: Any, sql: str, *args: Any) -> Any:
        if sql.startswith('UPDATE "orders_payment"'):
            raise OperationalError("the connection is lost")
        return execute(sql, *args)

    with connection.execute_wrapper(breaks):
        assert card_payments.post_order(client).status_code in (500, 503)
    assert get_statuses(Order.objects.get().number) == ("pending", "reserved", "created")
    check_invariants(card_payments)

    response = card_payments.post_order(client)

    assert (response.status_code, len(card_payments.emulator.ledger())) == (200, 1)
    assert response.json()["data"]["session_id"] == card_payments.emulator.ledger()[0]["session"]
    check_invariants(card_payments)


def test_an_order_cancelled_before_its_page_was_known_leaves_no_open_page(card_payments: CardPayments) -> None:
    client = make_buyer()
    fail_session_creation(card_payments, {"close": "after"})
    number = card_payments.post_order(client).json()["details"]["order"]
    card_payments.emulator.set_faults()

    assert client.post(f"/api/orders/{number}/cancel/").status_code == 200

    card_payments.emulator.advance_clock(3 * 3600)
    assert card_payments.deliver_events() == [200]
    outbox.run_due()
    assert get_statuses(number) == ("cancelled", "released", "cancelled")
    check_invariants(card_payments)


def test_an_order_cancelled_while_its_page_becomes_known_is_cancelled(card_payments: CardPayments) -> None:
    client = make_buyer()
    fail_session_creation(card_payments, {"close": "after"})
    number = card_payments.post_order(client).json()["details"]["order"]
    card_payments.emulator.set_faults()
    order, payment = Order.objects.get(), Payment.objects.get()
    session = stripe_gateway.create_session(order, list(order.items.all()), payment)
    is_known = False

    def knows(execute: Any, sql: str, *args: Any) -> Any:
        nonlocal is_known
        if sql.startswith('SELECT "orders_payment"."order_id"') and not is_known:
            is_known = True  # the other call's session is stored after the cancel request and before its execution
            sessions.store_session(payment.pk, session)
        return execute(sql, *args)

    with connection.execute_wrapper(knows):
        response = client.post(f"/api/orders/{number}/cancel/")

    outbox.run_due()
    assert (response.status_code, is_known) == (200, True)
    assert (get_statuses(number)[:2], get_stock("LAMP")) == (("cancelled", "released"), (5, 0))
    assert card_payments.emulator.ledger()[0]["status"] == "expired"
    assert card_payments.deliver_events() == [200]
    check_invariants(card_payments)
