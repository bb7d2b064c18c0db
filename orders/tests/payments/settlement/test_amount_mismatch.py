"""A session that is not about the order's amount or currency (failure table: 23)"""

from typing import Any

import pytest
from pytest_django import Settings

from carts.tests.factories import add, cart_of, held
from core.models import Job
from orders.models import Order, Payment, Refund
from orders.tests.factories import customer
from orders.tests.payments.invariants import altered, came, check_books, give, kinds, mails, stock_of, verify_url
from orders.tests.payments.till import Till, status_of
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db
WRONG: list[dict[str, Any]] = [{"amount_total": 3999}, {"amount_total": 4001}, {"amount_total": 0}, {"currency": "usd"}]
COMPLETED = "checkout.session.completed"


@pytest.fixture
def client(settings: Settings) -> SchemaClient:
    """A buyer whose cart holds two of five lamps."""
    settings.SHOP_EMAIL = "owner@shop.example"
    client = customer()
    add(client, make_product(sku="LAMP", stock=5), 2)
    return client


@pytest.fixture
def order(till: Till, client: SchemaClient) -> dict[str, Any]:
    """His order, whose page is open."""
    return till.placed(client)


def check_waits(client: SchemaClient, number: str) -> None:
    """Fail where the order does anything but wait for the merchant, who was told once."""
    row, payment = Order.objects.get(), Payment.objects.get()
    assert (row.status, row.stock_state, row.attention) == ("pending", "reserved", "amount_mismatch")
    assert (payment.captured_minor, payment.state, stock_of("LAMP")) == (0, "open", (5, 2))
    assert (mails("paid"), Job.objects.filter(kind="merchant_mail", payload__about="amount_mismatch").count()) == (0, 1)
    assert (kinds(number).count("amount_mismatch"), held(cart_of(client))) == (1, {"LAMP": 2})
    assert not Refund.objects.exists()
    check_books()


@pytest.mark.parametrize("wrong", WRONG)
def test_another_amount_than_the_orders_is_not_fulfilled(
    till: Till, client: SchemaClient, order: dict[str, Any], wrong: dict[str, Any]
) -> None:
    till.emulator.pay(order["session_id"])
    event = altered(came(till)[COMPLETED][0], **wrong)

    assert give(till, event, event) == [200, 200]

    check_waits(client, order["number"])


@pytest.mark.parametrize("wrong", WRONG)
def test_nor_where_the_buyers_page_finds_out(
    till: Till, client: SchemaClient, order: dict[str, Any], wrong: dict[str, Any]
) -> None:
    till.emulator.pay(order["session_id"])
    till.emulator.faults({"match": {"method": "GET", "path": "sessions/"}, "times": -1, "do": {"tamper": wrong}})

    answers = [client.get(verify_url(order)).json()["data"] for _ in range(2)]

    assert [(answer["payment_verified"], answer["order_status"]) for answer in answers] == [(False, "pending")] * 2
    check_waits(client, order["number"])


def test_a_currency_is_the_same_in_capitals(till: Till, order: dict[str, Any]) -> None:
    till.emulator.pay(order["session_id"])

    assert give(till, altered(came(till)[COMPLETED][0], currency="INR")) == [200]

    assert status_of(order["number"])[0] == "processing"
    check_books(till)


@pytest.mark.parametrize("wrong", WRONG[:1] + WRONG[3:])
def test_a_page_that_was_made_for_another_amount_calls_the_merchant(
    till: Till, client: SchemaClient, wrong: dict[str, Any]
) -> None:
    till.emulator.faults({"match": {"method": "POST", "path": "sessions$"}, "do": {"tamper": wrong}})

    response = till.order(client)

    assert response.json()["data"]["status"] == "pending"
    check_waits(client, response.json()["data"]["number"])


def test_what_was_paid_wrongly_is_not_cancelled_under_the_merchants_hands(
    till: Till, client: SchemaClient, order: dict[str, Any]
) -> None:
    till.emulator.pay(order["session_id"])
    give(till, altered(came(till)[COMPLETED][0], amount_total=3999))
    till.emulator.faults({"match": {"method": "GET", "path": "sessions/"}, "times": -1, "do": {"tamper": {"amount_total": 3999}}})

    response = client.post(f"/api/orders/{order['number']}/cancel/")

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert Order.objects.get().cancel_reason == ""
    check_waits(client, order["number"])
