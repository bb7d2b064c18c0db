"""Events that are lost, early or interrupted (failure table: 11, 13, 14, 15)"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from carts.models import CartItem
from carts.tests.factories import add_to_cart
from orders.models import Payment, StripeEvent
from orders.tests.factories import customer, database_rows
from orders.tests.payments.card_payments import WEBHOOK, CardPayments, get_statuses, use_emulator
from orders.tests.payments.invariants import (
    Event,
    check_invariants,
    count_mails,
    get_event_kinds,
    get_stock,
    get_verify_url,
    take_events,
)
from products.tests.factories import make_product
from tests.emulator.processes import run_emulator
from tests.emulator.webhook_receivers import WebhookReceiver
from tests.schema_client import SchemaClient

COMPLETED = "checkout.session.completed"
WRITES = ("INSERT", "UPDATE", "DELETE", "SELECT")


def make_buyer() -> SchemaClient:
    """Return a buyer whose cart holds two of five lamps."""
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=5), 2)
    return client


def check_settled(card_payments: CardPayments, number: str) -> None:
    """Fail if the order is not paid, or was settled more than once."""
    assert get_statuses(number) == ("processing", "committed", "succeeded")
    assert (get_stock("LAMP"), get_event_kinds(number), count_mails("paid"), CartItem.objects.count()) == (
        (3, 0),
        ["placed", "paid"],
        1,
        0,
    )
    check_invariants(card_payments)


@pytest.mark.django_db
def test_a_payment_without_an_event_is_found_by_the_buyers_page(card_payments: CardPayments) -> None:
    client = make_buyer()
    order = card_payments.place_order(client)
    card_payments.emulator.set_faults({"match": {"type": "."}, "times": -1, "do": {"drop": True}})
    card_payments.emulator.pay(order["session_id"])
    assert card_payments.deliver_events() == []

    response = client.get(get_verify_url(order)).json()["data"]

    assert (response["payment_verified"], "stale" in response) == (True, False)
    check_settled(card_payments, order["number"])


@pytest.mark.django_db
@pytest.mark.parametrize("do", [{"status": 500}, {"status": 429}, {"status": 401}, {"close": "before"}])
def test_while_the_provider_is_away_the_page_shows_what_is_known(card_payments: CardPayments, do: dict[str, Any]) -> None:
    client = make_buyer()
    order = card_payments.place_order(client)
    card_payments.emulator.pay(order["session_id"])
    card_payments.emulator.set_faults({"match": {"path": "sessions/"}, "times": -1, "do": do})

    response = client.get(get_verify_url(order)).json()["data"]

    assert (response["payment_verified"], response["order_status"], response["stale"]) == (False, "pending", True)
    assert card_payments.deliver_events() == [200] * 4
    assert client.get(get_verify_url(order)).json()["data"]["payment_verified"] is True
    check_settled(card_payments, order["number"])


@pytest.mark.django_db
def test_a_session_that_the_provider_forgot_is_over(card_payments: CardPayments) -> None:
    client = make_buyer()
    order = card_payments.place_order(client)
    Payment.objects.update(session_id="cs_test_forgotten")

    response = client.get(get_verify_url({"session_id": "cs_test_forgotten"})).json()["data"]

    assert (response["order_status"], get_stock("LAMP")) == ("expired", (5, 0))
    assert get_statuses(order["number"]) == ("expired", "released", "expired")
    check_invariants()


@pytest.mark.django_db
def test_only_the_buyer_sees_the_payment_state(card_payments: CardPayments) -> None:
    order = card_payments.place_order(make_buyer())
    calls = len(card_payments.emulator.requests())

    for other in (SchemaClient(), customer("grace@example.com")):
        assert other.get(get_verify_url(order)).status_code == 404
    assert SchemaClient().get("/api/orders/verify-payment/").status_code == 404

    assert len(card_payments.emulator.requests()) == calls


def test_an_event_that_is_faster_than_the_answer_settles_the_order(
    live_server: LiveServer, settings: Settings, webhooks: WebhookReceiver
) -> None:
    with run_emulator(f"{live_server.url}{WEBHOOK}") as emulator:
        card_payments = use_emulator(settings, emulator, webhooks)
        client = make_buyer()
        emulator.set_faults({"match": {"method": "POST", "path": "sessions$"}, "do": {"pay_at_once": True}})

        response = card_payments.post_order(client)

        order = response.json()["data"]
        assert (response.status_code, order["status"], order["payment_status"]) == (201, "processing", "paid")
        assert "checkout_url" not in order
        assert emulator.wait_for_deliveries()
        assert [(row["try"], row["status"]) for row in emulator.deliveries()] == [(1, 200)] * 4
        assert Payment.objects.get().session_id == emulator.ledger()[0]["session"]
        retry = card_payments.post_order(client)
        assert (retry.status_code, retry.json()["data"]["number"]) == (200, order["number"])
        check_settled(card_payments, order["number"])


def test_an_event_that_is_faster_than_an_answer_that_is_lost_settles_the_order_too(
    live_server: LiveServer, settings: Settings, webhooks: WebhookReceiver
) -> None:
    with run_emulator(f"{live_server.url}{WEBHOOK}") as emulator:
        card_payments = use_emulator(settings, emulator, webhooks)
        client = make_buyer()
        both = {"pay_at_once": True, "close": "after"}
        emulator.set_faults({"match": {"method": "POST", "path": "sessions$"}, "times": 1, "do": both})

        response = card_payments.post_order(client, "k-1")  # the package retries with the same key

        assert (response.status_code, response.json()["data"]["status"]) == (201, "processing")
        assert len(emulator.ledger()) == 1
        check_settled(card_payments, response.json()["data"]["number"])


def fail_statement(number: int, *, for_good: bool) -> Callable[..., Any]:
    """Return an execute wrapper that makes the statement of this number fail, and with `for_good` all that follow."""
    seen = 0

    def breaks(execute: Any, sql: str, *args: Any) -> Any:
        nonlocal seen
        seen += sql.startswith(WRITES)
        if sql.startswith(WRITES) and (seen == number or (for_good and seen > number)):
            raise OperationalError("the connection is lost")
        return execute(sql, *args)

    return breaks


def post_event(event: Event) -> int:
    """Post an event and return the response status, whatever it is."""
    client = Client(raise_request_exception=False)
    headers = {"Stripe-Signature": event[1]}
    return client.post(WEBHOOK, event[0], content_type="application/json", headers=headers).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("for_good", [False, True])
def test_whichever_statement_fails_nothing_is_half_written_and_the_next_try_settles(
    card_payments: CardPayments, for_good: bool
) -> None:
    order = card_payments.place_order(make_buyer())
    card_payments.emulator.pay(order["session_id"])
    event, before, number, answered = take_events(card_payments)[COMPLETED], database_rows(), 0, 0
    while answered != 200:
        number += 1
        with transaction.atomic():
            with connection.execute_wrapper(fail_statement(number, for_good=for_good)):
                answered = post_event(event)
            if answered != 200:
                assert answered in (500, 503)
                transaction.set_rollback(False)  # a failure outside of a transaction would otherwise break the test's transaction
                assert database_rows() == before, f"statement {number} left something behind"
                assert set(StripeEvent.objects.values_list("status", flat=True)) <= {"received", "failed"}
                assert post_event(event) == 200
            check_settled(card_payments, order["number"])
            assert post_event(event) == 200
            check_settled(card_payments, order["number"])
            transaction.set_rollback(True)

    assert number > 15
