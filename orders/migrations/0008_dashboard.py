"""Indexes for the dashboard, and the time of the last reconciliation."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class AddIndexWhileInUse(AddIndexConcurrently):
    """Builds the index without a lock that writes wait for; SQLite has no such locks.

    A build that was interrupted leaves an invalid index. It is dropped, so that the migration can be repeated.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            migrations.AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
            return
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            migrations.AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_unpaid_orders_and_disputes")]
    atomic = False  # each index is built on its own, while the shop goes on taking orders

    operations = [
        AddIndexWhileInUse("order", models.Index(fields=["status", "-created_at", "-id"], name="order_status")),
        AddIndexWhileInUse("order", models.Index(fields=["-created_at", "-id"], name="order_alert", condition=~Q(attention=""))),
        AddIndexWhileInUse("order", models.Index(fields=["paid_at"], name="order_paid", condition=Q(paid_at__isnull=False))),
        AddIndexWhileInUse(
            "order",
            models.Index(
                fields=["id"], name="order_paid_and_closed", condition=Q(status__in=["cancelled", "expired"], paid_at__isnull=False)
            ),
        ),
        AddIndexWhileInUse(
            "payment",
            models.Index(
                fields=["order", "captured_minor", "provider", "currency"],
                name="payment_captured",
                condition=Q(captured_minor__gt=0),
            ),
        ),
        AddIndexWhileInUse(
            "refund", models.Index(fields=["state"], name="refund_unfinished", condition=~Q(state="succeeded"))
        ),
        AddIndexWhileInUse("refund", models.Index(fields=["created_at"], name="refund_newest")),
        migrations.CreateModel(  # last, because it cannot be repeated
            name="ReconciliationTime",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("finished_at", models.DateTimeField()),
            ],
        ),
    ]
