"""Units that are promised to open orders: taken, kept and given back all or none"""

import pytest
from django.db import transaction

from core.actors import SYSTEM
from products.exceptions import OutOfStock, StockConflict
from products.models import Listing, StockMovement, Variant
from products.services import stock
from products.tests.factories import make_product, variant_of

pytestmark = pytest.mark.django_db


def units(on_hand: int, reserved: int = 0) -> int:
    """Make a lamp with so many units on hand and promised, and return its variant."""
    variant = variant_of(make_product(sku="LAMP", stock=on_hand))
    Variant.objects.update(reserved=reserved)
    return variant.pk


def now() -> tuple[int, int]:
    """Return the units on hand and those promised."""
    return Variant.objects.values_list("stock", "reserved").get(sku="LAMP")


def test_no_more_is_promised_than_there_is() -> None:
    lamp = units(3, 1)

    with pytest.raises(OutOfStock), transaction.atomic():
        stock.reserve({lamp: 3})
    stock.reserve({lamp: 2}, emptied=[Variant.objects.get().product_id])

    assert now() == (3, 3)
    assert not Listing.objects.get().in_stock


def test_a_promise_is_kept_once() -> None:
    lamp = units(3, 2)

    stock.commit(SYSTEM, {lamp: 2}, reference="o-1")
    with pytest.raises(StockConflict), transaction.atomic():
        stock.commit(SYSTEM, {lamp: 1}, reference="o-1")

    assert now() == (1, 0)
    assert list(StockMovement.objects.filter(reference="o-1").values_list("delta", "reason")) == [(-2, "sale")]


def test_a_promise_is_taken_back_once() -> None:
    lamp = units(2, 2)

    stock.release({lamp: 2})
    with pytest.raises(StockConflict), transaction.atomic():
        stock.release({lamp: 1})

    assert now() == (2, 0)
    assert Listing.objects.get().in_stock


@pytest.mark.parametrize(("on_hand", "reserved", "taken"), [(2, 0, True), (2, 1, False), (1, 0, False)])
def test_a_late_sale_takes_what_nobody_else_was_promised(on_hand: int, reserved: int, taken: bool) -> None:
    lamp = units(on_hand, reserved)

    assert stock.take_late(SYSTEM, {lamp: 2}, reference="o-1") is taken

    assert now() == ((0, 0) if taken else (on_hand, reserved))


def test_what_is_gone_is_not_sold_late() -> None:
    assert not stock.take_late(SYSTEM, {4711: 1}, reference="o-1")


def test_what_comes_back_can_be_sold_again() -> None:
    lamp = units(0)

    stock.put_back(SYSTEM, {lamp: 2}, reference="o-1")

    assert now() == (2, 0)
    assert Listing.objects.get().in_stock
