"""The connection to the database is lost in the middle of an order: nothing is half written, and the next request works
(failure table: 29)"""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections

from carts.tests.factories import guest, guest_with
from orders.tests.factories import books
from orders.tests.payments.till import Till
from products.models import Variant
from products.tests.factories import make_product

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def end_connection() -> None:
    """Let the server end the connection of this thread."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        mine = cursor.fetchone()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", mine)
    other.close()


@pytest.mark.parametrize("part", ['INSERT INTO "orders_order"', 'UPDATE "products_variant"', 'UPDATE "carts_cart"'])
def test_an_order_whose_connection_dies_is_as_if_it_had_not_been(till: Till, part: str) -> None:
    key = guest_with(make_product(sku="LAMP", stock=1))
    before = books()
    died: list[str] = []

    def end(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if part in sql and not died:
            died.append(sql)
            end_connection()
        return result

    with connection.execute_wrapper(end):
        response = till.order(guest(key))
    connection.close()

    assert (response.status_code, response.json()["code"]) == (503, "database_unavailable")
    assert books() == before
    assert till.order(guest(key)).status_code == 201
    assert Variant.objects.get().reserved == 1
    call_command("check_integrity", stdout=StringIO())


def test_a_run_whose_connection_died_says_so_and_the_next_one_opens_another() -> None:
    complaints = StringIO()
    end_connection()

    with pytest.raises(SystemExit) as ended:
        call_command("sync_payments", stdout=StringIO(), stderr=complaints)

    assert (ended.value.code, complaints.getvalue()[:39]) == (2, "attention: the database did not answer:")
    call_command("sync_payments", stdout=StringIO())
