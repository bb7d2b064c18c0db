"""An order with two payments, made by hand: the shop itself never makes a second one (failure table: 17)"""

import uuid
from typing import Any

import pytest

from carts.tests.factories import add, cart_of, held
from core import outbox
from orders.models import Order, Payment, Refund
from orders.payments import sessions, stripe_gateway
from orders.tests.factories import customer
from orders.tests.payments.invariants import check_books, kinds, mails, owed, stock_of, verify_url
from orders.tests.payments.till import Till
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> SchemaClient:
    """A buyer whose cart holds two of five lamps."""
    client = customer()
    add(client, make_product(sku="LAMP", stock=5), 2)
    return client


@pytest.fixture
def order(till: Till, client: SchemaClient) -> dict[str, Any]:
    """His order, whose page is open."""
    return till.placed(client)


@pytest.fixture
def second(order: dict[str, Any]) -> str:
    """The session of another payment of the order, open too."""
    payment = Payment.objects.get()
    payment.pk, payment.session_id, payment.state, payment._state.adding = uuid.uuid4(), None, "created", True
    payment.save(force_insert=True)
    row = Order.objects.get()
    facts = stripe_gateway.open_session(row, list(row.items.all()), payment)
    sessions.store_session(payment.pk, facts)
    assert facts.id != order["session_id"]
    return facts.id


def states() -> list[str]:
    """Return the states of the payments, in the order in which they were made."""
    return list(Payment.objects.order_by("session_id").values_list("state", flat=True))


@pytest.mark.parametrize("is_reversed", [False, True])
def test_of_two_that_were_paid_the_later_goes_back(
    till: Till, client: SchemaClient, order: dict[str, Any], second: str, is_reversed: bool
) -> None:
    first, last = (second, order["session_id"]) if is_reversed else (order["session_id"], second)
    till.emulator.pay(first)
    till.emulator.pay(last)

    assert till.deliver() == [200] * 8

    row, refund = Order.objects.get(), Refund.objects.get()
    assert (row.status, row.stock_state, row.attention) == ("processing", "committed", "duplicate_payment")
    assert (refund.payment.session_id, refund.source, refund.amount_minor) == (last, "auto", 4000)
    assert (stock_of("LAMP"), held(cart_of(client)), mails("paid")) == ((3, 0), {}, 1)
    assert outbox.run_due()[1] == 0
    assert set(till.deliver()) == {200}
    outbox.run_due()
    refund.refresh_from_db()
    row.refresh_from_db()
    assert (refund.state, row.attention, mails("refunded")) == ("succeeded", "duplicate_payment", 1)
    assert [row["refunded"] for row in till.emulator.ledger() if row["session"] == last] == [4000]
    assert kinds(order["number"]).count("paid") == 1
    check_books(till)


def test_an_order_whose_second_payment_went_back_is_shown_as_paid(
    till: Till, client: SchemaClient, order: dict[str, Any], second: str
) -> None:
    for session in (order["session_id"], second):
        till.emulator.pay(session)
    till.deliver()
    outbox.run_due()
    till.deliver()

    shown = client.get(verify_url(order)).json()["data"]

    assert (shown["order"]["payment_status"], shown["payment_verified"]) == ("paid", True)
    check_books(till)


def test_the_page_of_the_second_is_closed_once_the_first_is_paid(till: Till, order: dict[str, Any], second: str) -> None:
    assert till.pay(order) == [200] * 4
    payment = Payment.objects.get(session_id=second)
    assert f"close_session:{payment.pk}" in owed()

    outbox.run_due()

    assert [row["status"] for row in till.emulator.ledger()] == ["complete", "expired"]
    assert till.deliver() == [200]
    payment.refresh_from_db()
    assert (payment.state, Order.objects.get().status, stock_of("LAMP")) == ("expired", "processing", (3, 0))
    check_books(till)


def test_a_second_payment_made_before_its_page_could_be_closed_goes_back(till: Till, order: dict[str, Any], second: str) -> None:
    till.pay(order)
    till.emulator.pay(second)

    outbox.run_due()  # closing finds out that it was paid
    outbox.run_due()

    assert Refund.objects.get().state == "succeeded"
    assert Order.objects.get().attention == "duplicate_payment"
    assert set(till.deliver()) == {200}
    assert (Refund.objects.count(), stock_of("LAMP")) == (1, (3, 0))
    check_books(till)


def test_the_end_of_one_leaves_the_order_to_the_other(till: Till, client: SchemaClient, order: dict[str, Any], second: str) -> None:
    till.emulator.ask("POST", f"/v1/checkout/sessions/{order['session_id']}/expire", "", Authorization="Bearer sk_test_x")

    assert till.deliver() == [200]

    assert (Order.objects.get().status, stock_of("LAMP"), sorted(states())) == ("pending", (5, 2), ["expired", "open"])
    check_books(till)
    assert till.order(client).json()["data"]["session_id"] == second
    till.emulator.pay(second)
    assert till.deliver() == [200] * 4
    assert (Order.objects.get().status, stock_of("LAMP")) == ("processing", (3, 0))
    check_books(till)


def test_the_end_of_both_is_the_end(till: Till, order: dict[str, Any], second: str) -> None:
    till.emulator.clock(3 * 3600)

    assert till.deliver() == [200, 200]

    assert (Order.objects.get().status, stock_of("LAMP"), states()) == ("expired", (5, 0), ["expired", "expired"])
    check_books(till)


def test_cancelling_closes_both(till: Till, client: SchemaClient, order: dict[str, Any], second: str) -> None:
    assert client.post(f"/api/orders/{order['number']}/cancel/").status_code == 200

    assert [row["status"] for row in till.emulator.ledger()] == ["expired", "expired"]
    assert till.deliver() == [200, 200]
    assert (Order.objects.get().status, stock_of("LAMP"), states()) == ("cancelled", (5, 0), ["cancelled", "cancelled"])
    check_books(till)


def test_cancelling_while_one_was_paid_is_too_late(till: Till, client: SchemaClient, order: dict[str, Any], second: str) -> None:
    till.emulator.pay(second)

    response = client.post(f"/api/orders/{order['number']}/cancel/")

    assert (response.status_code, response.json()["code"]) == (409, "already_paid")
    assert (Order.objects.get().status, stock_of("LAMP")) == ("processing", (3, 0))
    till.deliver()
    assert outbox.run_due()[1] == 0
    assert set(till.deliver()) <= {200}
    check_books(till)


def test_a_delayed_payment_and_a_card_are_one_order_and_one_refund(till: Till, order: dict[str, Any], second: str) -> None:
    till.emulator.pay_later(order["session_id"])
    till.deliver()
    till.emulator.pay(second)
    till.deliver()
    outbox.run_due()
    till.emulator.async_succeed(order["session_id"])

    assert set(till.deliver()) == {200}

    assert Refund.objects.get().payment.session_id == order["session_id"]
    assert outbox.run_due()[1] == 0
    till.deliver()
    assert (Order.objects.get().status, stock_of("LAMP")) == ("processing", (3, 0))
    check_books(till)
