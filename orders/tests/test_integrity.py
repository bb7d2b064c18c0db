"""`manage.py check_integrity`: reports mismatches, and corrects derived values with --fix"""

from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from accounts.tests.factories import make_user
from carts.models import Cart, CartItem
from carts.tests.factories import add_to_cart
from core.actors import Actor
from orders.fulfilment import cancellation, shipping
from orders.fulfilment.parcels import outcomes
from orders.models import Order, OrderItem, Payment, Refund, Shipment, ShipmentLine
from orders.payments import refunds
from orders.payments.refund_lines import RefundLine
from orders.tests.factories import customer, placed
from orders.tests.parcels.parcels import send
from products.models import StockMovement, Variant
from products.tests.factories import make_product
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db
STAFF = Actor(kind="staff")


def run_check(**options: Any) -> tuple[int, list[str]]:
    """Run the command and return its exit code and the problems it reported."""
    complaints, code = StringIO(), 0
    try:
        call_command("check_integrity", stdout=StringIO(), stderr=complaints, **options)
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, complaints.getvalue().splitlines()


def break_total(**columns: Any) -> None:
    """Store amounts of orders that do not add up, as a database that has lost its constraint would."""
    connection.check_constraints()  # PostgreSQL alters no table with checks pending
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE orders_order DROP CONSTRAINT order_adds_up")
        else:
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        Order.objects.update(**columns)
        if connection.vendor != "postgresql":
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


@pytest.fixture
def order() -> Order:
    """A Cash on Delivery order of two lamps."""
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=5), 2)
    placed(client)
    return Order.objects.get()


def test_the_books_of_a_shop_add_up_after_everything_that_can_happen(order: Order) -> None:
    second = customer("grace@example.com")
    add_to_cart(second, make_product("Mug", sku="MUG", stock=5), 3)
    placed(second)
    other = Order.objects.exclude(pk=order.pk).get()
    shipping.ship_order(STAFF, order.pk)
    shipping.deliver_order(STAFF, order.pk)
    item = order.items.get()
    refunds.request_refund(STAFF, order.pk, Decimal("20.00"), "scratched", [RefundLine(item.pk, 1, restock=True)])
    cancellation.cancel_order(STAFF, other.pk, "no mugs left")

    assert run_check() == (0, [])
    assert sum(StockMovement.objects.values_list("delta", flat=True)) == sum(Variant.objects.values_list("stock", flat=True)) == 9


@pytest.mark.parametrize(
    ("model", "columns", "complaint"),
    [
        (Variant, {"stock": 7}, "SKU LAMP: 7 on hand, but its movements add up to 3"),
        (Variant, {"reserved": 2}, "SKU LAMP: 2 reserved, but open orders hold 0 (--fix corrects this)"),
        (OrderItem, {"line_total": 41}, "the line total of LAMP is not its price times its quantity"),
        (Order, {"subtotal": 41, "total": 41}, "its lines, subtotal and total do not add up"),
        (Order, {"stock_state": "none"}, "is processing while its stock is none"),
        (Order, {"payment_method": "stripe"}, "is confirmed, but none of its payments has succeeded"),
        (OrderItem, {"quantity": 3, "line_total": 60}, "took 3 unit(s), but its stock movements add up to -2"),
        (Payment, {"captured_minor": 500, "refunded_minor": 500}, "500 refunded, but its refunds add up to 0"),
        (CartItem, {"held": 2}, "holds units for an order that is not open"),
    ],
)
def test_what_does_not_add_up_is_named(order: Order, model: Any, columns: dict[str, Any], complaint: str) -> None:
    CartItem.objects.create(cart=Cart.objects.get(), variant=Variant.objects.get(), quantity=1, price_at_addition=20)
    model.objects.update(**columns)

    code, complaints = run_check()

    assert code == 1
    assert any(complaint in line for line in complaints), complaints


@pytest.mark.parametrize(
    "columns", [{"total": 39}, {"fee_total": 1}, {"shipping_total": 1}, {"tax_total": 1, "prices_include_tax": False}]
)
def test_a_total_that_is_not_the_sum_of_its_parts_is_named(order: Order, columns: dict[str, Any]) -> None:
    break_total(**columns)

    assert f"order {order.number}: its lines, subtotal and total do not add up" in run_check()[1]


def test_more_asked_back_than_was_captured_is_named(order: Order) -> None:
    payment = Payment.objects.get()
    Refund.objects.create(payment=payment, amount=1, amount_minor=100, source="staff")

    assert run_check() == (1, [f"order {order.number}: refunds of 100 requested, but only 0 captured"])


def test_derived_values_are_recomputed_and_the_rest_is_left(order: Order) -> None:
    line = CartItem.objects.create(cart=Cart.objects.get(), variant=Variant.objects.get(), quantity=1, price_at_addition=20, held=1)
    Variant.objects.update(reserved=2)
    Payment.objects.update(captured_minor=500, refunded_minor=500)
    break_total(total=39)

    code, complaints = run_check(fix=True)

    assert (code, len(complaints)) == (1, 1)
    line.refresh_from_db()
    assert (Variant.objects.get().reserved, Payment.objects.get().refunded_minor, line.held) == (0, 0, 0)
    assert Order.objects.get().total == 39


def test_the_search_for_carts_that_hold_units_is_made_once(order: Order) -> None:
    lamp = Variant.objects.get()
    for number in range(3):
        cart = Cart.objects.create(market="in", user=make_user(f"ada-{number}@example.com"))
        CartItem.objects.create(cart=cart, variant=lamp, quantity=1, price_at_addition=20, held=1)

    with capture_statements() as statements:
        assert run_check(fix=True) == (0, [])

    searches = [sql for sql in statements if sql.startswith('SELECT DISTINCT "carts_cartitem"')]
    searches_of_all = [sql for sql in searches if '"cart_id" = ' not in sql.partition("NOT")[0]]
    assert (len(searches_of_all), len(searches)) == (2, 5)  # to correct, and to check afterwards
    assert not CartItem.objects.filter(held__gt=0).exists()


def test_it_costs_the_same_for_one_order_as_for_many(order: Order) -> None:
    with capture_statements() as statements_for_one:
        run_check()
    client = customer("grace@example.com")
    for number in range(5):
        add_to_cart(client, make_product(f"Mug {number}", stock=5), 2)
        placed(client)
    with capture_statements() as statements_for_many:
        assert run_check() == (0, [])

    assert len(statements_for_one) == len(statements_for_many)


def test_a_product_that_was_put_back_by_nobody_is_no_problem(db: None) -> None:
    make_product(stock=0)

    assert run_check() == (0, [])


def test_honest_amounts_are_no_problem_to_an_engine_that_computes_with_floating_point(db: None) -> None:
    bought = [[("0.10", 3)], [("19.99", 3)], [("1.15", 9)], [("33.33", 7)], [("0.10", 1), ("0.20", 1)], [("0.10", 3), ("19.99", 7)]]
    for number, lines in enumerate(bought):
        client = customer(f"buyer-{number}@example.com")
        for price, units in lines:
            add_to_cart(client, make_product(f"Lamp {number} at {price}", price=price, stock=50), units)
        placed(client)

    assert run_check() == (0, [])
    OrderItem.objects.filter(order__user__email="buyer-0@example.com").update(line_total=Decimal("0.301"))
    complaints = run_check()[1]
    assert [line for line in complaints if "is not its price times its quantity" in line] == complaints[:1]
    assert len(complaints) == 2  # and the subtotal does not add up


def test_of_a_cancelled_order_what_was_given_back_and_is_broken_stays_away(order: Order) -> None:
    Payment.objects.update(state="succeeded", captured_minor=4000)
    refunds.request_refund(STAFF, order.pk, Decimal("20.00"), "broken", [RefundLine(order.items.get().pk, 1)])

    cancellation.cancel_order(STAFF, order.pk, "no lamps left", refund=True)

    assert (Variant.objects.get().stock, Payment.objects.get().refunded_minor) == (4, 4000)
    assert run_check() == (0, [])
    OrderItem.objects.update(refunded_quantity=0)
    assert run_check() == (1, [f"order {order.number}: took 0 unit(s), but its stock movements add up to -1"])


def test_of_a_cancelled_order_what_is_on_the_shelf_again_is_not_put_there_twice(order: Order) -> None:
    Payment.objects.update(state="succeeded", captured_minor=4000)
    refunds.request_refund(STAFF, order.pk, Decimal("20.00"), "scratched", [RefundLine(order.items.get().pk, 1, restock=True)])

    cancellation.cancel_order(STAFF, order.pk, "no lamps left", refund=True)

    assert Variant.objects.get().stock == 5
    assert run_check() == (0, [])


def test_more_units_in_parcels_than_are_to_be_sent_are_named(order: Order) -> None:
    send(order)
    ShipmentLine.objects.update(quantity=3)

    assert f"order {order.number}: more units of LAMP are in parcels than are to be sent" in run_check()[1]


def test_more_units_counted_from_parcels_than_are_back_in_stock_are_named(order: Order) -> None:
    outcomes.receive_parcel(STAFF, send(order).pk, {order.items.get().pk: 2})
    OrderItem.objects.update(restocked_quantity=1)

    assert f"order {order.number}: more units of LAMP were counted from parcels than are back in stock" in run_check()[1]


@pytest.mark.parametrize(
    ("is_delivered", "columns", "complaint"),
    [
        (False, {"cod_due_minor": 4100}, "what is due is not what its lines add up to"),
        (True, {"cod_collected_minor": 3900}, "is delivered, but what was collected and what is short is not what was due"),
        (False, {"cod_collected_minor": 100}, "has cash, but is not delivered"),
        (False, {"short_at_door_minor": 100}, "has cash, but is not delivered"),
    ],
)
def test_cash_of_a_parcel_that_does_not_add_up_is_named(
    order: Order, columns: dict[str, int], complaint: str, *, is_delivered: bool
) -> None:
    parcel = send(order)
    if is_delivered:
        outcomes.deliver_parcel(STAFF, parcel.pk)
    Shipment.objects.update(**columns)

    code, complaints = run_check()

    assert code == 1
    assert f"parcel {order.number}-1: {complaint}" in complaints
