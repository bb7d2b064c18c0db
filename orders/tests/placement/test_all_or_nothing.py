"""An order is atomic: if any statement fails, nothing is stored, and the order can be placed again."""

import pytest

from carts.tests.factories import add_to_cart
from carts.tests.faults import failing
from orders.models import Order
from orders.tests.factories import create, database_rows
from products.models import Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient

STATEMENTS = 11  # that write, of an order with a key and a line that is left in part


def test_an_order_writes_as_many_statements_as_are_made_to_fail_here(api: SchemaClient) -> None:
    part = fill_cart(api)

    with failing() as written:
        create(api, "k-1", items=part)

    assert len(written) == STATEMENTS


@pytest.mark.parametrize("number", range(1, STATEMENTS + 1))
def test_a_failing_statement_leaves_everything_as_it_was(api: SchemaClient, number: int) -> None:
    part = fill_cart(api)
    before = database_rows()

    with failing(write=number):
        response = create(api, "k-1", items=part)

    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
    assert database_rows() == before
    assert create(api, "k-1", items=part).status_code == 201
    assert Order.objects.count() == 1
    assert Variant.objects.get(sku="LAMP").stock == 8


def fill_cart(client: SchemaClient) -> list[dict[str, int]]:
    """Put three lamps and a mug into the cart and return a snapshot that names two lamps and the mug."""
    lamp, mug = make_product("Lamp", sku="LAMP"), make_product("Mug")
    add_to_cart(client, lamp, 3)
    add_to_cart(client, mug)
    return [{"product_id": lamp.pk, "quantity": 2}, {"product_id": mug.pk, "quantity": 1}]
