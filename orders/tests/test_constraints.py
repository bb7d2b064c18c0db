"""Database constraints on orders."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Model

from carts.models import Cart
from carts.tests.factories import add_to_cart
from orders.models import Order, OrderItem, Payment
from orders.tests.factories import create, database_rows
from products.models import StockMovement, Variant
from products.tests.factories import make_product
from tests.schema_client import SchemaClient


def is_refused(model: type[Model], **columns: Any) -> bool:
    """Return whether the database refuses these values in the existing rows."""
    before = database_rows()
    try:
        with transaction.atomic():
            model._default_manager.update(**columns)
    except IntegrityError:
        assert database_rows() == before
        return True
    return False


@pytest.fixture
def order(api: SchemaClient) -> Order:
    """Return an order of two units."""
    add_to_cart(api, make_product(price="20.00"), 2)
    create(api, "k-1")
    return Order.objects.get()


@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (Order, {"total": "-0.01"}),
        (Order, {"subtotal": "-0.01"}),
        (OrderItem, {"quantity": 0}),
        (OrderItem, {"quantity": -1}),
        (OrderItem, {"unit_price": "-0.01"}),
        (OrderItem, {"line_total": "-0.01"}),
        (Payment, {"amount": "-0.01"}),
        (Payment, {"amount_minor": -1}),
        (Payment, {"captured_minor": 100, "refunded_minor": 101}),
        (Variant, {"stock": -1}),
        (Variant, {"reserved": -1}),
        (Variant, {"stock": 1, "reserved": 2}),
        (StockMovement, {"delta": 0}),
    ],
)
def test_amounts_and_quantities_that_cannot_be_are_refused(order: Order, model: type[Model], columns: dict[str, Any]) -> None:
    assert is_refused(model, **columns)


def test_a_number_is_given_once(order: Order) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        copy_order(order, number=order.number)

    assert Order.objects.count() == 1


def test_a_cart_has_one_open_order(order: Order) -> None:
    copy_order(order, number="250101-000001", status="pending")
    copy_order(order, number="250101-000002", status="processing")
    copy_order(order, number="250101-000003", status="pending", cart=Cart.objects.create(key_hash="a" * 64, market="in"))

    with pytest.raises(IntegrityError), transaction.atomic():
        copy_order(order, number="250101-000004", status="pending")

    assert Order.objects.filter(status="pending").count() == 2


def test_a_key_of_a_caller_is_kept_once(order: Order) -> None:
    keyed = {"idempotency_scope": "user:1", "idempotency_key": "k-1", "cart": None}
    copy_order(order, number="250101-000003", **keyed)

    with pytest.raises(IntegrityError), transaction.atomic():
        copy_order(order, number="250101-000004", **keyed)

    copy_order(order, number="250101-000005", **keyed | {"idempotency_scope": "user:2"})
    copy_order(order, number="250101-000006", **keyed | {"idempotency_key": ""})
    copy_order(order, number="250101-000007", **keyed | {"idempotency_key": ""})


def copy_order(order: Order, **columns: Any) -> Order:
    """Store a copy of this order with these columns changed."""
    values = {field.attname: getattr(order, field.attname) for field in Order._meta.concrete_fields if field.name != "id"}
    if "cart" in columns:
        del values["cart_id"]
    return Order.objects.create(**{**values, "idempotency_key": "", **columns})
