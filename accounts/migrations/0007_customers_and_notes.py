"""The pages of customers: a proxy with permissions of its own, and notes by staff."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def grant_permissions(apps, schema_editor):
    """Let staff who may view or change users go on doing so with customers, whose pages now have their own permissions."""
    content_types, permissions = apps.get_model("contenttypes", "ContentType"), apps.get_model("auth", "Permission").objects
    for right in ("view", "change"):
        of_users = permissions.filter(content_type__app_label="accounts", codename=f"{right}_user").first()
        if of_users is None:  # a new database
            continue
        content_type, _ = content_types.objects.get_or_create(app_label="accounts", model="customer")
        of_customers, _ = permissions.get_or_create(
            content_type=content_type, codename=f"{right}_customer", defaults={"name": f"Can {right} customer"}
        )
        of_customers.group_set.add(*of_users.group_set.all())
        of_customers.user_set.add(*of_users.user_set.all())


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_marketing_consent"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="Customer",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": ("view", "change", "delete"),
                "indexes": [],
                "constraints": [],
            },
            bases=("accounts.user",),
        ),
        migrations.CreateModel(
            name="AccountNote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("note", "Note"), ("ban", "Banned"), ("unban", "Ban lifted")], default="note", max_length=10
                    ),
                ),
                ("text", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "submission",
                    models.UUIDField(
                        blank=True, help_text="of the form: a second click adds no second note", null=True, unique=True
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="staff_notes", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"ordering": ["-id"], "default_permissions": ()},
        ),
        migrations.RunPython(grant_permissions, migrations.RunPython.noop),
    ]
