"""Paying by card runs the same number of statements for 1 line as for 50"""

from typing import Any

import pytest

from carts.models import CartItem
from carts.tests.factories import add_to_cart
from core.actors import Actor
from orders.fulfilment import cancellation
from orders.models import Order, Payment
from orders.payments import settlement
from orders.payments.provider_state import parse_session
from orders.tests.factories import customer
from orders.tests.payments.card_payments import CardPayments
from products.tests.factories import make_products
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


def make_client(lines: int) -> SchemaClient:
    """Return a user's client whose cart holds this many lines of 3 units."""
    client = customer(f"{lines}@example.com")
    products = make_products(*(f"Product {number}" for number in range(lines)))
    cart = add_to_cart(client, products[0], 3)["cart"]["id"]
    CartItem.objects.bulk_create(
        CartItem(cart_id=cart, variant=product.variants.get(), quantity=3, price_at_addition=20) for product in products[1:]
    )
    return client


def place_order(card_payments: CardPayments, client: SchemaClient) -> tuple[dict[str, Any], int]:
    """Order by card; return the order and its number of statements."""
    with capture_statements() as run:
        response = card_payments.post_order(client, "k-1")
    assert response.status_code == 201, response.json()
    return response.json()["data"], len(run)


def test_an_order_and_its_payment_cost_what_one_of_one_line_costs(card_payments: CardPayments) -> None:
    ordering, settled = [], []
    for lines in (1, 50):
        order, cost = place_order(card_payments, make_client(lines))
        ordering.append(cost)
        card_payments.emulator.pay(order["session_id"])
        session = parse_session(card_payments.emulator.api("GET", f"/v1/checkout/sessions/{order['session_id']}").json)
        payment = Payment.objects.get(session_id=order["session_id"])
        with capture_statements() as run:
            settlement.apply_session(payment.pk, session)
        settled.append(len(run))

    assert ordering[0] == ordering[1] <= 28
    assert settled[0] == settled[1] <= 25
    assert Order.objects.filter(status="processing").count() == 2


def test_ending_an_order_costs_what_one_of_one_line_costs(card_payments: CardPayments) -> None:
    costs = []
    for lines in (1, 50):
        order, _ = place_order(card_payments, make_client(lines))
        row = Order.objects.get(number=order["number"])
        with capture_statements() as run:
            cancellation.cancel_order(Actor(kind="staff"), row.pk, "no lamps left")
        costs.append(len(run))

    assert costs[0] == costs[1]
