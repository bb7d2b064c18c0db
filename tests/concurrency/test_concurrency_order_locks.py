"""Transactions that change several orders wait for each other in one order, or not at all: no deadlock"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import PASSWORD
from carts.models import Cart
from carts.tests.factories import add_to_cart
from orders import erasure, integrity, retention
from orders.models import Dispute, Order, Payment, Refund
from orders.state.locking import lock_order
from orders.tests.factories import customer, placed
from products.tests.factories import make_product
from tests.concurrent_requests import wait_for_blocked_statement
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
TIMEOUT = 30  # seconds
LOCK_OF_AN_ORDER = 'FROM "orders_order" WHERE "orders_order"."id" = '


@pytest.fixture
def buyer() -> SchemaClient:
    """A buyer with three delivered orders. A scan of the table meets the first one last: its row has moved to another page."""
    client = customer()
    lamp = make_product(stock=10)
    for number in range(3):
        add_to_cart(client, lamp)
        placed(client, note=f"number {number}")
    Cart.objects.all().delete()
    Order.objects.update(status="delivered")
    with transaction.atomic():  # what this transaction has overwritten still takes up room
        for number in range(8):
            Order.objects.filter(pk=list_order_ids()[0]).update(note=f"{number}" * 1500)
    return client


def list_order_ids() -> list[int]:
    """Return the ids of all orders, oldest first."""
    return list(Order.objects.order_by("pk").values_list("pk", flat=True))


def run_in_thread(pool: ThreadPoolExecutor, function: Callable[[], Any]) -> Any:
    """Run a function with a connection of its own and return its future."""

    def run() -> Any:
        try:
            return function()
        finally:
            connections.close_all()

    return pool.submit(run)


def close_account(client: SchemaClient) -> int:
    """Close the buyer's account and return the status of the response."""
    status: int = client.delete("/api/auth/me/", {"password": PASSWORD}).status_code
    return status


def test_closing_an_account_locks_its_orders_in_ascending_id(buyer: SchemaClient) -> None:
    first, *others = list_order_ids()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            lock_order(first)
            closing = run_in_thread(pool, lambda: close_account(buyer))
            wait_for_blocked_statement()
            free = Order.objects.select_for_update(skip_locked=True, no_key=True).filter(pk__in=others)
            assert [order.pk for order in free.order_by("pk")] == others

        assert closing.result(TIMEOUT) == 200
    assert (User.objects.count(), set(Order.objects.values_list("email", flat=True))) == (0, {""})


def make_unrecorded_loss(order: Order, payment_id: int) -> None:
    """Give the order a card payment that is lost in a dispute, without the loss in the books."""
    order.payments.all().delete()
    states = {"provider": "stripe", "state": "succeeded", "currency": order.currency}
    amounts = {"amount": order.total, "amount_minor": 2000, "captured_minor": 2000}
    payment = Payment.objects.create(id=UUID(int=payment_id), order=order, **states, **amounts)
    about = {"status": "lost", "amount_minor": 2000, "currency": order.currency, "reported_at": timezone.now()}
    Dispute.objects.create(provider_id=f"du_{payment_id}", payment=payment, **about)


def erase_orders() -> None:
    """Erase the buyer's orders without the retries of closing an account, which would hide a deadlock."""
    with transaction.atomic():
        erasure.erase_user(User.objects.get().pk, timezone.now())


def test_closing_an_account_and_the_repair_of_its_books_do_not_block_each_other(buyer: SchemaClient) -> None:
    integrity.fix_derived_values()  # the orders get their parcels
    for number, order in enumerate(Order.objects.order_by("-pk")):  # the newest order has the first payment id
        make_unrecorded_loss(order, number + 1)
    locked: list[str] = []

    with ThreadPoolExecutor(1) as pool:
        closing: list[Any] = []

        def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            result = execute(sql, params, many, context)
            if not locked and LOCK_OF_AN_ORDER in sql and "FOR NO KEY UPDATE" in sql:
                locked.append(sql)
                closing.append(run_in_thread(pool, erase_orders))
                wait_for_blocked_statement()
            return result

        with connection.execute_wrapper(meanwhile):
            assert integrity.fix_derived_values() == 3
        closing[0].result(TIMEOUT)

    assert list(Refund.objects.values_list("amount_minor", "state")) == [(2000, "succeeded")] * 3
    assert set(Order.objects.values_list("email", flat=True)) == {""}


@pytest.mark.parametrize("kind", ["idempotency keys", "addresses of closed accounts"])
def test_the_daily_clean_up_waits_for_no_order(buyer: SchemaClient, kind: str) -> None:
    now = timezone.now()
    for number, pk in enumerate(list_order_ids()):
        if kind == "idempotency keys":
            values: dict[str, Any] = {"idempotency_key": f"key {number}", "created_at": now - timedelta(hours=49)}
        else:
            values = {"erased_at": now}
        Order.objects.filter(pk=pk).update(**values)
    second = list_order_ids()[1]

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        lock_order(second)
        assert run_in_thread(pool, retention.clean_up).result(TIMEOUT)[kind] == 2

    assert retention.clean_up()[kind] == 1
    assert retention.clean_up()[kind] == 0
