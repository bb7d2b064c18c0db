"""Units reserved by open orders are reserved, committed and released all or none"""

import pytest
from django.db import transaction

from core.actors import SYSTEM
from products.exceptions import OutOfStock, StockConflict
from products.models import Listing, StockMovement, Variant
from products.services import stock
from products.tests.factories import get_only_variant, make_product

pytestmark = pytest.mark.django_db


def make_lamp(on_hand: int, reserved: int = 0) -> int:
    """Create a lamp with these units on hand and reserved, and return the id of its variant."""
    variant = get_only_variant(make_product(sku="LAMP", stock=on_hand))
    Variant.objects.update(reserved=reserved)
    return variant.pk


def get_units() -> tuple[int, int]:
    """Return the units on hand and the reserved units."""
    return Variant.objects.values_list("stock", "reserved").get(sku="LAMP")


def test_no_more_is_promised_than_there_is() -> None:
    lamp = make_lamp(3, 1)

    with pytest.raises(OutOfStock), transaction.atomic():
        stock.reserve({lamp: 3})
    stock.reserve({lamp: 2}, sold_out=[Variant.objects.get().product_id])

    assert get_units() == (3, 3)
    assert not Listing.objects.get().in_stock


def test_a_promise_is_kept_once() -> None:
    lamp = make_lamp(3, 2)

    stock.commit(SYSTEM, {lamp: 2}, reference="o-1")
    with pytest.raises(StockConflict), transaction.atomic():
        stock.commit(SYSTEM, {lamp: 1}, reference="o-1")

    assert get_units() == (1, 0)
    assert list(StockMovement.objects.filter(reference="o-1").values_list("delta", "reason")) == [(-2, "sale")]


def test_a_promise_is_taken_back_once() -> None:
    lamp = make_lamp(2, 2)

    stock.release({lamp: 2})
    with pytest.raises(StockConflict), transaction.atomic():
        stock.release({lamp: 1})

    assert get_units() == (2, 0)
    assert Listing.objects.get().in_stock


@pytest.mark.parametrize(("on_hand", "reserved", "is_deducted"), [(2, 0, True), (2, 1, False), (1, 0, False)])
def test_a_late_sale_takes_what_nobody_else_was_promised(on_hand: int, reserved: int, is_deducted: bool) -> None:
    lamp = make_lamp(on_hand, reserved)

    assert stock.deduct_late(SYSTEM, {lamp: 2}, reference="o-1") is is_deducted

    assert get_units() == ((0, 0) if is_deducted else (on_hand, reserved))


def test_what_is_gone_is_not_sold_late() -> None:
    assert not stock.deduct_late(SYSTEM, {4711: 1}, reference="o-1")


def test_what_comes_back_can_be_sold_again() -> None:
    lamp = make_lamp(0)

    stock.restock(SYSTEM, {lamp: 2}, reference="o-1")

    assert get_units() == (2, 0)
    assert Listing.objects.get().in_stock
