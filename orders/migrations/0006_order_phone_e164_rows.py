from django.db import migrations, transaction

from orders.contact_phones import find_order_e164

BATCH = 500


def fill(apps, schema_editor):
    """Give the orders that are there the number to search by. Each batch is locked, because an erasure may run meanwhile."""
    orders = apps.get_model("orders", "Order").objects
    last_pk = 0
    while True:
        with transaction.atomic():
            batch = list(orders.select_for_update().filter(pk__gt=last_pk).exclude(phone="").order_by("pk")[:BATCH])
            for order in batch:
                order.phone_e164 = find_order_e164(order.phone, order.address, order.market)
            orders.bulk_update(batch, ["phone_e164"])
        if not batch:
            return
        last_pk = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("orders", "0005_order_phone_e164")]
    atomic = False  # a batch at a time, so that the shop can go on taking orders

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
