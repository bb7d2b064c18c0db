"""`manage.py check_integrity` while the shop is open: an order placed meanwhile is no problem and is not undone"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart
from orders import integrity
from orders.models import Payment
from orders.payments import refunds
from orders.payments.provider_state import ProviderRefund
from orders.state.locking import lock_order_and_payment
from orders.tests.factories import customer
from orders.tests.payments.card_payments import CardPayments, get_statuses
from orders.tests.payments.invariants import check_invariants
from orders.tests.payments.paid_orders import add_lamps, create_paid_order, create_pending_order, get_stock
from products.models import Variant
from products.tests.factories import make_product
from tests.concurrent_requests import wait_for_blocked_statement

pytestmark = pytest.mark.django_db
HELD_CONDITION = '"carts_cartitem"."held" > '


def test_an_order_that_is_placed_between_two_looks_is_no_problem(card_payments: CardPayments) -> None:
    client = customer()
    add_lamps(client)
    placed: list[str] = []

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # Before the check asks which carts hold something; its earlier queries do not see the order.
        if not placed and HELD_CONDITION in sql:
            placed.append("")
            placed[0] = card_payments.place_order(client)["number"]
        return execute(sql, params, many, context)

    with connection.execute_wrapper(meanwhile):
        problems = [str(problem) for problem in integrity.find_problems()]

    assert get_statuses(placed[0]) == ("pending", "reserved", "open")
    assert problems == []


def test_an_order_placed_during_the_repair_keeps_its_holds(card_payments: CardPayments) -> None:
    client = customer()
    add_lamps(client)
    CartItem.objects.update(held=1)  # a hold without an order
    placed: list[str] = []

    def meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # After the carts with holds but no order are found, and before they are locked.
        result = execute(sql, params, many, context)
        if not placed and HELD_CONDITION in sql:
            placed.append("")
            placed[0] = card_payments.place_order(client)["number"]
        return result

    with connection.execute_wrapper(meanwhile):
        assert integrity.fix_derived_values() == 0

    assert get_statuses(placed[0]) == ("pending", "reserved", "open")
    assert CartItem.objects.get().held == 2
    assert Cart.objects.get().held_at is not None
    check_invariants()


def test_derived_values_are_recomputed_beside_a_pending_order(card_payments: CardPayments) -> None:
    _, order = create_pending_order(card_payments)
    other = customer("grace@example.com")
    add_to_cart(other, make_product("Mug", sku="MUG"))
    CartItem.objects.filter(variant__sku="MUG").update(held=1)
    Variant.objects.filter(sku="LAMP").update(reserved=7)
    Variant.objects.filter(sku="MUG").update(reserved=1)
    Payment.objects.update(captured_minor=500, refunded_minor=500)

    changed = integrity.fix_derived_values()

    assert (changed, get_stock(), get_stock("MUG")) == (4, (10, 2), (10, 0))
    assert Payment.objects.get().refunded_minor == 0
    assert dict(CartItem.objects.values_list("variant__sku", "held")) == {"LAMP": 2, "MUG": 0}
    Payment.objects.update(captured_minor=0)
    assert get_statuses(order["number"]) == ("pending", "reserved", "open")
    assert integrity.fix_derived_values() == 0
    check_invariants()


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_refund_recorded_during_the_repair_counts(card_payments: CardPayments) -> None:
    order = create_paid_order(card_payments)
    payment = order.payments.get()
    Payment.objects.update(refunded_minor=500)  # a hold without an order
    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            lock_order_and_payment(payment.pk)
            fixing = other.submit(_repair_in_thread)
            wait_for_blocked_statement()
            refunds.record_refunds(payment.pk, [ProviderRefund("re_1", "succeeded", 1000, "INR", payment.payment_intent)])
        fixing.result(timeout=30)

    assert Payment.objects.get().refunded_minor == 1000
    assert list(integrity.find_problems()) == []


def _repair_in_thread() -> int:
    try:
        return integrity.fix_derived_values()
    finally:
        connection.close()
