"""Orders as CSV files: one row for each order, or one for each line of an order."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from core import money
from orders import address_rules, minor_units, selectors
from orders.models import PRINTED_ADDRESS_FIELDS, Order, OrderItem, Shipment

SHIPPING_COLUMNS = ("shipping_method", "shipping_name", "delivery_earliest", "delivery_latest")
ORDER_COLUMNS = (
    *("number", "placed_at", "paid_at", "status", "payment_method", "payment_status", "market", "currency", "units"),
    *("subtotal", "discount_total", "shipping_total", "fee_total", "tax_total", "total", "paid", "refunded", "net", "codes"),
    *SHIPPING_COLUMNS,
    *("fulfilment_status", "carriers", "tracking_numbers", "cash_collected", "cash_short"),
)
CONTACT_COLUMNS = ("name", "email", "phone", *PRINTED_ADDRESS_FIELDS)
LINE_COLUMNS = (
    *("number", "placed_at", "status", "currency", "sku", "name", "options", "quantity", "unit_price", "line_total"),
    *("discount_total", "net_total", "tax_total", "refunded_quantity"),
    *("sent_quantity", "delivered_quantity", "undelivered_quantity"),
)


def generate_order_rows(orders: Iterable[Order], *, with_contacts: bool) -> Iterator[list[Any]]:
    """Yield a header and one row for each order, with or without its buyer and address.

    `paid` is all money that came, `refunded` all that went back, also of a payment that came twice; `net` is the difference.
    `codes` are those that took something off. `cash_collected` is what carriers have collected at the door, `cash_short` what they
    should have collected besides. Parcels are prefetched.
    """
    columns = (*ORDER_COLUMNS, *CONTACT_COLUMNS) if with_contacts else ORDER_COLUMNS
    yield list(columns)
    for order in orders:
        payments = order.payments.all()
        paid = sum(map(minor_units.captured_amount, payments), Decimal(0))
        refunded = sum(map(minor_units.refunded_amount, payments), Decimal(0))
        values = selectors.serialize_prefetched_order(order, "")
        address = address_rules.with_country_code(order.address)
        values |= {field: address.get(field, "") for field in PRINTED_ADDRESS_FIELDS}
        values |= {name: getattr(order, name) or "" for name in SHIPPING_COLUMNS}
        values |= {
            "units": sum(item.quantity for item in order.items.all()),
            "placed_at": _format_time(order.placed_at),
            "paid_at": _format_time(order.paid_at),
            "paid": money.format_amount(paid, order.currency),
            "refunded": money.format_amount(refunded, order.currency),
            "net": money.format_amount(paid - refunded, order.currency),
            "codes": ", ".join(discount["code"] for discount in values["discounts"] if discount["code"]),
            **_summarize_parcels(order),
        }
        yield [values[name] for name in columns]


def _summarize_parcels(order: Order) -> dict[str, str]:
    """Return the carriers and tracking numbers of an order's parcels, each once, and their cash."""
    shipments = selectors.get_parcels(order)
    cash = [
        sum(shipment.cod_collected_minor for shipment in shipments),
        sum(shipment.short_at_door_minor for shipment in shipments),
    ]
    collected, short = (minor_units.to_major(amount, Order.Method.COD, order.currency) for amount in cash)
    return {
        "carriers": ", ".join(dict.fromkeys(shipment.carrier for shipment in shipments if shipment.carrier)),
        "tracking_numbers": ", ".join(shipment.tracking_number for shipment in shipments if shipment.tracking_number),
        "cash_collected": money.format_amount(collected, order.currency),
        "cash_short": money.format_amount(short, order.currency),
    }


def generate_line_rows(orders: Iterable[Order]) -> Iterator[list[Any]]:
    """Yield a header and one row for each line of the orders, whose parcels are prefetched.

    A unit is sent once for each parcel that it was in; undelivered are those that were refused, came back or were lost.
    """
    yield list(LINE_COLUMNS)
    for order in orders:
        placed_at = _format_time(order.placed_at)
        units = _count_units(order)
        for item in order.items.all():
            yield [
                *(order.number, placed_at, order.status, order.currency, item.sku, *item.name_and_options, item.quantity),
                *(money.format_amount(amount, order.currency) for amount in _list_amounts(item)),
                item.refunded_quantity,
                *units.get(item.pk, (0, 0, 0)),
            ]


def _count_units(order: Order) -> dict[int, tuple[int, int, int]]:
    """Return the sent, delivered and undelivered units of the items that are in parcels."""
    units: dict[int, tuple[int, int, int]] = {}
    for shipment in selectors.get_parcels(order):
        for line in shipment.lines.all():
            sent, delivered, undelivered = units.get(line.item_id, (0, 0, 0))
            sent += line.quantity if shipment.shipped_at is not None else 0
            delivered += line.delivered_quantity if shipment.state == Shipment.State.DELIVERED else 0
            units[line.item_id] = (sent, delivered, undelivered + line.undelivered_quantity)
    return units


def _list_amounts(item: OrderItem) -> tuple[Decimal, ...]:
    return item.unit_price, item.line_total, item.discount_total, item.net_total, item.tax_total


def _format_time(moment: datetime | None) -> str:
    return timezone.localtime(moment).isoformat() if moment else ""
