import django.db.models.deletion
from django.db import migrations, models

INDEX = "search_document_unfiltered"
CONDITION = "NOT all_terms @@ 'f'::tsquery"


def create_index(apps, schema_editor):
    """Index the documents without filter terms, while the shop goes on; an interrupted build left an invalid index."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        schema_editor.execute(f"CREATE INDEX CONCURRENTLY {INDEX} ON products_searchdocument (product_id) WHERE {CONDITION}")


def drop_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")


def enqueue_indexing(apps, schema_editor):
    """Have `run_jobs` index the products again: their terms include their category and seller now."""
    if apps.get_model("products", "Product").objects.exists():
        apps.get_model("core", "Job").objects.create(kind="reindex_products", payload={"after": 0})


def create_table(name):
    """Return the operation for a common table expression, which changes nothing in the database."""
    product = models.OneToOneField(
        on_delete=django.db.models.deletion.DO_NOTHING,
        primary_key=True,
        related_name=name.lower(),
        serialize=False,
        to="products.product",
    )
    return migrations.CreateModel(name=name, fields=[("product", product)], options={"managed": False})


class Migration(migrations.Migration):
    dependencies = [("products", "0013_page_match"), ("core", "0001_initial")]
    atomic = False  # the index is built while the shop goes on taking orders

    operations = [
        migrations.AlterField(
            "searchdocument", "key_terms", models.TextField(help_text="of SKUs, name, categories and filters")
        ),
        *map(create_table, ("AnyTermMatch", "WholeTermMatch")),
        migrations.RunPython(create_index, drop_index),
        migrations.RunPython(enqueue_indexing, migrations.RunPython.noop),  # last, because it must not be repeated
    ]
