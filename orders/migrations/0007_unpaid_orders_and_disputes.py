"""What limits unpaid orders, how a session is created, refunds by bank and for want of balance, and disputes as rows."""

from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

# Later in the course of a dispute comes later; other statuses come before the final ones.
STATUS_ORDER = (
    *("warning_needs_response", "warning_under_review", "needs_response", "under_review"),
    *("appeal_needs_response", "appeal_under_review", "", "warning_closed", "prevented", "won", "lost"),
)


def create_disputes(apps: Any, schema_editor: Any) -> None:
    """Create the row of each dispute that the history of the orders knows; `check_integrity --fix` settles alerts and losses."""
    dispute_model, payment_model = apps.get_model("orders", "Dispute"), apps.get_model("orders", "Payment")
    latest: dict[str, tuple[int, Any]] = {}
    for event in apps.get_model("orders", "OrderEvent").objects.filter(kind__startswith="dispute_").order_by("pk").iterator():
        status = event.kind.removeprefix("dispute_")
        rank = STATUS_ORDER.index(status if status in STATUS_ORDER else "")
        dispute = event.data["dispute"]
        if dispute not in latest or rank >= latest[dispute][0]:
            latest[dispute] = (rank, event)
    for dispute, (_, event) in latest.items():
        payment = payment_model.objects.filter(pk=event.data["payment"]).first()
        if payment is not None:
            dispute_model.objects.create(
                provider_id=dispute,
                payment=payment,
                status=event.kind.removeprefix("dispute_"),
                amount_minor=event.data["amount"],
                currency=payment.currency,
                reason=event.data.get("reason") or "",
                reported_at=event.at,
            )


class Migration(migrations.Migration):
    dependencies = [("orders", "0006_order_phone_e164_rows")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="guest_network",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="IP address or IPv6 network of a guest; kept while the order is unpaid",
                max_length=45,
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="session_format",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "Without Buyer"), (1, "With Buyer")],
                db_default=0,
                default=1,
                help_text="parameters with which the session is created; fixed, so that a retry is the same call",
            ),
        ),
        migrations.AddField(
            model_name="refund",
            name="refusals",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="refusals for want of balance; after each, the provider is asked with another idempotency key",
            ),
        ),
        migrations.AlterField(
            model_name="refund",
            name="source",
            field=models.CharField(
                choices=[
                    ("staff", "Staff"),
                    ("auto", "the shop itself"),
                    ("external", "the provider's dashboard, or a lost dispute"),
                    ("bank", "bank transfer by staff"),
                ],
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="Dispute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("provider_id", models.CharField(max_length=255, unique=True)),
                ("status", models.CharField(help_text="as the provider calls it", max_length=60)),
                ("amount_minor", models.BigIntegerField()),
                ("currency", models.CharField(max_length=3)),
                ("reason", models.CharField(blank=True, max_length=100)),
                ("reported_at", models.DateTimeField(help_text="by the provider's clock")),
                (
                    "payment",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="disputes", to="orders.payment"),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.RunPython(create_disputes, migrations.RunPython.noop),
    ]
