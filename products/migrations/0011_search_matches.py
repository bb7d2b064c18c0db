import django.db.models.deletion
from django.db import migrations, models


def enqueue_indexing(apps, schema_editor):
    """Have `run_jobs` index the products again: signs between letters, as in AC/DC, join them now."""
    if apps.get_model("products", "Product").objects.exists():
        apps.get_model("core", "Job").objects.create(kind="reindex_products", payload={"after": 0})


def create_table(name):
    """Return the operation for a common table expression, which changes nothing in the database."""
    listing = models.OneToOneField(
        on_delete=django.db.models.deletion.DO_NOTHING,
        primary_key=True,
        related_name=name.lower(),
        serialize=False,
        to="products.listing",
    )
    return migrations.CreateModel(
        name=name, fields=[("listing", listing), ("relevance", models.FloatField())], options={"managed": False}
    )


class Migration(migrations.Migration):
    dependencies = [("products", "0010_import_options"), ("core", "0001_initial")]

    operations = [
        *map(create_table, ("AnyMatch", "FirstMatch", "RankedMatch")),
        migrations.RunPython(enqueue_indexing, migrations.RunPython.noop),
    ]
