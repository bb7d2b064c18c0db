"""Indexes for shops with millions of orders: for the search in the list of orders, for open payments, and for closed accounts."""

from importlib import import_module

from django.db import migrations, models
from django.db.models import Q

AddIndexWhileInUse = import_module("orders.migrations.0008_dashboard").AddIndexWhileInUse
# Trigrams of what `icontains` compares. SQLite searches without an index.
SEARCH_INDEXES = {
    "order_search": ("orders_order", ("number", "email", "name", "phone")),
    "order_line_search": ("orders_orderitem", ("sku",)),
}


def create_search_indexes(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    for name, (table, columns) in SEARCH_INDEXES.items():
        expressions = ", ".join(f"upper({column}::text) gin_trgm_ops" for column in columns)
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # an interrupted build leaves an invalid index
        schema_editor.execute(f"CREATE INDEX CONCURRENTLY {name} ON {table} USING gin ({expressions})")


def drop_search_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for name in SEARCH_INDEXES:
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")


class Migration(migrations.Migration):
    dependencies = [("orders", "0011_request_ids")]
    atomic = False  # each index is built on its own, while the shop goes on taking orders

    operations = [
        AddIndexWhileInUse("order", models.Index(fields=["id"], name="order_erased", condition=Q(erased_at__isnull=False))),
        AddIndexWhileInUse(
            "payment",
            models.Index(
                fields=["created_at"],
                name="payment_open",
                condition=Q(provider="stripe", state__in=["created", "open", "processing"]),
            ),
        ),
        migrations.RunPython(create_search_indexes, drop_search_indexes),
    ]
