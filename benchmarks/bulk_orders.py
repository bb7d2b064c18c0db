"""Generates two years of orders on PostgreSQL with set-based statements: `python -m benchmarks.bulk_orders N`.

The rows go to the database of DATABASE_URL, whose products `benchmarks.bulk` has generated. They are what the shop would have
written: orders of 2.5 lines on average, more of them in recent months, 70 % by guests; their payments, refunds, parcels, history
and stock movements; customers with carts. Products are received at the beginning, as many units as are sold. `check_integrity`
finds nothing.

Not generated are the change history of carts, the guests' carts (which expire), done jobs (deleted after a week) and the provider's
events (deleted after 90 days).
"""

import os
import sys
from decimal import Decimal
from typing import Any

import django

from benchmarks import bulk_order_rows as rows

BATCH_SIZE = 250_000  # orders in one statement
TABLES = (
    *("accounts_user", "carts_cart", "orders_order", "orders_orderitem", "orders_orderevent", "orders_payment", "orders_refund"),
    *("orders_shipment", "orders_shipmentline", "products_stockmovement"),
)
SECONDARY_INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE tablename = ANY(%s) AND indexname NOT IN (SELECT conname FROM pg_constraint)"""


def take_ids(cursor: Any, table: str, count: int) -> int:
    """Take ids for rows whose ids the statements compute; return the first."""
    cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
    (first,) = cursor.fetchone()
    cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, first + count])
    return int(first)


def drop_indexes(cursor: Any) -> list[str]:
    """Drop the indexes of the large tables that belong to no constraint; return the statements that build them again.

    Building them takes a fraction of the time that inserting into them takes.
    """
    cursor.execute(SECONDARY_INDEXES, [list(TABLES)])
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    return [definition for _, definition in indexes]


def get_plan(cursor: Any, count: int) -> rows.Plan:
    """Take the ids of the orders and their buyers, and read the rules that their amounts follow."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from core import markets, money
    from orders import minor_units
    from pricing.delivery.methods import get_default_method

    market = markets.get_default_market()
    rate = get_default_method(market)
    users = max(count * 3 // 50, 5)  # five orders for each customer
    staff, _ = get_user_model().objects.get_or_create(email="staff@bulk.example", defaults={"is_staff": True})
    cursor.execute("SELECT count(*) FROM bulk_variant")
    (variants,) = cursor.fetchone()
    return rows.Plan(
        count=count,
        first_order=take_ids(cursor, "orders_order", count),
        users=users,
        first_user=take_ids(cursor, "accounts_user", users),
        first_cart=take_ids(cursor, "carts_cart", users),
        staff=staff.pk,
        variants=variants,
        market=market.code,
        currency=market.currency,
        now=timezone.now().isoformat(),
        time_zone=settings.TIME_ZONE,
        shipping=money.to_major(rate.price, market.currency),
        free_from=None if rate.free_from is None else money.to_major(rate.free_from, market.currency),
        tax_rate=settings.TAX_RATES.get(market.code, Decimal(0)),
        digits=money.exponent(market.currency),
        provider_digits=minor_units.digits("stripe", market.currency),
    )


def fill(count: int) -> None:
    """Insert the orders with all that belongs to them into the database that Django is connected to."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # checks no foreign keys; only superusers may
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute("SET LOCAL jit = off")
        cursor.execute(rows.VARIANTS)
        plan = get_plan(cursor, count)
        received = take_ids(cursor, "products_stockmovement", plan.variants)
        indexes = drop_indexes(cursor)
        for statement in rows.buyer_statements(plan):
            cursor.execute(statement)
        for first in range(1, count + 1, BATCH_SIZE):
            for statement in rows.order_statements(plan, first, min(first + BATCH_SIZE - 1, count)):
                cursor.execute(statement)
        for statement in rows.stock_statements(plan, received):
            cursor.execute(statement)
        cursor.execute("DROP TABLE bulk_variant, bulk_received")
        for definition in indexes:
            cursor.execute(definition)
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")
        cursor.execute("SET LOCAL session_replication_role = origin")


def main(count: int) -> None:
    """Generate the orders, and mark the pages whose rows all transactions see, as the autovacuum of a running shop does."""
    from django.db import connection

    fill(count)
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM {', '.join(TABLES)}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "store.settings")
    django.setup()
    main(int(sys.argv[1]))
