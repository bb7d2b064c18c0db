"""What e-mails and the order's page in the admin tell of discounts, fees and tax"""

from decimal import Decimal

import pytest
from pytest_django import Settings

from accounts.tests.mails import send_pending_emails
from carts.tests.factories import add_to_cart
from orders import sales
from orders.emails import order_lines
from orders.models import Order, OrderAdjustment
from orders.tests.factories import customer, placed
from orders.tests.test_mails import get_html
from pricing.tests.factories import make_promotion
from products.tests.factories import make_product
from tests.admin.staff_clients import make_superuser_client

LINES = [
    "2 × Lamp: ₹40.00, ₹36.00 after discounts",
    "1 × Mug: ₹5.00, ₹4.50 after discounts",
    "Ten percent off (WELCOME): -₹4.50",
    "Cheaper shipping: -₹9.50",
    "Shipping: ₹49.50",
]


@pytest.fixture
def order(db: None, settings: Settings) -> Order:
    """An order with a discount by code on its lines, and one on shipping."""
    settings.SHIPPING, settings.TAX_RATES = {"in": (Decimal("49.50"), None)}, {"in": Decimal(18)}
    make_promotion("Ten percent off", code="WELCOME")
    make_promotion("Cheaper shipping", on="shipping", effect="amount", amounts={"in": "9.50"})
    client = customer()
    add_to_cart(client, make_product("Lamp"), 2)
    add_to_cart(client, make_product("Mug", price="5.00"))
    placed(client, codes=["welcome"])
    return Order.objects.get()


def add_fee(order: Order) -> None:
    """Add a fee and tax on top of the prices to an order."""
    OrderAdjustment.objects.create(order=order, kind="fee", on="fee", label="Gift wrapping", amount=2, position=9)
    Order.objects.update(fee_total=2, tax_total=Decimal("14.85"), prices_include_tax=False, total=order.total + Decimal("16.85"))
    order.refresh_from_db()


def test_the_mail_names_each_discount_with_its_code(order: Order) -> None:
    (message,) = send_pending_emails()

    for part in (str(message.body), get_html(message)):
        for line in [*LINES, "Total: ₹80.50 (including ₹12.28 tax)"]:
            assert line in part


def test_fees_and_tax_on_top_are_lines_before_the_total(order: Order) -> None:
    add_fee(order)

    assert order_lines(order) == [*LINES, "Gift wrapping: ₹2.00", "Tax: ₹14.85", "Total: ₹97.35"]


def test_an_order_without_discounts_has_none_in_its_mail(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product("Lamp"), 2)
    placed(client)

    assert order_lines(Order.objects.get()) == ["2 × Lamp: ₹40.00", "Total: ₹40.00"]


def test_the_page_of_the_order_shows_what_was_taken_off(order: Order) -> None:
    add_fee(order)

    page = make_superuser_client().get(f"/admin/orders/order/{order.pk}/change/").content.decode()

    for text in ("After discount", "₹36.00", "Ten percent off", "WELCOME", "₹9.50", "Gift wrapping", "₹2.00"):
        assert text in page
    assert "₹14.85, added to the prices" in page


def test_the_courier_collects_what_is_left_after_discounts(order: Order) -> None:
    page = make_superuser_client().get(f"/admin/orders/order/{order.pk}/slip/").content.decode()

    assert "To be paid on delivery: ₹80.50" in page


def test_sales_count_what_is_to_be_paid(order: Order) -> None:
    (summary,) = sales.get_summaries()

    assert (summary.today.orders, summary.today.ordered) == (1, Decimal("80.50"))


def test_the_page_of_an_order_without_discounts_has_no_columns_for_them(db: None) -> None:
    client = customer()
    add_to_cart(client, make_product("Lamp"), 2)
    placed(client)

    page = make_superuser_client().get(f"/admin/orders/order/{Order.objects.get().pk}/change/").content.decode()

    assert "Line total" in page
    assert "After discount" not in page
    assert "discounts, fees and taxes" not in page.lower()
