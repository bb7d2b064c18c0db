"""An account is closed while the order of a guest's cart that was merged into its own is paid: neither has to begin again"""

from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest
from django.db import DatabaseError, connection

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user
from carts.models import Cart
from carts.tests.factories import guest, guest_with, signed_in
from orders.models import Payment
from orders.tests.payments.till import Till
from products.tests.factories import make_product
from tests.concurrency.test_concurrency_erasure_carts import after, in_thread

PATIENCE = 2  # seconds; PostgreSQL looks for deadlocks after one


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_the_merged_cart_is_waited_for_before_the_accounts_is_held(till: Till) -> None:
    key, user = guest_with(make_product(sku="LAMP", stock=5)), make_user()
    order = till.placed(guest(key))
    client = signed_in(user)
    assert client.post("/api/cart/merge/", {"cart_token": key}).status_code == 200
    assert Cart.objects.filter(merged_into__user=user).count() == 1
    till.emulator.pay(order["session_id"])
    refused: list[DatabaseError] = []
    closing: list[Thread] = []
    closed = Event()
    answers: dict[str, int] = {}

    def noting(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        try:
            return execute(sql, params, many, context)
        except DatabaseError as wrong:
            refused.append(wrong)
            raise

    def close() -> None:
        with connection.execute_wrapper(noting):
            answers["close"] = client.delete("/api/auth/me/", {"password": PASSWORD}).status_code
        closed.set()

    def begin() -> None:
        closing.append(in_thread(close))
        closed.wait(PATIENCE)

    with connection.execute_wrapper(noting), connection.execute_wrapper(after('"carts_cart"."id" = ', begin)):
        answers["pay"] = till.deliver()[-1]
    closing[0].join()

    assert (answers, refused) == ({"pay": 200, "close": 200}, [])
    assert (Payment.objects.get().state, User.objects.count(), Cart.objects.count()) == ("succeeded", 0, 0)
