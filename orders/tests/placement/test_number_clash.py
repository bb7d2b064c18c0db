"""POST /api/orders/create/ when the generated order number is already taken."""

import pytest
from django.db import IntegrityError

from carts.tests.factories import add_to_cart
from carts.tests.faults import clashing
from orders.models import Order
from orders.tests.factories import create, database_rows
from products.tests.factories import get_only_variant, make_product
from tests.schema_client import SchemaClient


def test_another_number_is_drawn(api: SchemaClient) -> None:
    lamp = make_product(stock=5)
    add_to_cart(api, lamp)

    with clashing("orders_order", 2):
        response = create(api)

    assert response.status_code == 201
    assert (Order.objects.count(), get_only_variant(lamp).stock) == (1, 4)


def test_three_clashes_in_a_row_are_an_error_and_nothing_is_written(api: SchemaClient) -> None:
    add_to_cart(api, make_product(stock=5))
    before = database_rows()

    with clashing("orders_order", 3), pytest.raises(IntegrityError):
        create(api)

    assert database_rows() == before
    assert create(api).status_code == 201
