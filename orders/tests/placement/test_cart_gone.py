"""An order fails while its cart is deleted: orders of other customers are not mistaken for orders of that cart"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection

from carts.models import Cart
from carts.tests.factories import add_to_cart
from orders.models import Order
from orders.tests.factories import create, customer, placed
from products.tests.factories import make_product


@pytest.mark.django_db(transaction=True)
def test_the_waiting_order_of_a_stranger_is_left_alone() -> None:
    stranger = customer("grace@example.com")
    add_to_cart(stranger, make_product("Mug", stock=5))
    placed(stranger)
    Order.objects.update(status="pending", stock_state="reserved")
    buyer = customer()
    add_to_cart(buyer, make_product(stock=5))
    mine = Cart.objects.latest("pk").pk
    failed: list[str] = []

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if 'INSERT INTO "orders_order"' in sql and not failed:
            failed.append(sql)
            raise IntegrityError("the account is gone")
        if len(failed) == 1 and 'FROM "carts_cart"' in sql:
            failed.append(sql)
            Cart.objects.filter(pk=mine).delete()
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        response = create(buyer)

    assert failed
    assert (response.status_code, response.json()["code"]) == (400, "empty_cart")
    order = Order.objects.get()
    assert (order.status, order.cancel_reason) == ("pending", "")
