"""`manage.py check_integrity` while the shop is open: an order that is placed in this moment is no problem, and is not undone"""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from carts.models import Cart, CartItem
from carts.tests.factories import add
from orders import integrity
from orders.models import Payment
from orders.payments import refunds
from orders.payments.provider_state import RefundFacts
from orders.state.locking import locked_with_order
from orders.tests.factories import customer
from orders.tests.payments.invariants import check_books
from orders.tests.payments.paid_orders import bought, lamps, pending, stock_of
from orders.tests.payments.till import Till, status_of
from products.models import Variant
from products.tests.factories import make_product

pytestmark = pytest.mark.django_db
HELD = '"carts_cartitem"."held" > '


def test_an_order_that_is_placed_between_two_looks_is_no_problem(till: Till) -> None:
    client = customer()
    lamps(client)
    placed: list[str] = []

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Before the check asks which carts hold something: what it has asked before knows nothing of the order.
        if not placed and HELD in sql:
            placed.append("")
            placed[0] = till.placed(client)["number"]
        return execute(sql, params, many, context)

    with connection.execute_wrapper(meanwhile):
        found = [str(problem) for problem in integrity.problems()]

    assert status_of(placed[0]) == ("pending", "reserved", "open")
    assert found == []


def test_an_order_that_is_placed_while_all_is_computed_anew_keeps_what_it_holds(till: Till) -> None:
    client = customer()
    lamps(client)
    CartItem.objects.update(held=1)  # for nothing
    placed: list[str] = []

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # After the carts that hold something for nothing were found, and before they are locked.
        found = execute(sql, params, many, context)
        if not placed and HELD in sql:
            placed.append("")
            placed[0] = till.placed(client)["number"]
        return found

    with connection.execute_wrapper(meanwhile):
        assert integrity.fix() == 0

    assert status_of(placed[0]) == ("pending", "reserved", "open")
    assert CartItem.objects.get().held == 2
    assert Cart.objects.get().held_at is not None
    check_books()


def test_what_is_derived_is_computed_anew_beside_an_order_that_waits(till: Till) -> None:
    _, order = pending(till)
    other = customer("grace@example.com")
    add(other, make_product("Mug", sku="MUG"))
    CartItem.objects.filter(variant__sku="MUG").update(held=1)
    Variant.objects.filter(sku="LAMP").update(reserved=7)
    Variant.objects.filter(sku="MUG").update(reserved=1)
    Payment.objects.update(captured_minor=500, refunded_minor=500)

    changed = integrity.fix()

    assert (changed, stock_of(), stock_of("MUG")) == (4, (10, 2), (10, 0))
    assert Payment.objects.get().refunded_minor == 0
    assert dict(CartItem.objects.values_list("variant__sku", "held")) == {"LAMP": 2, "MUG": 0}
    Payment.objects.update(captured_minor=0)
    assert status_of(order["number"]) == ("pending", "reserved", "open")
    assert integrity.fix() == 0
    check_books()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_refund_that_is_written_down_in_this_moment_counts(till: Till) -> None:
    order = bought(till)
    payment = order.payments.get()
    Payment.objects.update(refunded_minor=500)  # for nothing
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            locked_with_order(payment.pk)
            fixing = other.submit(_fix_elsewhere)
            _wait_for_a_lock()
            refunds.record(payment.pk, [RefundFacts("re_1", "succeeded", 1000, "INR", payment.payment_intent)])
        fixing.result(timeout=30)

    assert Payment.objects.get().refunded_minor == 1000
    assert list(integrity.problems()) == []


def _fix_elsewhere() -> int:
    try:
        return integrity.fix()
    finally:
        connection.close()


def _wait_for_a_lock() -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    for _ in range(300):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.1)
    raise AssertionError("nobody waits for a lock")
