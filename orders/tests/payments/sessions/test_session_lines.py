"""The lines of a payment page: what is paid for each line of the order, then shipping, fees and tax on top"""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from carts.tests.factories import add_to_cart
from orders.models import Order, OrderAdjustment, Payment
from orders.payments import session_params
from orders.tests.factories import customer
from orders.tests.payments.card_payments import CardPayments
from orders.tests.payments.paid_orders import create_pending_order
from orders.tests.payments.sessions.test_session_amounts import get_lines, get_session_params
from pricing.tests.factories import make_promotion
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def discounted_order(card_payments: CardPayments, settings: Settings) -> dict[str, Any]:
    """An order of lamps and a mug, with a discount on the order and one on shipping."""
    settings.SHIPPING = {"in": (Decimal("49.50"), None)}
    make_promotion("Ten percent off")
    make_promotion("Cheaper shipping", on="shipping", effect="amount", amounts={"in": "9.50"})
    client = customer()
    add_to_cart(client, make_product("Lamp", price="19.99"), 2)
    add_to_cart(client, make_product("Mug", price="5.00"))
    return card_payments.place_order(client)


def build_lines(**order_columns: Any) -> list[tuple[str, int, int]]:
    """Return the lines of the only order's session, with these columns changed."""
    Order.objects.update(**order_columns)
    order, payment = Order.objects.get(), Payment.objects.get()
    payment.amount_minor = int(order.total * 100)
    return get_lines(session_params.build(order, list(order.items.all()), payment))


def test_each_line_is_charged_without_its_discounts(card_payments: CardPayments, discounted_order: dict[str, Any]) -> None:
    lines = get_lines(get_session_params(card_payments))

    assert lines == [("2 × Lamp", 3598, 1), ("1 × Mug", 450, 1), ("Shipping", 4000, 1)]
    assert (discounted_order["discount_total"], discounted_order["total"]) == ("14.00", "80.48")
    assert set(card_payments.pay(discounted_order)) == {200}
    assert card_payments.emulator.ledger()[0]["captured"] == 8048


def test_free_shipping_is_no_line(card_payments: CardPayments, settings: Settings) -> None:
    settings.SHIPPING = {"in": (Decimal("49.50"), None)}
    make_promotion("Free shipping", on="shipping", effect="free")
    client = customer()
    add_to_cart(client, make_product("Lamp"))

    card_payments.place_order(client)

    assert get_lines(get_session_params(card_payments)) == [("1 × Lamp", 2000, 1)]


def test_an_item_for_nothing_is_shown(card_payments: CardPayments) -> None:
    mug = make_product("Mug", price="5.00")
    make_promotion("A mug for free", on="items", percent=Decimal(100), products=[mug])
    client = customer()
    add_to_cart(client, make_product("Lamp"))
    add_to_cart(client, mug)

    card_payments.place_order(client)

    assert get_lines(get_session_params(card_payments)) == [("1 × Lamp", 2000, 1), ("1 × Mug", 0, 1)]


def test_fees_and_tax_on_top_are_lines(card_payments: CardPayments, discounted_order: dict[str, Any]) -> None:
    order = Order.objects.get()
    for label, amount in (("Gift wrapping", "2.00"), ("Handling", "1.50")):
        OrderAdjustment.objects.create(order=order, kind="fee", on="fee", label=label, amount=Decimal(amount), position=5)

    lines = build_lines(fee_total=Decimal("3.50"), tax_total=Decimal("8.05"), prices_include_tax=False, total=Decimal("92.03"))

    assert lines[2:] == [("Shipping", 4000, 1), ("Gift wrapping", 200, 1), ("Handling", 150, 1), ("Tax", 805, 1)]


def test_tax_that_prices_include_is_no_line(card_payments: CardPayments, discounted_order: dict[str, Any]) -> None:
    assert len(build_lines(tax_total=Decimal("8.05"))) == 3


@pytest.mark.parametrize("session_format", [Payment.SessionFormat.WITHOUT_BUYER, Payment.SessionFormat.WITH_BUYER])
def test_a_session_of_an_earlier_format_keeps_its_lines(card_payments: CardPayments, session_format: int) -> None:
    create_pending_order(card_payments, 2)
    Payment.objects.update(session_format=session_format)

    assert build_lines() == [("Lamp", 2000, 2)]


def test_a_discounted_order_of_an_earlier_format_is_one_line(card_payments: CardPayments, discounted_order: dict[str, Any]) -> None:
    Payment.objects.update(session_format=Payment.SessionFormat.WITH_BUYER)

    assert build_lines() == [(f"Order {discounted_order['number']}", 8048, 1)]
