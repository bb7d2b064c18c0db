"""An order that is paid after it expired keeps its discount, and uses its promotions again, even beyond their limits"""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from carts.tests.factories import add_to_cart
from orders.models import Order, OrderEvent, Redemption
from orders.tests.factories import customer, placed
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import get_event_kinds
from orders.tests.payments.settlement.test_late_payment import create_abandoned_order, pay_first_session
from orders.tests.test_integrity import run_check
from pricing.models import Promotion, PromotionCode
from pricing.tests.factories import make_promotion
from products.models import Product
from products.tests.factories import make_product
from tests.admin.staff_clients import make_superuser_client
from tests.schema_client import SchemaClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def lamp(db: None) -> Product:
    """A lamp with plenty in stock."""
    return make_product(sku="LAMP", stock=20)


def expire_order(card_payments: CardPayments, lamp: Product, code: str) -> str:
    """Order lamps with a code, and let the order expire; return its number."""
    client = customer()
    add_to_cart(client, lamp, 2)
    client.post("/api/cart/codes/", {"code": code})
    return create_abandoned_order(card_payments, client)


def order_with_code(lamp: Product, code: str) -> dict[str, Any]:
    """Return the order of another buyer with this code."""
    client = SchemaClient()
    client.credentials(HTTP_X_CART_TOKEN=str(add_to_cart(client, lamp)["cart_token"]))
    return placed(client, email="grace@example.com", phone="", codes=[code])


def get_uses(number: str) -> list[tuple[str, bool]]:
    """Return the state of each use of an order, and whether it takes the code for itself."""
    return list(Redemption.objects.filter(order__number=number).values_list("state", "single_use"))


def read_order_page(client: Client, number: str) -> str:
    """Return the HTML of an order's page."""
    return client.get(f"/admin/orders/order/{Order.objects.get(number=number).pk}/change/").content.decode()


def test_within_the_limit_the_use_counts_again(card_payments: CardPayments, lamp: Product) -> None:
    make_promotion(code="WELCOME", usage_limit=1)
    number = expire_order(card_payments, lamp, "WELCOME")
    assert (Promotion.objects.get().used, get_uses(number)) == (0, [("released", False)])

    assert set(pay_first_session(card_payments)) == {200}

    order = Order.objects.get(number=number)
    assert (get_statuses(number)[0], order.discount_total, order.total) == ("processing", Decimal(4), Decimal(36))
    assert (Promotion.objects.get().used, get_uses(number)) == (1, [("used", False)])
    assert "redeemed_late" not in get_event_kinds(number)
    assert run_check() == (0, [])


def test_beyond_the_limit_the_discount_stays_and_staff_are_told(card_payments: CardPayments, lamp: Product) -> None:
    make_promotion("Welcome offer", code="WELCOME", usage_limit=1)
    number = expire_order(card_payments, lamp, "WELCOME")
    assert order_with_code(lamp, "WELCOME")["discount_total"] == "2.00"

    assert set(pay_first_session(card_payments)) == {200}

    order = Order.objects.get(number=number)
    assert (order.status, order.discount_total, order.total) == ("processing", Decimal(4), Decimal(36))
    assert (Promotion.objects.get().used, get_uses(number)) == (2, [("used", False)])
    assert OrderEvent.objects.get(kind="redeemed_late").data == {"promotions": "Welcome offer"}
    page = read_order_page(make_superuser_client(), number)
    assert "A promotion was used beyond its limit, because the payment came late" in page
    assert "promotions: Welcome offer" in page
    assert run_check() == (0, [])


def test_a_code_for_one_order_that_another_order_has_by_now(card_payments: CardPayments, lamp: Product) -> None:
    make_promotion("Welcome offer", code="ONLY-ONCE", single_use=True)
    number = expire_order(card_payments, lamp, "ONLY-ONCE")
    other = order_with_code(lamp, "ONLY-ONCE")

    assert set(pay_first_session(card_payments)) == {200}

    assert Order.objects.get(number=number).discount_total == Decimal(4)
    assert (get_uses(number), get_uses(other["number"])) == ([("used", False)], [("used", True)])
    assert OrderEvent.objects.get(kind="redeemed_late").data == {"promotions": "ONLY-ONCE"}
    assert PromotionCode.objects.get().is_used
    assert run_check() == (0, [])


def test_a_code_for_one_order_that_is_still_free_is_taken_again(card_payments: CardPayments, lamp: Product) -> None:
    make_promotion("Welcome offer", code="ONLY-ONCE", single_use=True)
    number = expire_order(card_payments, lamp, "ONLY-ONCE")
    assert not PromotionCode.objects.get().is_used

    assert set(pay_first_session(card_payments)) == {200}

    assert (get_uses(number), PromotionCode.objects.get().is_used) == ([("used", True)], True)
    assert "redeemed_late" not in get_event_kinds(number)
