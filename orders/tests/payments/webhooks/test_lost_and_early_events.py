"""Events that are lost, too fast, or interrupted (failure table: 11, 13, 14, 15)"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from carts.models import CartItem
from carts.tests.factories import add
from orders.models import Payment, StripeEvent
from orders.tests.factories import books, customer
from orders.tests.payments.invariants import Event, came, check_books, kinds, mails, stock_of, verify_url
from orders.tests.payments.till import WEBHOOK, Till, status_of, till_of
from products.tests.factories import make_product
from tests.emulator.processes import running
from tests.emulator.webhook_receivers import Receiver
from tests.schema_client import SchemaClient

COMPLETED = "checkout.session.completed"
WRITES = ("INSERT", "UPDATE", "DELETE", "SELECT")


def buyer() -> SchemaClient:
    """Return a buyer whose cart holds two of five lamps."""
    client = customer()
    add(client, make_product(sku="LAMP", stock=5), 2)
    return client


def check_settled(till: Till, number: str) -> None:
    """Fail where the order is not paid, or was settled more than once."""
    assert status_of(number) == ("processing", "committed", "succeeded")
    assert (stock_of("LAMP"), kinds(number), mails("paid"), CartItem.objects.count()) == ((3, 0), ["placed", "paid"], 1, 0)
    check_books(till)


@pytest.mark.django_db
def test_what_no_event_tells_the_buyers_page_finds_out(till: Till) -> None:
    client = buyer()
    order = till.placed(client)
    till.emulator.faults({"match": {"type": "."}, "times": -1, "do": {"drop": True}})
    till.emulator.pay(order["session_id"])
    assert till.deliver() == []

    answer = client.get(verify_url(order)).json()["data"]

    assert (answer["payment_verified"], "stale" in answer) == (True, False)
    check_settled(till, order["number"])


@pytest.mark.django_db
@pytest.mark.parametrize("do", [{"status": 500}, {"status": 429}, {"status": 401}, {"close": "before"}])
def test_while_the_provider_is_away_the_page_shows_what_is_known(till: Till, do: dict[str, Any]) -> None:
    client = buyer()
    order = till.placed(client)
    till.emulator.pay(order["session_id"])
    till.emulator.faults({"match": {"path": "sessions/"}, "times": -1, "do": do})

    answer = client.get(verify_url(order)).json()["data"]

    assert (answer["payment_verified"], answer["order_status"], answer["stale"]) == (False, "pending", True)
    assert till.deliver() == [200] * 4
    assert client.get(verify_url(order)).json()["data"]["payment_verified"] is True
    check_settled(till, order["number"])


@pytest.mark.django_db
def test_a_session_that_the_provider_forgot_is_over(till: Till) -> None:
    client = buyer()
    order = till.placed(client)
    Payment.objects.update(session_id="cs_test_forgotten")

    answer = client.get(verify_url({"session_id": "cs_test_forgotten"})).json()["data"]

    assert (answer["order_status"], stock_of("LAMP")) == ("expired", (5, 0))
    assert status_of(order["number"]) == ("expired", "released", "expired")
    check_books()


@pytest.mark.django_db
def test_how_a_payment_stands_is_the_buyers_own_business(till: Till) -> None:
    order = till.placed(buyer())
    calls = len(till.emulator.requests())

    for other in (SchemaClient(), customer("grace@example.com")):
        assert other.get(verify_url(order)).status_code == 404
    assert SchemaClient().get("/api/orders/verify-payment/").status_code == 404

    assert len(till.emulator.requests()) == calls


def test_an_event_that_is_faster_than_the_answer_settles_the_order(
    live_server: LiveServer, settings: Settings, webhooks: Receiver
) -> None:
    with running(f"{live_server.url}{WEBHOOK}") as emulator:
        till = till_of(settings, emulator, webhooks)
        client = buyer()
        emulator.faults({"match": {"method": "POST", "path": "sessions$"}, "do": {"pay_at_once": True}})

        response = till.order(client)

        order = response.json()["data"]
        assert (response.status_code, order["status"], order["payment_status"]) == (201, "processing", "paid")
        assert "checkout_url" not in order
        assert emulator.wait()
        assert [(row["try"], row["status"]) for row in emulator.deliveries()] == [(1, 200)] * 4
        assert Payment.objects.get().session_id == emulator.ledger()[0]["session"]
        again = till.order(client)
        assert (again.status_code, again.json()["data"]["number"]) == (200, order["number"])
        check_settled(till, order["number"])


def test_an_event_that_is_faster_than_an_answer_that_is_lost_settles_the_order_too(
    live_server: LiveServer, settings: Settings, webhooks: Receiver
) -> None:
    with running(f"{live_server.url}{WEBHOOK}") as emulator:
        till = till_of(settings, emulator, webhooks)
        client = buyer()
        both = {"pay_at_once": True, "close": "after"}
        emulator.faults({"match": {"method": "POST", "path": "sessions$"}, "times": 1, "do": both})

        response = till.order(client, "k-1")  # the package asks again, with the same key

        assert (response.status_code, response.json()["data"]["status"]) == (201, "processing")
        assert len(emulator.ledger()) == 1
        check_settled(till, response.json()["data"]["number"])


def breaking(number: int, *, for_good: bool) -> Callable[..., Any]:
    """Return what lets the statement of this number fail, and all that follow it."""
    seen = 0

    def breaks(execute: Any, sql: str, *given: Any) -> Any:
        nonlocal seen
        seen += sql.startswith(WRITES)
        if sql.startswith(WRITES) and (seen == number or (for_good and seen > number)):
            raise OperationalError("the connection is lost")
        return execute(sql, *given)

    return breaks


def tell(event: Event) -> int:
    """Post an event, and return the status, whatever it is."""
    client = Client(raise_request_exception=False)
    headers = {"Stripe-Signature": event[1]}
    return client.post(WEBHOOK, event[0], content_type="application/json", headers=headers).status_code


@pytest.mark.django_db
@pytest.mark.parametrize("for_good", [False, True])
def test_whichever_statement_fails_nothing_is_half_written_and_the_next_try_settles(till: Till, for_good: bool) -> None:
    order = till.placed(buyer())
    till.emulator.pay(order["session_id"])
    event, before, number, answered = came(till)[COMPLETED], books(), 0, 0
    while answered != 200:
        number += 1
        with transaction.atomic():
            with connection.execute_wrapper(breaking(number, for_good=for_good)):
                answered = tell(event)
            if answered != 200:
                assert answered in (500, 503)
                transaction.set_rollback(False)  # what failed outside of a transaction would otherwise end the test's own
                assert books() == before, f"statement {number} left something behind"
                assert set(StripeEvent.objects.values_list("status", flat=True)) <= {"received", "failed"}
                assert tell(event) == 200
            check_settled(till, order["number"])
            assert tell(event) == 200
            check_settled(till, order["number"])
            transaction.set_rollback(True)

    assert number > 15
