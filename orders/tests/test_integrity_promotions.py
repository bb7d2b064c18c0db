"""`manage.py check_integrity`: discounts, fees, taxes and uses of promotions"""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart
from core.actors import Actor
from orders.fulfilment import cancellation
from orders.models import Order, OrderAdjustment, OrderItem, Redemption
from orders.tests.factories import create, customer, placed
from orders.tests.payments.card_payments import CardPayments
from orders.tests.test_integrity import run_check
from pricing.models import PriceRules, Promotion, PromotionCode
from pricing.tests.factories import make_promotion
from products.tests.factories import make_product
from tests.fixtures import *  # noqa: F403 - fixtures are found by name
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db
D = Decimal
DISCOUNTS = "its discounts do not add up to what was taken off"


@pytest.fixture
def order(settings: Settings) -> Order:
    """An order with a discount on its lines by a code for one order, one on shipping, a fee, and tax."""
    settings.SHIPPING, settings.TAX_RATES = {"in": (D("49.50"), None)}, {"in": D(18)}
    make_promotion("Ten percent off", code="WELCOME", single_use=True, usage_limit=5)
    make_promotion("Cheaper shipping", on="shipping", effect="amount", amounts={"in": "9.50"})
    client = customer()
    add_to_cart(client, make_product("Lamp", sku="LAMP", price="19.99", stock=10), 3)
    add_to_cart(client, make_product("Mug", sku="MUG", price="5.00"))
    placed(client, codes=["welcome"])
    order = Order.objects.get()
    OrderAdjustment.objects.create(order=order, kind="fee", on="fee", label="Gift wrapping", amount=2, position=9)
    Order.objects.update(fee_total=2, total=order.total + 2)
    return order


def test_an_order_with_all_of_it_adds_up(order: Order) -> None:
    assert run_check() == (0, [])
    assert set(order.adjustments.values_list("kind", "on")) == {
        *(("discount", "order"), ("discount", "shipping"), ("fee", "fee"), ("tax", "items"), ("tax", "shipping")),
    }


@pytest.mark.parametrize(
    ("rows", "columns", "complaint"),
    [
        (OrderItem.objects.filter(sku="LAMP"), {"discount_total": 1}, DISCOUNTS),
        (OrderAdjustment.objects.filter(on="shipping", kind="discount"), {"amount": D("9.49")}, DISCOUNTS),
        (OrderAdjustment.objects.filter(on="order"), {"amount": D("6.51")}, DISCOUNTS),
        (OrderAdjustment.objects.filter(on="order"), {"on": "shipping"}, DISCOUNTS),
        (OrderAdjustment.objects.filter(kind="fee"), {"amount": 3}, "its fees do not add up"),
        (OrderAdjustment.objects.filter(kind="fee"), {"kind": "tax"}, "its fees do not add up"),
        (OrderAdjustment.objects.filter(kind="tax", on="shipping"), {"amount": 1}, "its taxes do not add up"),
        (OrderAdjustment.objects.filter(kind="tax", on="shipping"), {"on": "items"}, "its taxes do not add up"),
        (OrderItem.objects.filter(sku="MUG"), {"tax_total": 1}, "its taxes do not add up"),
        (Order.objects.all(), {"tax_total": 1}, "its taxes do not add up"),
    ],
)
def test_a_part_that_does_not_add_up_is_named(order: Order, rows: Any, columns: dict[str, Any], complaint: str) -> None:
    assert rows.all().update(**columns) == 1

    code, complaints = run_check(fix=True)

    assert code == 1
    assert f"order {order.number}: {complaint}" in complaints


def test_discounts_without_their_rows_are_named(order: Order) -> None:
    OrderAdjustment.objects.filter(kind="discount").delete()

    assert run_check() == (1, [f"order {order.number}: {DISCOUNTS}"])


def test_the_tax_of_an_order_from_before_the_upgrade_is_no_problem(order: Order) -> None:
    OrderAdjustment.objects.filter(kind="tax").delete()
    OrderItem.objects.update(tax_total=0)
    assert run_check() == (0, [])
    order.refresh_from_db()
    OrderAdjustment.objects.create(order=order, kind="tax", on="items", label="Tax", amount=order.tax_total)

    assert run_check() == (0, [])


def test_a_wrong_counter_of_a_promotion_is_named_and_corrected(order: Order) -> None:
    Promotion.objects.filter(codes__code="WELCOME").update(used=5)
    assert run_check() == (1, ["promotion Ten percent off: 5 used, but 1 order(s) hold or have used it (--fix corrects this)"])
    before = PriceRules.objects.get(market="in").version

    assert run_check(fix=True) == (0, [])

    assert Promotion.objects.get(codes__code="WELCOME").used == 1
    assert PriceRules.objects.get(market="in").version == before + 1


def test_a_promotion_without_a_limit_has_no_counter(order: Order) -> None:
    Promotion.objects.update(usage_limit=None, used=0)

    assert run_check() == (0, [])


@pytest.mark.parametrize("is_used", [True, False])
def test_a_wrongly_marked_code_for_one_order_is_named_and_corrected(order: Order, is_used: bool) -> None:
    message = "is used, but no order has it" if is_used else "is free, but an order has it"
    if is_used:
        Redemption.objects.update(single_use=False)
    else:
        PromotionCode.objects.update(is_used=False)
    assert run_check() == (1, [f"code WELCOME: {message} (--fix corrects this)"])

    assert run_check(fix=True) == (0, [])

    assert PromotionCode.objects.get().is_used == (not is_used)


@pytest.mark.parametrize("state", ["held", "released"])
def test_a_use_that_is_not_in_the_state_of_its_order_is_named(order: Order, state: str) -> None:
    Redemption.objects.filter(code=None).update(state=state)

    message = f"order {order.number}: is processing while its use of the promotion Cheaper shipping is {state}"
    assert run_check(fix=True) == (1, [message])


@pytest.mark.parametrize("state", ["used", "released"])
def test_a_use_of_an_unpaid_order_is_held(card_payments: CardPayments, state: str) -> None:
    make_promotion()
    client = customer()
    add_to_cart(client, make_product())
    order = card_payments.place_order(client)
    assert run_check() == (0, [])

    Redemption.objects.update(state=state)

    message = f"order {order['number']}: is pending while its use of the promotion Ten percent off is {state}"
    assert run_check() == (1, [message])


@pytest.mark.parametrize("state", ["held", "used"])
def test_a_use_of_a_cancelled_order_is_released(order: Order, state: str) -> None:
    cancellation.cancel_order(Actor(kind="staff"), order.pk, "no lamps left")
    assert run_check() == (0, [])

    Redemption.objects.filter(code=None).update(state=state)

    message = f"order {order.number}: is cancelled while its use of the promotion Cheaper shipping is {state}"
    assert run_check() == (1, [message])


def test_it_costs_the_same_for_one_order_as_for_many(order: Order) -> None:
    with capture_statements() as statements_for_one:
        run_check()
    for number in range(4):
        client = customer(f"grace-{number}@example.com")
        add_to_cart(client, make_product(f"Mug {number}", stock=5), 2)
        assert create(client).status_code == 201
    with capture_statements() as statements_for_many:
        assert run_check() == (0, [])

    assert len(statements_for_one) == len(statements_for_many)
    assert (Cart.objects.count(), CartItem.objects.count()) == (5, 0)
