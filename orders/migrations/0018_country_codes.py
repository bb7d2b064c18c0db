from importlib import import_module

from django.db import migrations, transaction

BATCH = 500
names = import_module("orders.migrations.0006_order_phone_e164_rows")  # how that release read countries; it does not change


def store_codes(apps, schema_editor):
    """Give saved addresses the code of their country where it is known for certain. Orders keep what was written.

    A row that a customer changes meanwhile is left out, and nobody waits for another one: a name is read as well as a code.
    """
    addresses, codes, last_pk = apps.get_model("orders", "Address").objects, names.codes_by_name(), 0
    while True:
        with transaction.atomic():
            rows = addresses.select_for_update(skip_locked=True).filter(pk__gt=last_pk).exclude(country="")
            batch = list(rows.order_by("pk").only("pk", "country")[:BATCH])
            changed = []
            for address in batch:
                code = codes.get(names.fold_name(address.country), address.country)
                if code != address.country:
                    address.country = code
                    changed.append(address)
            addresses.bulk_update(changed, ["country"])
        if not batch:
            return
        last_pk = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("orders", "0017_phone_confirmation")]
    atomic = False  # a batch at a time, so that the shop can go on taking orders

    operations = [migrations.RunPython(store_codes, migrations.RunPython.noop)]
