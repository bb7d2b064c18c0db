"""What an order costs the database: at most 15 statements, 16 with an idempotency key, the same for 1 line as for 50."""

from typing import Any

import pytest

from carts.models import CartItem
from carts.tests.factories import add_to_cart
from orders.models import Order, OrderItem
from orders.tests.factories import create, customer
from products.models import Product
from products.tests.factories import make_products
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient


def make_client_with_cart(lines: int, who: str) -> tuple[SchemaClient, list[Product]]:
    """Return a guest's or a user's client whose cart holds this many lines of 3 units, and their products."""
    client = SchemaClient() if who == "guest" else customer(f"{lines}@example.com")
    products = make_products(*(f"Product {number}" for number in range(lines)))
    cart = add_to_cart(client, products[0], 3)["cart"]["id"]
    CartItem.objects.bulk_create(
        CartItem(cart_id=cart, variant=product.variants.get(), quantity=3, price_at_addition=20) for product in products[1:]
    )
    return client, products


# A signed-in user costs one statement for their session, a key one for the order that it may have placed.
@pytest.mark.parametrize(("who", "session"), [("guest", 0), ("user", 1)])
@pytest.mark.parametrize(("key", "lookup"), [("", 0), ("k-1", 1)])
@pytest.mark.parametrize("kind", ["whole", "in part", "mixed"])
def test_it_costs_at_most_fifteen_statements(db: None, who: str, session: int, key: str, lookup: int, kind: str) -> None:
    costs = []
    for lines in (2, 50):
        client, products = make_client_with_cart(lines, who)
        units = {"whole": [3] * lines, "in part": [1] * lines, "mixed": [1, 3] * (lines // 2)}[kind]
        items = [{"product_id": product.pk, "quantity": n} for product, n in zip(products, units, strict=True)]
        fields: dict[str, Any] = {} if kind == "whole" else {"items": items}
        with capture_statements() as run:
            response = create(client, key, **fields)
        assert response.status_code == 201
        assert len(response.json()["data"]["items"]) == lines
        costs.append(len(run))

    assert costs[0] == costs[1]
    assert costs[0] <= 15 + session + lookup


def test_a_second_order_of_a_cart_costs_no_more(db: None) -> None:
    client, products = make_client_with_cart(50, "user")
    create(client, "k-1")
    CartItem.objects.bulk_create(
        CartItem(cart=Order.objects.get().cart, variant=product.variants.get(), quantity=1, price_at_addition=20)
        for product in products[1:]
    )
    add_to_cart(client, products[0])

    with capture_statements() as run:
        response = create(client, "k-2")

    assert response.status_code == 201
    assert len(run) <= 15 + 1 + 1


@pytest.mark.parametrize("lines", [1, 50])
def test_a_replay_costs_five_statements(db: None, lines: int) -> None:
    client, _ = make_client_with_cart(lines, "user")
    number = create(client, "k-1").json()["data"]["number"]

    with capture_statements() as run:
        response = create(client, "k-1")

    assert (response.status_code, response.json()["data"]["number"]) == (200, number)
    assert len(run) <= 5 + 1


def test_one_line_costs_what_two_cost(db: None) -> None:
    costs = []
    for lines in (1, 2):
        client, _ = make_client_with_cart(lines, "guest")
        with capture_statements() as run:
            create(client)
        costs.append(len(run))

    assert costs[0] == costs[1]
    assert OrderItem.objects.count() == 3
