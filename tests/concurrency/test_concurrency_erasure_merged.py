"""An account is closed while the order of a guest cart merged into its cart is paid: neither has to be retried"""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from django.db import DatabaseError, connection

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user
from carts.models import Cart
from carts.tests.factories import guest_client, make_guest_cart, signed_in_client
from orders.models import Payment
from orders.tests.payments.card_payments import CardPayments
from products.tests.factories import make_product
from tests.concurrency.test_concurrency_erasure_carts import run_after_statement, run_in_thread

TIMEOUT = 2  # seconds; PostgreSQL looks for deadlocks after one


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_merged_cart_is_waited_for_before_the_accounts_is_held(card_payments: CardPayments) -> None:
    key, user = make_guest_cart(make_product(sku="LAMP", stock=5)), make_user()
    order = card_payments.place_order(guest_client(key))
    client = signed_in_client(user)
    assert client.post("/api/cart/merge/", {"cart_token": key}).status_code == 200
    assert Cart.objects.filter(merged_into__user=user).count() == 1
    card_payments.emulator.pay(order["session_id"])
    refused: list[DatabaseError] = []
    closing: list[Thread] = []
    closed = Event()
    responses: dict[str, int] = {}

    def noting(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        try:
            return execute(sql, params, many, context)
        except DatabaseError as error:
            refused.append(error)
            raise

    def close() -> None:
        with connection.execute_wrapper(noting):
            responses["close"] = client.delete("/api/auth/me/", {"password": PASSWORD}).status_code
        closed.set()

    def begin() -> None:
        closing.append(run_in_thread(close))
        closed.wait(TIMEOUT)

    with connection.execute_wrapper(noting), connection.execute_wrapper(run_after_statement('"carts_cart"."id" = ', begin)):
        responses["pay"] = card_payments.deliver_events()[-1]
    closing[0].join()

    assert (responses, refused) == ({"pay": 200, "close": 200}, [])
    assert (Payment.objects.get().state, User.objects.count(), Cart.objects.count()) == ("succeeded", 0, 0)
