"""products.services.stock: every change to units on hand is a movement"""

import pytest
from django.contrib.auth import get_user_model
from django.db.models import Sum

from core.actors import SYSTEM, Actor
from products.exceptions import OutOfStock, StockConflict
from products.models import StockMovement, Variant
from products.services import stock
from products.tests.factories import get_only_variant, make_product, make_variant

pytestmark = pytest.mark.django_db


def list_movements(sku: str) -> list[tuple[int, str, str]]:
    """Return the movements of a variant, oldest first."""
    rows = StockMovement.objects.filter(variant__sku=sku).order_by("id")
    return list(rows.values_list("delta", "reason", "reference"))


def make_variants() -> tuple[Variant, Variant]:
    """Create two variants: L-1 with 5 units, of which 2 are reserved, and L-2 with 10."""
    make_product(variants=[make_variant("L-1", stock=5), make_variant("L-2", stock=10)])
    Variant.objects.filter(sku="L-1").update(reserved=2)
    return Variant.objects.get(sku="L-1"), Variant.objects.get(sku="L-2")


def assert_untouched() -> None:
    """Assert that the variants are as `make_variants` created them."""
    assert list(Variant.objects.order_by("sku").values_list("stock", "reserved")) == [(5, 2), (10, 0)]
    assert list_movements("L-1") == [(5, "initial", "")]
    assert list_movements("L-2") == [(10, "initial", "")]


def test_deducted_units_are_a_sale() -> None:
    small, large = make_variants()

    stock.deduct(SYSTEM, {small.pk: 3, large.pk: 1}, reference="order 7")

    assert list(Variant.objects.order_by("sku").values_list("stock", "reserved")) == [(2, 2), (9, 0)]
    assert list_movements("L-1") == [(5, "initial", ""), (-3, "sale", "order 7")]
    assert list_movements("L-2") == [(10, "initial", ""), (-1, "sale", "order 7")]


@pytest.mark.parametrize("units", [{"L-1": 4}, {"L-1": 4, "L-2": 1}, {"L-1": 1, "L-2": 11}, {"L-1": 5}])
def test_units_that_are_reserved_or_not_there_are_taken_neither_in_whole_nor_in_part(units: dict[str, int]) -> None:
    small, large = make_variants()
    ids = {"L-1": small.pk, "L-2": large.pk}

    with pytest.raises(OutOfStock):
        stock.deduct(SYSTEM, {ids[sku]: n for sku, n in units.items()}, reference="order 7")

    assert_untouched()


def test_a_variant_that_is_not_there_stops_the_others() -> None:
    small, _ = make_variants()

    with pytest.raises(OutOfStock):
        stock.deduct(SYSTEM, {small.pk: 1, 2**40: 1}, reference="order 7")

    assert_untouched()


@pytest.mark.parametrize(("delta", "expected"), [(4, 9), (-1, 4), (-3, 2)])
def test_an_adjustment_is_a_movement(delta: int, expected: int) -> None:
    small, _ = make_variants()

    stock.adjust(SYSTEM, small, delta, StockMovement.Reason.CORRECTION, reference="count 3")

    assert Variant.objects.get(sku="L-1").stock == expected
    assert list_movements("L-1") == [(5, "initial", ""), (delta, "correction", "count 3")]


@pytest.mark.parametrize("delta", [-4, -5, -6])
def test_an_adjustment_below_what_is_reserved_is_refused(delta: int) -> None:
    small, _ = make_variants()

    with pytest.raises(StockConflict):
        stock.adjust(SYSTEM, small, delta, StockMovement.Reason.CORRECTION)

    assert_untouched()


def test_an_adjustment_by_nothing_is_no_movement() -> None:
    small, _ = make_variants()

    stock.adjust(SYSTEM, small, 0, StockMovement.Reason.CORRECTION)

    assert_untouched()


def test_an_adjustment_goes_by_the_database_and_not_by_what_was_read_before() -> None:
    small, _ = make_variants()
    stock.adjust(SYSTEM, small, 5, StockMovement.Reason.RECEIVED)

    stock.adjust(SYSTEM, small, -8, StockMovement.Reason.CORRECTION)

    assert Variant.objects.get(sku="L-1").stock == 2


@pytest.mark.parametrize(("available", "on_hand", "delta"), [(0, 2, -3), (18, 20, 15)])
def test_a_count_of_what_can_be_bought_is_a_movement_of_the_difference(available: int, on_hand: int, delta: int) -> None:
    small, _ = make_variants()

    assert stock.set_available(SYSTEM, small, available, StockMovement.Reason.CORRECTION)

    assert Variant.objects.get(sku="L-1").stock == on_hand
    assert list_movements("L-1") == [(5, "initial", ""), (delta, "correction", "")]


def test_a_count_that_finds_what_is_on_hand_is_no_movement() -> None:
    small, _ = make_variants()

    assert not stock.set_available(SYSTEM, small, 3, StockMovement.Reason.CORRECTION)

    assert_untouched()


def test_a_count_below_nothing_is_refused() -> None:
    small, _ = make_variants()

    with pytest.raises(StockConflict):
        stock.set_available(SYSTEM, small, -1, StockMovement.Reason.CORRECTION)

    assert_untouched()


def test_a_movement_names_who_moved() -> None:
    staff = get_user_model().objects.create_user("staff@example.com")
    small, _ = make_variants()

    stock.adjust(Actor(user_id=staff.pk, kind="staff"), small, 1, StockMovement.Reason.RECEIVED)

    assert list(StockMovement.objects.filter(variant=small).order_by("id").values_list("user_id", flat=True)) == [None, staff.pk]


def test_what_is_on_hand_is_the_sum_of_its_movements() -> None:
    lamp = get_only_variant(make_product(sku="L-1", stock=5))
    stock.adjust(SYSTEM, lamp, 7, StockMovement.Reason.RECEIVED)
    stock.deduct(SYSTEM, {lamp.pk: 4}, reference="order 1")
    stock.set_available(SYSTEM, lamp, 20, StockMovement.Reason.CORRECTION)
    stock.adjust(SYSTEM, lamp, -2, StockMovement.Reason.RETURN)

    assert Variant.objects.get(sku="L-1").stock == 18
    assert StockMovement.objects.filter(variant=lamp).aggregate(Sum("delta"))["delta__sum"] == 18
