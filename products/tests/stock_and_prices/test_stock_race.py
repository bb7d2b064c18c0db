"""products.services.stock under real concurrency: no unit is sold twice"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections
from django.db.models import Sum

from core.actors import SYSTEM
from products.exceptions import OutOfStock, StockConflict
from products.models import StockMovement, Variant
from products.services import stock
from products.tests.factories import get_only_variant, make_product, make_variant

pytestmark = pytest.mark.django_db(transaction=True)
BUYERS = 20


def run_concurrently(function: Callable[[int], object]) -> list[object]:
    """Run a function concurrently in one thread per buyer; return its results, and the codes of errors."""
    gate = Barrier(BUYERS)

    def run_one(number: int) -> object:
        try:
            connection.ensure_connection()
            gate.wait(timeout=30)
            return function(number)
        except (OutOfStock, StockConflict) as error:
            return error.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(BUYERS) as pool:
        return list(pool.map(run_one, range(BUYERS)))


def sum_movements(variant: Variant) -> int:
    """Return the sum of a variant's movements."""
    total: int = StockMovement.objects.filter(variant=variant).aggregate(Sum("delta"))["delta__sum"]
    return total


def test_of_twenty_who_take_the_last_five_units_five_get_one() -> None:
    lamp = get_only_variant(make_product(stock=5))

    results = run_concurrently(lambda number: stock.deduct(SYSTEM, {lamp.pk: 1}, reference=f"order {number}"))

    assert sorted(map(str, results)) == ["None"] * 5 + ["out_of_stock"] * 15
    lamp.refresh_from_db()
    assert (lamp.stock, sum_movements(lamp), lamp.movements.count()) == (0, 0, 6)


def test_reserved_units_are_nobodys_also_in_a_rush() -> None:
    lamp = get_only_variant(make_product(stock=9))
    Variant.objects.update(reserved=4)

    results = run_concurrently(lambda number: stock.deduct(SYSTEM, {lamp.pk: 2}, reference=f"order {number}"))

    assert results.count(None) == 2
    lamp.refresh_from_db()
    assert (lamp.stock, lamp.reserved, sum_movements(lamp)) == (5, 4, 5)


def test_a_rush_for_two_variants_takes_both_or_none() -> None:
    make_product(variants=[make_variant("S", stock=100), make_variant("M", stock=3)])
    small, medium = Variant.objects.order_by("position")

    results = run_concurrently(lambda number: stock.deduct(SYSTEM, {small.pk: 1, medium.pk: 1}, reference=f"order {number}"))

    assert results.count(None) == 3
    assert list(Variant.objects.order_by("position").values_list("stock", flat=True)) == [97, 0]
    assert (sum_movements(small), sum_movements(medium)) == (97, 0)


def test_twenty_counts_at_once_leave_what_was_counted_and_true_books() -> None:
    lamp = get_only_variant(make_product(stock=5))

    run_concurrently(lambda number: stock.set_available(SYSTEM, lamp, 40 + number % 2, StockMovement.Reason.CORRECTION))

    lamp.refresh_from_db()
    assert lamp.stock in (40, 41)
    assert sum_movements(lamp) == lamp.stock
