"""Constraints on what an order adds up to, and a row for the tax of the orders that are there."""

from decimal import Decimal

from django.db import migrations, models, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Round

from core.money import MoneyField

BATCH = 1000
added_tax = Case(When(prices_include_tax=True, then=Value(Decimal(0))), default=F("tax_total"), output_field=MoneyField())
parts = F("subtotal") - F("discount_total") + F("shipping_total") + F("fee_total") + added_tax


class AddConstraintWhileInUse(migrations.AddConstraint):
    """Add a constraint to a large table: on PostgreSQL, the rows that are there are checked while the shop goes on writing."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor != "postgresql":
            super().database_forwards(app_label, schema_editor, from_state, to_state)
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        table, name = (schema_editor.quote_name(text) for text in (model._meta.db_table, self.constraint.name))
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")  # of an interrupted run
        schema_editor.execute(f"{self.constraint.create_sql(model, schema_editor)} NOT VALID", params=None)
        schema_editor.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")


def create_tax_rows(apps, schema_editor):
    """Give each order with tax the row of it, a batch at a time; an interrupted run goes on where it ended."""
    order_model, adjustment_model = apps.get_model("orders", "Order"), apps.get_model("orders", "OrderAdjustment")
    has_row = Exists(adjustment_model.objects.filter(order=OuterRef("pk"), kind="tax"))
    orders = order_model.objects.filter(tax_total__gt=0).exclude(has_row).order_by("pk")
    last_pk = 0
    while True:
        with transaction.atomic():
            batch = list(orders.filter(pk__gt=last_pk).values_list("pk", "tax_total")[:BATCH])
            adjustment_model.objects.bulk_create(
                adjustment_model(order_id=pk, kind="tax", on="items", label="Tax", amount=tax) for pk, tax in batch
            )
        if not batch:
            return
        last_pk = batch[-1][0]


class Migration(migrations.Migration):
    dependencies = [("orders", "0013_adjustments_and_redemptions")]
    atomic = False  # each step is a transaction of its own, so that the shop can go on taking orders

    operations = [
        AddConstraintWhileInUse(
            "order",
            models.CheckConstraint(
                condition=Q(discount_total__gte=0, shipping_total__gte=0, fee_total__gte=0, tax_total__gte=0),
                name="order_parts_not_negative",
            ),
        ),
        AddConstraintWhileInUse(
            "order", models.CheckConstraint(condition=Q(total=Round(parts, precision=3)), name="order_adds_up")
        ),
        AddConstraintWhileInUse(
            "orderitem",
            models.CheckConstraint(
                condition=Q(discount_total__gte=0, discount_total__lte=F("line_total"), tax_total__gte=0),
                name="order_line_discount",
            ),
        ),
        migrations.RunPython(create_tax_rows, migrations.RunPython.noop),
    ]
