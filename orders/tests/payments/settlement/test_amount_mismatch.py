"""A session whose amount or currency is not the order's (failure table: 23)"""

from typing import Any

import pytest

from carts.tests.factories import get_cart, units_by_sku
from core.models import Job
from orders.models import Order, Payment, Refund
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import (
    alter_event,
    check_invariants,
    count_mails,
    get_event_kinds,
    get_stock,
    get_verify_url,
    post_events,
    take_events,
)
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("merchant_email")]
TAMPERED: list[dict[str, Any]] = [{"amount_total": 3999}, {"amount_total": 4001}, {"amount_total": 0}, {"currency": "usd"}]
COMPLETED = "checkout.session.completed"


def check_awaits_decision(client: SchemaClient, number: str) -> None:
    """Fail unless the order awaits the merchant's decision and the merchant was notified once."""
    row, payment = Order.objects.get(), Payment.objects.get()
    assert (row.status, row.stock_state, row.attention) == ("pending", "reserved", "amount_mismatch")
    assert (payment.captured_minor, payment.state, get_stock("LAMP")) == (0, "open", (5, 2))
    assert (count_mails("paid"), Job.objects.filter(kind="merchant_mail", payload__about="amount_mismatch").count()) == (0, 1)
    assert (get_event_kinds(number).count("amount_mismatch"), units_by_sku(get_cart(client))) == (1, {"LAMP": 2})
    assert not Refund.objects.exists()
    check_invariants()


@pytest.mark.parametrize("tampered", TAMPERED)
def test_another_amount_than_the_orders_is_not_fulfilled(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any], tampered: dict[str, Any]
) -> None:
    card_payments.emulator.pay(order["session_id"])
    event = alter_event(take_events(card_payments)[COMPLETED][0], **tampered)

    assert post_events(card_payments, event, event) == [200, 200]

    check_awaits_decision(client, order["number"])


@pytest.mark.parametrize("tampered", TAMPERED)
def test_nor_where_the_buyers_page_finds_out(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any], tampered: dict[str, Any]
) -> None:
    card_payments.emulator.pay(order["session_id"])
    card_payments.emulator.set_faults({"match": {"method": "GET", "path": "sessions/"}, "times": -1, "do": {"tamper": tampered}})

    responses = [client.get(get_verify_url(order)).json()["data"] for _ in range(2)]

    assert [(response["payment_verified"], response["order_status"]) for response in responses] == [(False, "pending")] * 2
    check_awaits_decision(client, order["number"])


def test_a_currency_is_the_same_in_capitals(card_payments: CardPayments, order: dict[str, Any]) -> None:
    card_payments.emulator.pay(order["session_id"])

    assert post_events(card_payments, alter_event(take_events(card_payments)[COMPLETED][0], currency="INR")) == [200]

    assert get_statuses(order["number"])[0] == "processing"
    check_invariants(card_payments)


@pytest.mark.parametrize("tampered", TAMPERED[:1] + TAMPERED[3:])
def test_a_page_that_was_made_for_another_amount_calls_the_merchant(
    card_payments: CardPayments, client: SchemaClient, tampered: dict[str, Any]
) -> None:
    card_payments.emulator.set_faults({"match": {"method": "POST", "path": "sessions$"}, "do": {"tamper": tampered}})

    response = card_payments.post_order(client)

    assert response.json()["data"]["status"] == "pending"
    check_awaits_decision(client, response.json()["data"]["number"])


def test_what_was_paid_wrongly_is_not_cancelled_under_the_merchants_hands(
    card_payments: CardPayments, client: SchemaClient, order: dict[str, Any]
) -> None:
    card_payments.emulator.pay(order["session_id"])
    post_events(card_payments, alter_event(take_events(card_payments)[COMPLETED][0], amount_total=3999))
    card_payments.emulator.set_faults(
        {"match": {"method": "GET", "path": "sessions/"}, "times": -1, "do": {"tamper": {"amount_total": 3999}}}
    )

    response = client.post(f"/api/orders/{order['number']}/cancel/")

    assert (response.status_code, response.json()["code"]) == (409, "invalid_transition")
    assert Order.objects.get().cancel_reason == ""
    check_awaits_decision(client, order["number"])
