"""Indexes for the dashboard, and the time of the last reconciliation."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("orders", "0007_unpaid_orders_and_disputes")]

    operations = [
        migrations.CreateModel(
            name="ReconciliationTime",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("finished_at", models.DateTimeField()),
            ],
        ),
        migrations.AddIndex("order", models.Index(fields=["status", "-created_at", "-id"], name="order_status")),
        migrations.AddIndex("order", models.Index(fields=["-created_at", "-id"], name="order_alert", condition=~Q(attention=""))),
        migrations.AddIndex("order", models.Index(fields=["paid_at"], name="order_paid", condition=Q(paid_at__isnull=False))),
        migrations.AddIndex(
            "order",
            models.Index(
                fields=["id"], name="order_paid_and_closed", condition=Q(status__in=["cancelled", "expired"], paid_at__isnull=False)
            ),
        ),
        migrations.AddIndex(
            "payment",
            models.Index(
                fields=["order", "captured_minor", "provider", "currency"],
                name="payment_captured",
                condition=Q(captured_minor__gt=0),
            ),
        ),
        migrations.AddIndex(
            "refund", models.Index(fields=["state"], name="refund_unfinished", condition=~Q(state="succeeded"))
        ),
        migrations.AddIndex("refund", models.Index(fields=["created_at"], name="refund_newest")),
    ]
