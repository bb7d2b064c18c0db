"""Shared fixtures of the payment tests. Files whose buyers or orders differ define their own."""

from typing import Any

import pytest
from pytest_django import Settings

from carts.tests.factories import add_to_cart
from orders.tests.factories import customer
from orders.tests.payments.card_payments import CardPayments
from products.tests.factories import make_product
from tests.fixtures import *  # noqa: F403 - fixtures are found by name
from tests.schema_client import SchemaClient


@pytest.fixture
def merchant_email(settings: Settings) -> None:
    """The merchant gets e-mails."""
    settings.SHOP_EMAIL = "owner@shop.example"


@pytest.fixture
def client(db: None) -> SchemaClient:
    """A buyer whose cart holds two of five lamps."""
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=5), 2)
    return client


@pytest.fixture
def order(card_payments: CardPayments, client: SchemaClient) -> dict[str, Any]:
    """The buyer's order, with its payment page open."""
    return card_payments.place_order(client)
