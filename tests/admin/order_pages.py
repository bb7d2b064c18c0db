"""Orders, and the pages that staff work on them with, for the admin tests."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

from django.test import Client
from django.utils import timezone

from carts.tests.factories import add_to_cart
from orders.models import Order, OrderItem, Payment
from orders.tests.factories import ADDRESS, customer, placed
from products.tests.factories import make_product

ORDERS = "/admin/orders/order/"


def make_cash_order(**fields: Any) -> Order:
    """Place an order of two lamps and a mug, to be paid on delivery."""
    client = customer(fields.pop("account", "ada@example.com"))
    add_to_cart(client, make_product("Lamp", sku="LAMP"), 2)
    add_to_cart(client, make_product("Mug", sku="MUG"), 1)
    return Order.objects.get(number=placed(client, **fields)["number"])


def copy_orders(order: Order, count: int, *, number_prefix: str = "COPY-", **fields: Any) -> list[Order]:
    """Return this number of copies of an order, with its first line and its payment, each a minute older than the one before."""
    item, payment = order.items.all()[0], order.payments.get()
    copies = []
    for number in range(count):
        moment = timezone.now() - timedelta(minutes=number + 1)
        values = {"number": f"{number_prefix}{number}", "address": ADDRESS, "created_at": moment, "placed_at": moment, **fields}
        copies.append(_copy(order, idempotency_key="", cart_id=None, **values))
    orders = Order.objects.bulk_create(copies)
    OrderItem.objects.bulk_create(_copy(item, order=copy) for copy in orders)
    Payment.objects.bulk_create(_copy_payment(payment, copy) for copy in orders)
    return orders


def _copy(row: Any, **fields: Any) -> Any:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
    return type(row)(**{**{name: value for name, value in values.items() if name.removesuffix("_id") not in fields}, **fields})


def _copy_payment(payment: Payment, order: Order) -> Payment:
    copy: Payment = _copy(payment, order=order, session_id=None, payment_intent=None)
    return copy


def read(response: Any) -> str:
    """Return the text of a page, with its entities as characters."""
    assert response.status_code == 200, response
    return unescape(response.content.decode())


def list_numbers(client: Client, query: str = "") -> list[str]:
    """Return the numbers of the orders in the list, as it shows them."""
    page = read(client.get(f"{ORDERS}{query}"))
    return re.findall(r"<span>([0-9A-Z]+-[0-9A-Z]+)</span>", page)


def run_bulk(client: Client, action: str, *orders: Order, query: str = "") -> Any:
    """Run an action on selected orders; follow to the page after it."""
    selected = [order.pk for order in orders]
    return client.post(f"{ORDERS}{query}", {"action": action, "_selected_action": selected}, follow=True)


def run_action(client: Client, order: Order, action: str, query: str = "", /, **fields: Any) -> Any:
    """Submit the form of an action on an order; follow to the page after it."""
    return client.post(f"{ORDERS}{order.pk}/action/{action}/{query}", fields, follow=True)
