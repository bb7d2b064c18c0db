"""What is said about the lines of a refund."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0014_order_totals")]

    operations = [
        migrations.AlterField(
            model_name="refund",
            name="lines",
            field=models.JSONField(
                blank=True, default=dict, help_text="by order item: the refunded units, the amount for them, and how many were restocked"
            ),
        ),
    ]
