import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Add a common table expression of searches, which changes nothing in the database."""

    dependencies = [("products", "0012_bulk_changes_and_deliveries")]

    operations = [
        migrations.CreateModel(
            name="PageMatch",
            fields=[
                (
                    "listing",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="pagematch",
                        serialize=False,
                        to="products.listing",
                    ),
                ),
                ("relevance", models.FloatField()),
            ],
            options={"managed": False},
        ),
    ]
