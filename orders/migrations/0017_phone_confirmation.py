"""The time by which the phone of a Cash on Delivery order has to be confirmed, with an index of the orders that wait."""

from importlib import import_module

from django.db import migrations, models
from django.db.models import Q

AddIndexWhileInUse = import_module("orders.migrations.0008_dashboard").AddIndexWhileInUse


class Migration(migrations.Migration):
    dependencies = [("orders", "0016_shipping_method")]
    atomic = False  # the index is built while the shop goes on taking orders

    operations = [
        migrations.AddField(
            "order",
            "phone_confirm_until",
            models.DateTimeField(
                null=True, blank=True, help_text="by when the phone has to be confirmed; empty if it need not be, or is"
            ),
        ),
        AddIndexWhileInUse(
            "order",
            models.Index(
                fields=["phone_confirm_until"], name="order_phone_waits", condition=Q(phone_confirm_until__isnull=False)
            ),
        ),
    ]
