from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("orders", "0004_reword_help_texts")]

    operations = [
        migrations.AddField(
            model_name="order",
            name="phone_e164",
            field=models.CharField(blank=True, db_default="", default="", help_text="the first number of phone in E.164", max_length=16),
        ),
        migrations.AlterField(
            model_name="address",
            name="phone",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name="order",
            name="phone",
            field=models.CharField(blank=True, help_text="as the buyer wrote it", max_length=64),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(fields=["phone_e164"], name="order_phone"),
        ),
    ]
