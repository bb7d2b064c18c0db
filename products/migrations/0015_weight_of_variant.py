import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("products", "0014_filter_terms")]

    operations = [
        migrations.AddField(
            "variant",
            "weight_grams",
            models.PositiveIntegerField(
                blank=True,
                help_text="with packaging, in whole grams; empty counts as 0 in delivery prices by weight",
                null=True,
                validators=[django.core.validators.MaxValueValidator(10000000)],
            ),
        ),
    ]
