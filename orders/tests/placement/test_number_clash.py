"""POST /api/orders/create/ where the number that was drawn is taken."""

from carts.tests.factories import add
from carts.tests.faults import clashing
from orders.models import Order
from orders.tests.factories import create
from products.tests.factories import make_product, variant_of
from tests.schema_client import SchemaClient


def test_another_number_is_drawn(api: SchemaClient) -> None:
    lamp = make_product(stock=5)
    add(api, lamp)

    with clashing("orders_order", 2):
        response = create(api)

    assert response.status_code == 201
    assert (Order.objects.count(), variant_of(lamp).stock) == (1, 4)
