"""The home page does not read whole tables of orders: PostgreSQL can answer each of its queries from an index"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders import reports, sales, todo
from orders.models import Order, Shipment
from orders.remittances import balance
from tests.admin.order_pages import copy_orders, make_cash_order
from tests.admin.staff_clients import make_superuser_client

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql, pytest.mark.usefixtures("finished_orders")]
TABLES = {"orders_order", "orders_payment", "orders_refund", "orders_shipment"}


@pytest.fixture
def finished_orders(db: None) -> None:
    """Create orders that need no work, and tell the planner how many: of an empty table, each index costs the same."""
    long_ago = timezone.now() - timedelta(days=400)
    orders = copy_orders(
        make_cash_order(), 1500, status=Order.Status.DELIVERED, placed_at=long_ago, created_at=long_ago, paid_at=long_ago
    )
    cash = {"state": Shipment.State.DELIVERED, "cod_due_minor": 2000, "cod_collected_minor": 2000, "delivered_at": long_ago}
    Shipment.objects.bulk_create(Shipment(order=order, number=1, **cash) for order in orders)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(sorted(TABLES))}")


def find_scanned_tables(sql: str) -> set[str]:
    """Return the tables that a query reads from start to end even where that is made expensive."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        plans, scanned = [cursor.fetchone()[0][0]["Plan"]], set[str]()
        cursor.execute("SET LOCAL enable_seqscan = on")
    while plans:
        plan: dict[str, Any] = plans.pop()
        plans += plan.get("Plans", [])
        if plan["Node Type"] == "Seq Scan" or ("Index Name" in plan and "Index Cond" not in plan and "_pkey" in plan["Index Name"]):
            scanned.add(plan["Relation Name"])
    return scanned & TABLES


def find_scanned_by(queryset: QuerySet[Any]) -> set[str]:
    """Return the tables that counting these rows scans."""
    with CaptureQueriesContext(connection) as queries:
        queryset.order_by().count()
    return find_scanned_tables(queries[0]["sql"])


@pytest.mark.parametrize("state", [todo.to_pack, todo.on_the_way, todo.cod_to_collect, todo.to_refund])
def test_what_is_to_do_is_found_by_an_index(state: Any) -> None:
    assert find_scanned_by(state(Order.objects.all())) == set()


@pytest.mark.parametrize("state", [todo.parcels_failed, todo.parcels_coming_back])
def test_parcels_in_trouble_are_found_by_an_index(state: Any) -> None:
    assert find_scanned_by(state(Shipment.objects.all())) == set()


def test_alerts_are_found_by_an_index() -> None:
    assert find_scanned_by(reports.list_orders_with_alerts()) == set()


def test_sales_are_found_by_an_index() -> None:
    with CaptureQueriesContext(connection) as queries:
        sales.get_summaries()
        sales.get_daily_sales()

    assert len(queries) == 4
    assert [find_scanned_tables(query["sql"]) for query in queries] == [set()] * 4


def test_the_page_is_planned_for_its_values_each_time() -> None:
    client = make_superuser_client()

    for _ in range(7):
        assert client.get("/admin/").status_code == 200

    with connection.cursor() as cursor:  # a plan for all values would use none of the partial indexes
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%orders_order%'")
        assert cursor.fetchone() == (0,)


def test_stuck_refunds_are_found_by_an_index() -> None:
    with CaptureQueriesContext(connection) as queries:
        reports.list_stuck_refunds(5, timezone.now() - timedelta(days=30))

    assert find_scanned_tables(queries[0]["sql"]) == set()


def test_overdue_cash_is_found_by_an_index() -> None:
    with CaptureQueriesContext(connection) as queries:
        balance.sum_overdue()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "shipment_open_cash" in plan
