"""What an order costs the database: at most 14 statements, the same for 1 line as for 50."""

from typing import Any

import pytest

from carts.models import CartItem
from carts.tests.factories import add
from orders.models import Order, OrderItem
from orders.tests.factories import create, customer
from products.models import Product
from products.tests.factories import make_products
from tests.counting import statements
from tests.schema_client import SchemaClient


def client_with(lines: int, who: str) -> tuple[SchemaClient, list[Product]]:
    """Return a guest's or a user's client whose cart holds this many lines of 3 units, and their products."""
    client = SchemaClient() if who == "guest" else customer(f"{lines}@example.com")
    products = make_products(*(f"Product {number}" for number in range(lines)))
    cart = add(client, products[0], 3)["cart"]["id"]
    CartItem.objects.bulk_create(
        CartItem(cart_id=cart, variant=product.variants.get(), quantity=3, price_at_addition=20) for product in products[1:]
    )
    return client, products


@pytest.mark.parametrize(("who", "extra"), [("guest", 0), ("user", 1)])
@pytest.mark.parametrize("key", ["", "k-1"])
@pytest.mark.parametrize("kind", ["whole", "in part", "mixed"])
def test_it_costs_at_most_fourteen_statements(db: None, who: str, extra: int, key: str, kind: str) -> None:
    costs = []
    for lines in (2, 50):
        client, products = client_with(lines, who)
        units = {"whole": [3] * lines, "in part": [1] * lines, "mixed": [1, 3] * (lines // 2)}[kind]
        items = [{"product_id": product.pk, "quantity": n} for product, n in zip(products, units, strict=True)]
        given: dict[str, Any] = {} if kind == "whole" else {"items": items}
        with statements() as run:
            response = create(client, key, **given)
        assert response.status_code == 201
        assert len(response.json()["data"]["items"]) == lines
        costs.append(len(run))

    assert costs[0] == costs[1]
    assert costs[0] <= 14 + extra


def test_a_second_order_of_a_cart_costs_no_more(db: None) -> None:
    client, products = client_with(50, "user")
    create(client, "k-1")
    CartItem.objects.bulk_create(
        CartItem(cart=Order.objects.get().cart, variant=product.variants.get(), quantity=1, price_at_addition=20)
        for product in products[1:]
    )
    add(client, products[0])

    with statements() as run:
        response = create(client, "k-2")

    assert response.status_code == 201
    assert len(run) <= 14 + 1


def test_one_line_costs_what_two_cost(db: None) -> None:
    costs = []
    for lines in (1, 2):
        client, _ = client_with(lines, "guest")
        with statements() as run:
            create(client)
        costs.append(len(run))

    assert costs[0] == costs[1]
    assert OrderItem.objects.count() == 3
