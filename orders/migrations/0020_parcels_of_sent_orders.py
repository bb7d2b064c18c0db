"""A parcel for each order that was sent before the shop had parcels."""

from time import sleep

from django.db import migrations, transaction
from django.db.models import Exists, OuterRef

BATCH = 500
PAUSE = 0.15  # seconds: on SQLite, others who wait to write look every 0.1 seconds whether they can


def create_parcels(apps, schema_editor):
    """Give each order that was sent one parcel of what was not refunded, a batch at a time; an interrupted run goes on.

    What was due on delivery is recorded as settled before: it is in no remittance. An order that a process of the previous release
    sends meanwhile gets its parcel when it is next changed.
    """
    models = {name: apps.get_model("orders", name) for name in ("Order", "OrderItem", "Payment", "Shipment", "ShipmentLine")}
    shipments, last_pk = models["Shipment"].objects, 0
    has_parcel = Exists(shipments.filter(order=OuterRef("pk")))
    sent = models["Order"].objects.filter(status__in=["shipped", "delivered"]).exclude(has_parcel).order_by("pk")
    while True:
        with transaction.atomic():
            batch = list(sent.filter(pk__gt=last_pk).select_for_update(of=("self",), no_key=True)[:BATCH])
            _create_parcels_of(batch, models)
        if not batch:
            return
        last_pk = batch[-1].pk
        if schema_editor is not None and schema_editor.connection.vendor == "sqlite":
            sleep(PAUSE)


def _create_parcels_of(orders, models):
    # The locks are held by now. The condition was read before, and an order may have got its parcel while its lock was awaited.
    known = set(models["Shipment"].objects.filter(order__in=orders).values_list("order", flat=True))
    orders = [order for order in orders if order.pk not in known]
    pks = [order.pk for order in orders]
    payments = {row.order_id: row for row in models["Payment"].objects.filter(order__in=pks, provider="cod", amount_minor__gt=0)}
    items = {}
    for item in models["OrderItem"].objects.filter(order__in=pks).order_by("pk"):
        items.setdefault(item.order_id, []).append(item)
    lines = {order.pk: _list_lines(order, items.get(order.pk, []), payments.get(order.pk)) for order in orders}
    parcels = [_build_parcel(order, lines[order.pk], payments.get(order.pk), models["Shipment"]) for order in orders]
    for parcel in models["Shipment"].objects.bulk_create(parcels):
        for line in lines[parcel.order_id]:
            line["shipment"] = parcel
    line_model = models["ShipmentLine"]
    line_model.objects.bulk_create(line_model(**line) for rows in lines.values() for line in rows)
    _record_refunded_after_delivery(items, lines, models["OrderItem"])


def _record_refunded_after_delivery(items, lines, item_model):
    """Count the refunded units of a parcel as refunded after their delivery: it contains them."""
    by_pk = {item.pk: item for rows in items.values() for item in rows}
    changed = []
    for line in (line for rows in lines.values() for line in rows):
        item = by_pk[line["item_id"]]
        item.refunded_after_delivery = max(0, line["quantity"] - (item.quantity - item.refunded_quantity))
        if item.refunded_after_delivery:
            changed.append(item)
    item_model.objects.bulk_update(changed, ["refunded_after_delivery"])


def _list_lines(order, items, payment):
    """Return the lines of the parcel: cash on delivery cannot have been refunded before, so that all units were sent."""
    units = {item.pk: item.quantity - item.refunded_quantity for item in items}
    if payment is not None or not any(units.values()):
        units = {item.pk: item.quantity for item in items}
    return [
        {"item_id": item.pk, "quantity": units[item.pk], "due_minor": _get_due(order, item, payment)}
        for item in items
        if units[item.pk]
    ]


def _get_due(order, item, payment):
    if payment is None:
        return 0
    net = item.line_total - item.discount_total
    paid = net if order.prices_include_tax else net + item.tax_total
    return int(paid * payment.amount_minor / payment.amount)  # the quotient is a power of ten: the minor units of the currency


def _build_parcel(order, lines, payment, shipment_model):
    is_delivered = order.status == "delivered"
    parcel = shipment_model(
        order=order,
        number=1,
        state=order.status,
        shipped_at=order.shipped_at or order.delivered_at or order.updated_at,
        delivered_at=(order.delivered_at or order.updated_at) if is_delivered else None,
        created_at=order.shipped_at or order.updated_at,
    )
    if payment is not None:
        parcel.settled_before = True
        parcel.cod_due_minor = payment.amount_minor
        parcel.charges_minor = payment.amount_minor - sum(line["due_minor"] for line in lines)
        parcel.cod_collected_minor = payment.captured_minor
    return parcel


class Migration(migrations.Migration):
    dependencies = [("orders", "0019_parcels")]
    atomic = False  # a batch at a time, so that the shop can go on taking orders

    operations = [migrations.RunPython(create_parcels, migrations.RunPython.noop)]
