"""The database connection is lost in the middle of an order: nothing is half written, and the next request works
(failure table: 29)"""

import contextlib
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections
from django.db.models import F

from carts.tests.factories import guest_client, make_guest_cart
from orders.models import Order, Payment
from orders.tests.factories import database_rows
from orders.tests.payments.card_payments import CardPayments
from products.models import Variant
from products.tests.factories import make_product

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def kill_connection() -> None:
    """Terminate this thread's connection on the server side."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend_pid = cursor.fetchone()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", backend_pid)
    other.close()


@pytest.mark.parametrize("part", ['INSERT INTO "orders_order"', 'UPDATE "products_variant"', 'UPDATE "carts_cart"'])
def test_an_order_whose_connection_dies_is_as_if_it_had_not_been(card_payments: CardPayments, part: str) -> None:
    key = make_guest_cart(make_product(sku="LAMP", stock=1))
    before = database_rows()
    died: list[str] = []

    def end(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if part in sql and not died:
            died.append(sql)
            kill_connection()
        return result

    with connection.execute_wrapper(end):
        response = card_payments.post_order(guest_client(key))
    connection.close()

    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
    assert database_rows() == before
    assert card_payments.post_order(guest_client(key)).status_code == 201
    assert Variant.objects.get().reserved == 1
    call_command("check_integrity", stdout=StringIO())


def test_a_run_whose_connection_died_says_so_and_the_next_one_opens_another() -> None:
    errors = StringIO()
    kill_connection()

    with pytest.raises(SystemExit) as ended_order:
        call_command("sync_payments", stdout=StringIO(), stderr=errors)

    assert (ended_order.value.code, errors.getvalue()[:39]) == (2, "attention: the database did not answer:")
    call_command("sync_payments", stdout=StringIO())


@pytest.mark.parametrize(
    ("part", "complaint"),
    [
        ('UPDATE "orders_payment"', "order {number}: the database did not answer: "),  # the rest of the run has another connection
        ('OR "orders_payment"."payment_intent" IN', "the database did not answer: "),
    ],
)
def test_a_run_whose_connection_dies_later_says_so_in_a_line_and_the_next_one_settles_the_payment(
    card_payments: CardPayments, caplog: pytest.LogCaptureFixture, part: str, complaint: str
) -> None:
    order = card_payments.place_order(guest_client(make_guest_cart(make_product(sku="LAMP", stock=1))))
    card_payments.emulator.pay(order["session_id"])
    Payment.objects.update(created_at=F("created_at") - timedelta(minutes=3))
    died: list[str] = []

    def end(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if part in sql and not died:
            died.append(sql)
            kill_connection()
        return execute(sql, params, many, context)

    errors = StringIO()
    with connection.execute_wrapper(end), pytest.raises(SystemExit):
        call_command("sync_payments", stdout=StringIO(), stderr=errors)

    (line,) = (line for line in errors.getvalue().splitlines() if line.startswith("attention"))
    assert line.startswith(f"attention: {complaint.format(number=order['number'])}")
    assert not [record for record in caplog.records if record.exc_info]
    with contextlib.suppress(SystemExit):
        call_command("sync_payments", stdout=StringIO())
    assert Order.objects.get().status == "processing"
