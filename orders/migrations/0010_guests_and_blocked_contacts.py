"""Contacts from which the shop takes no orders, and what the list of guests needs."""

from importlib import import_module

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

AddIndexWhileInUse = import_module("orders.migrations.0008_dashboard").AddIndexWhileInUse
IS_GUEST = Q(user__isnull=True, erased_at__isnull=True)


class Migration(migrations.Migration):
    dependencies = [("orders", "0009_order_permissions"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    atomic = False  # each index is built on its own, while the shop goes on taking orders

    operations = [
        AddIndexWhileInUse("order", models.Index(fields=["id"], name="order_guest", condition=IS_GUEST)),
        AddIndexWhileInUse("order", models.Index(fields=["email", "id"], name="order_guest_email", condition=IS_GUEST)),
        migrations.CreateModel(
            name="Guest",
            fields=[],
            options={"proxy": True, "default_permissions": (), "indexes": [], "constraints": []},
            bases=("orders.order",),
        ),
        migrations.CreateModel(  # last, because it cannot be repeated
            name="BlockedContact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(choices=[("email", "E-mail address"), ("phone", "Phone number")], max_length=5),
                ),
                ("value", models.CharField(max_length=254, unique=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["-id"], "default_permissions": ("add", "view", "delete")},
        ),
    ]
