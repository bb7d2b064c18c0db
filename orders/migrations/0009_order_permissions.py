"""Permissions for the kinds of work on orders. *Can change order* includes them, so nobody loses a right."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("orders", "0008_dashboard")]

    operations = [
        migrations.AlterModelOptions(
            name="order",
            options={
                "permissions": [
                    ("ship_order", "Can ship orders and write to buyers"),
                    ("correct_order", "Can correct addresses of orders"),
                    ("refund_order", "Can cancel and refund orders"),
                    ("export_order", "Can download contact data of orders"),
                ]
            },
        ),
    ]
