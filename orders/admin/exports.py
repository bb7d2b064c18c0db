"""Orders as CSV files: one row for each order, or one for each line of an order."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from core import money
from orders import address_rules, minor_units, selectors
from orders.models import PRINTED_ADDRESS_FIELDS, Order, OrderItem

SHIPPING_COLUMNS = ("shipping_method", "shipping_name", "delivery_earliest", "delivery_latest")
ORDER_COLUMNS = (
    *("number", "placed_at", "paid_at", "status", "payment_method", "payment_status", "market", "currency", "units"),
    *("subtotal", "discount_total", "shipping_total", "fee_total", "tax_total", "total", "paid", "refunded", "net", "codes"),
    *SHIPPING_COLUMNS,
)
CONTACT_COLUMNS = ("name", "email", "phone", *PRINTED_ADDRESS_FIELDS)
LINE_COLUMNS = (
    *("number", "placed_at", "status", "currency", "sku", "name", "options", "quantity", "unit_price", "line_total"),
    *("discount_total", "net_total", "tax_total", "refunded_quantity"),
)


def generate_order_rows(orders: Iterable[Order], *, with_contacts: bool) -> Iterator[list[Any]]:
    """Yield a header and one row for each order, with or without its buyer and address.

    `paid` is all money that came, `refunded` all that went back, also of a payment that came twice; `net` is the difference.
    `codes` are those that took something off.
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
        }
        yield [values[name] for name in columns]


def generate_line_rows(orders: Iterable[Order]) -> Iterator[list[Any]]:
    """Yield a header and one row for each line of the orders."""
    yield list(LINE_COLUMNS)
    for order in orders:
        placed_at = _format_time(order.placed_at)
        for item in order.items.all():
            yield [
                *(order.number, placed_at, order.status, order.currency, item.sku, *item.name_and_options, item.quantity),
                *(money.format_amount(amount, order.currency) for amount in _list_amounts(item)),
                item.refunded_quantity,
            ]


def _list_amounts(item: OrderItem) -> tuple[Decimal, ...]:
    return item.unit_price, item.line_total, item.discount_total, item.net_total, item.tax_total


def _format_time(moment: datetime | None) -> str:
    return timezone.localtime(moment).isoformat() if moment else ""
