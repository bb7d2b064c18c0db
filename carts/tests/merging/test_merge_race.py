"""Two guests' carts join one account at the same moment, each in two markets, made in opposite order."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.db import connection

from accounts.tests.crowd import at_once
from accounts.tests.factories import make_user
from carts import merging
from carts.models import CartItem
from carts.tests.factories import guest
from core.actors import SYSTEM
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


def guest_of(*markets: str) -> str:
    """Return the key of a guest who has put a lamp into a cart of each market, in this order."""
    lamp = make_product(f"Lamp {markets}", prices={"us": "9.99"})
    key = ""
    for market in markets:
        client = guest(key) if key else SchemaClient()
        answer = client.post("/api/cart/add/", {"product_id": lamp.pk}, headers={"X-Market": market})
        assert answer.status_code == 201
        key = answer.json()["cart_token"]
    return key


@pytest.mark.django_db(transaction=True)
def test_neither_waits_for_the_other_for_ever() -> None:
    user = make_user()
    keys = [guest_of("in", "us"), guest_of("us", "in")]
    meeting = Barrier(2)

    def merge(number: int) -> int | None:
        met: list[str] = []

        def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            result = execute(sql, params, many, context)
            if not met and connection.vendor == "postgresql" and 'UPDATE "carts_cart"' in sql:
                met.append(sql)
                with suppress(BrokenBarrierError):  # the other waits for what this one holds, as it should
                    meeting.wait(timeout=1)
            return result

        with connection.execute_wrapper(watch):
            told = merging.merge(SYSTEM, user.pk, keys[number])
        return told.merged if told else None

    assert at_once(2, merge) == [2, 2]
    assert CartItem.objects.filter(cart__user=user).count() == 4
