"""Mails that orders owe: rows of the outbox, written in the transaction of what they tell, once for each thing."""

from collections.abc import Collection

from django.conf import settings

from core import outbox
from core.models import Job
from orders.models import Order

BUYER, MERCHANT = "order_mail", "merchant_mail"


def announce(order: Order, kind: str, low: Collection[str] = ()) -> None:
    """Owe buyer and merchant the news of an order that can be packed, and of SKUs that run low by it, in one statement."""
    outbox.add_all(*_to_buyer(order, kind), *_to_merchant(order, "new_order"), *_low(order, low))


def tell_low(order: Order, low: Collection[str]) -> None:
    """Owe the merchant the news that these SKUs run low by an order."""
    outbox.add_all(*_low(order, low))


def tell(order: Order, kind: str, *, about: str = "", **more: object) -> None:
    """Owe the buyer a mail of this kind, once for the order, or once for each thing that it is `about`."""
    outbox.add_all(*_to_buyer(order, kind, about, **more))


def tell_merchant(order: Order, kind: str, *, about: str = "", occasion: str = "") -> None:
    """Owe the merchant a mail of this kind, once for each occasion."""
    outbox.add_all(*_to_merchant(order, kind, about, occasion))


def _to_buyer(order: Order, kind: str, about: str = "", **more: object) -> list[Job]:
    if not order.email:
        return []
    key = ":".join(filter(None, (order.number, kind, about)))
    return [Job(kind=BUYER, payload={"order": order.pk, "kind": kind, **more}, dedupe_key=key)]


def _low(order: Order, skus: Collection[str]) -> list[Job]:
    """Return one mail for each SKU and day."""
    if not settings.SHOP_EMAIL:
        return []
    day = f"{order.placed_at:%Y-%m-%d}"
    payload = {"order": order.pk, "kind": "low_stock"}
    return [Job(kind=MERCHANT, payload={**payload, "about": sku}, dedupe_key=f"low_stock:{sku}:{day}") for sku in skus]


def _to_merchant(order: Order, kind: str, about: str = "", occasion: str = "") -> list[Job]:
    if not settings.SHOP_EMAIL:
        return []
    key = ":".join(filter(None, (order.number, "merchant", kind, about, occasion)))
    return [Job(kind=MERCHANT, payload={"order": order.pk, "kind": kind, "about": about}, dedupe_key=key[:200])]
