"""Generated orders are what the shop would have written, and what runs over all of them uses an index"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.tests.factories import make_access_token
from benchmarks import bulk, bulk_orders
from benchmarks.catalog import explain
from orders import erasure, integrity
from orders.admin.search import search_orders
from orders.integrity import stock
from orders.models import Order, OrderAdjustment, OrderItem
from orders.payments.reconciliation import ReconciliationRun
from products.models import StockMovement
from tests.admin.order_pages import ORDERS, read
from tests.admin.staff_clients import make_superuser_client
from tests.schema_client import SchemaClient

COUNT = 400

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


@pytest.fixture
def generated_orders(db: None) -> QuerySet[Order]:
    """Generate products and orders; return the orders, newest first."""
    bulk.fill(300)
    bulk_orders.fill(COUNT)
    return Order.objects.order_by("-pk")


def list_plan_nodes(sql: str) -> list[dict[str, Any]]:
    """Return the nodes of the plan of a statement, where reading a table from start to end is made expensive."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        nodes = [explain(sql, None)]
        cursor.execute("SET LOCAL enable_seqscan = on")
    for node in nodes:
        nodes += node.get("Plans", [])
    return nodes


def find_scanned_tables(sql: str) -> set[str]:
    """Return the tables that a statement reads from start to end nevertheless, also by their primary keys."""
    scanned = set[str]()
    for node in list_plan_nodes(sql):
        is_whole_key = "Index Cond" not in node and "_pkey" in node.get("Index Name", "")
        if node["Node Type"] == "Seq Scan" or is_whole_key:
            scanned.add(node["Relation Name"])
    return scanned


def test_generated_orders_are_without_a_problem(generated_orders: QuerySet[Order]) -> None:
    statuses = set(generated_orders.values_list("status", flat=True))

    assert generated_orders.count() == COUNT
    assert statuses == set(Order.Status.values)
    assert StockMovement.objects.filter(reason=StockMovement.Reason.SALE).exists()
    assert [str(problem) for problem in integrity.find_problems()] == []


def test_generated_orders_have_the_tax_of_their_lines(settings: Settings) -> None:
    settings.SHIPPING, settings.TAX_RATES = {"in": (Decimal("49.50"), None)}, {"in": Decimal(18)}
    bulk.fill(300)
    bulk_orders.fill(COUNT)

    assert [str(problem) for problem in integrity.find_problems()] == []
    assert OrderAdjustment.objects.filter(kind="tax", on="items").count() == COUNT
    assert OrderItem.objects.filter(tax_total__gt=0).exists()


def test_staff_and_customers_see_generated_orders(generated_orders: QuerySet[Order]) -> None:
    newest = generated_orders[0]
    customer = generated_orders.exclude(user=None)[0].user
    assert customer is not None
    client = make_superuser_client()

    pages = [read(client.get(ORDERS)), read(client.get("/admin/"))]
    mine = SchemaClient().bearer(make_access_token(customer)).get("/api/orders/my/").json()["data"]

    assert all(newest.number in page for page in pages)
    assert [order["number"] for order in mine] == list(
        Order.objects.filter(user=customer).order_by("-created_at", "-id").values_list("number", flat=True)[:24]
    )


def test_orders_are_found_by_an_index(generated_orders: QuerySet[Order]) -> None:
    with CaptureQueriesContext(connection) as queries:
        search_orders(generated_orders, "asha 98765").count()

    assert find_scanned_tables(queries[0]["sql"]) == set()


def test_the_movements_of_an_order_are_found_by_an_index(generated_orders: QuerySet[Order]) -> None:
    with CaptureQueriesContext(connection) as queries:
        list(stock.check_sales())

    assert find_scanned_tables(queries[0]["sql"]) & {"products_stockmovement", "orders_orderitem"} == set()


def test_open_payments_are_found_by_an_index(generated_orders: QuerySet[Order]) -> None:
    with CaptureQueriesContext(connection) as queries:
        ReconciliationRun(since=timedelta(hours=72)).run()

    assert "payment_open" in {node.get("Index Name") for node in list_plan_nodes(queries[0]["sql"])}


def test_the_list_of_orders_names_the_markets_without_reading_orders(generated_orders: QuerySet[Order]) -> None:
    client = make_superuser_client()

    with CaptureQueriesContext(connection) as queries:
        read(client.get(ORDERS))

    assert not [query["sql"] for query in queries if "DISTINCT" in query["sql"]]


def test_orders_of_closed_accounts_are_found_by_an_index(generated_orders: QuerySet[Order]) -> None:
    with CaptureQueriesContext(connection) as queries:
        erasure.erase_finished_orders()

    selected = next(query["sql"] for query in queries if query["sql"].startswith("SELECT"))
    assert "order_erased" in {node.get("Index Name") for node in list_plan_nodes(selected)}
