"""To whom Cash on Delivery is offered: the second part of COD_RULES"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.tests.factories import make_user
from carts.tests.factories import add_to_cart, signed_in_client
from orders import cash_rules
from orders.models import Order, Shipment
from orders.tests.factories import placed
from orders.tests.parcels.parcels import bring_back
from products.tests.factories import make_product
from tests.query_capture import capture_statements
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]
PHONE, OTHER = "+919876543210", "+919876543211"


@pytest.fixture(autouse=True)
def _rules(settings: Settings) -> None:
    """No Cash on Delivery in India after two refusals."""
    settings.COD_RULES = {"in": (None, 2)}


def make_refused_order(client: SchemaClient | None = None, *, phone: str = PHONE, days: int = 1, **fields: Any) -> Order:
    """Return an order that was sent some days ago and came back."""
    buyer = client or SchemaClient()
    add_to_cart(buyer, make_product(stock=50))
    order = Order.objects.get(number=placed(buyer, phone=phone)["number"])
    bring_back(order)
    Order.objects.filter(pk=order.pk).update(**{"shipped_at": timezone.now() - timedelta(days=days), **fields})
    return order


def test_a_buyer_who_refused_two_orders_gets_no_third() -> None:
    make_refused_order()
    offered_after_one = cash_rules.may_pay_cash("in", [PHONE])
    make_refused_order()

    assert (offered_after_one, cash_rules.may_pay_cash("in", [PHONE])) == (True, False)
    assert cash_rules.may_pay_cash("in", [OTHER, PHONE]) is False
    assert cash_rules.may_pay_cash("in", [OTHER]) is True


def test_other_markets_have_rules_of_their_own_and_count_the_same_refusals(settings: Settings) -> None:
    settings.COD_RULES = {"in": (None, 3), "us": (None, 2)}
    make_refused_order()
    make_refused_order()

    assert [cash_rules.may_pay_cash(market, [PHONE]) for market in ("in", "us", "jp")] == [True, False, True]


def test_refusals_are_forgotten_after_180_days() -> None:
    make_refused_order(days=179)
    make_refused_order(days=181)

    assert cash_rules.may_pay_cash("in", [PHONE]) is True


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "cancelled"},
        {"status": "shipped"},  # another parcel is on its way
        {"status": "delivered"},  # another parcel arrived
        {"payment_method": "stripe"},
    ],
)
def test_no_other_order_is_a_refusal(fields: dict[str, Any]) -> None:
    make_refused_order()
    make_refused_order(**fields)

    assert cash_rules.may_pay_cash("in", [PHONE]) is True


def test_the_orders_of_an_account_count_whatever_their_phone() -> None:
    ada, grace = make_user(phone=OTHER), make_user("grace@example.com")
    make_refused_order(signed_in_client(ada))
    make_refused_order(phone=OTHER)

    assert cash_rules.may_pay_cash("in", [], ada.pk) is True
    assert cash_rules.may_pay_cash("in", [OTHER], ada.pk) is False
    assert cash_rules.is_cash_offered("in", ada) is False
    assert cash_rules.is_cash_offered("in", grace) is True


def test_a_lost_order_is_no_refusal() -> None:
    make_refused_order()
    make_refused_order()
    Shipment.objects.filter(pk=Shipment.objects.latest("pk").pk).update(state="lost")

    assert cash_rules.may_pay_cash("in", [PHONE]) is True


@pytest.mark.parametrize(
    ("market", "numbers", "has_account", "statements"),
    [
        ("in", [PHONE, OTHER], True, 1),
        ("in", [PHONE], False, 1),
        ("in", [], True, 1),
        ("in", [], False, 0),
        ("in", [""], False, 0),
        ("us", [PHONE], True, 0),
    ],
)
def test_it_costs_one_statement_or_none(market: str, numbers: list[str], has_account: bool, statements: int) -> None:
    user = make_user()

    with capture_statements() as run:
        assert cash_rules.may_pay_cash(market, numbers, user.pk if has_account else None)

    assert len(run) == statements


def test_the_account_of_another_is_not_asked() -> None:
    ada, grace = make_user(), make_user("grace@example.com")
    for _ in range(2):
        make_refused_order(signed_in_client(ada))

    offered = [cash_rules.may_pay_cash("in", [OTHER], user.pk) for user in User.objects.order_by("pk")]

    assert (offered, grace.pk > ada.pk) == ([False, True], True)
