"""Two guests with carts in two markets, created in opposite order, merge into one account concurrently."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import connection

from accounts.tests.concurrency import run_concurrently
from accounts.tests.factories import make_user
from carts import merging
from carts.models import CartItem
from carts.tests.factories import guest_client
from core.actors import SYSTEM
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


def make_guest_in_markets(*markets: str) -> str:
    """Return the key of a guest who added a lamp to a cart in each market, in this order."""
    lamp = make_product(f"Lamp {markets}", prices={"us": "9.99"})
    key = ""
    for market in markets:
        client = guest_client(key) if key else SchemaClient()
        answer = client.post("/api/cart/add/", {"product_id": lamp.pk}, headers={"X-Market": market})
        assert answer.status_code == 201
        key = answer.json()["cart_token"]
    return key


@pytest.mark.django_db(transaction=True)
def test_neither_waits_for_the_other_forever() -> None:
    user = make_user()
    keys = [make_guest_in_markets("in", "us"), make_guest_in_markets("us", "in")]
    meeting = Barrier(2)

    def merge(number: int) -> int | None:
        met: list[str] = []

        def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            result = execute(sql, params, many, context)
            if not met and connection.vendor == "postgresql" and 'UPDATE "carts_cart"' in sql:
                met.append(sql)
                with suppress(BrokenBarrierError):  # expected: the other thread waits for this one's lock
                    meeting.wait(timeout=1)
            return result

        with connection.execute_wrapper(watch):
            result = merging.merge_guest_carts(SYSTEM, user.pk, keys[number])
        return result.merged if result else None

    assert run_concurrently(2, merge) == [2, 2]
    assert CartItem.objects.filter(cart__user=user).count() == 4
