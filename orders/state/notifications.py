"""Enqueues emails about orders: outbox rows, written in the transaction of the fact, once for each fact."""

from collections.abc import Collection

from django.conf import settings
from django.utils import timezone

from core import outbox
from core.models import Job
from orders.models import Order

CUSTOMER_EMAIL_JOB, MERCHANT_EMAIL_JOB = "order_mail", "merchant_mail"
MAX_DEDUPE_KEY = 200  # characters


def notify_order_confirmed(order: Order, kind: str, low_skus: Collection[str] = ()) -> None:
    """Enqueue the emails of an order that can be packed, and of SKUs that run low because of it, in one statement."""
    outbox.enqueue_all(*_customer_jobs(order, kind), *_merchant_jobs(order, "new_order"), *_low_stock_jobs(order, low_skus))


def notify_phone_unconfirmed(order: Order, low_skus: Collection[str]) -> None:
    """Enqueue the emails of an order that is not packed before its phone is confirmed, and of SKUs that run low because of it."""
    merchant_jobs = _merchant_jobs(order, "phone_to_confirm")
    outbox.enqueue_all(*_customer_jobs(order, "confirm_phone"), *merchant_jobs, *_low_stock_jobs(order, low_skus))


def notify_low_stock(order: Order, low_skus: Collection[str]) -> None:
    """Enqueue the emails that tell the merchant that these SKUs run low because of an order."""
    outbox.enqueue_all(*_low_stock_jobs(order, low_skus))


def notify_customer(order: Order, kind: str, *, about: str = "", **context: object) -> None:
    """Enqueue an email of this kind to the customer, once for the order, or once for each `about`."""
    outbox.enqueue_all(*_customer_jobs(order, kind, about, **context))


def notify_merchant(order: Order, kind: str, *, about: str = "", occasion: str = "", **context: object) -> None:
    """Enqueue an email of this kind to the merchant, once for each `about` and `occasion`."""
    outbox.enqueue_all(*_merchant_jobs(order, kind, about, occasion, **context))


def _customer_jobs(order: Order, kind: str, about: str = "", **context: object) -> list[Job]:
    if not order.email:
        return []
    key = ":".join(filter(None, (order.number, kind, about)))
    return [Job(kind=CUSTOMER_EMAIL_JOB, payload={"order": order.pk, "kind": kind, **context}, dedupe_key=key)]


def _merchant_jobs(order: Order, kind: str, about: str = "", occasion: str = "", **context: object) -> list[Job]:
    if not settings.SHOP_EMAIL:
        return []
    key = ":".join(filter(None, (order.number, "merchant", kind, about, occasion)))
    payload = {"order": order.pk, "kind": kind, "about": about, **context}
    return [Job(kind=MERCHANT_EMAIL_JOB, payload=payload, dedupe_key=key[:MAX_DEDUPE_KEY])]


def _low_stock_jobs(order: Order, skus: Collection[str]) -> list[Job]:
    """Return one email for each SKU and day of the shop's time zone."""
    if not settings.SHOP_EMAIL:
        return []
    day = timezone.localdate(order.placed_at, timezone.get_default_timezone())
    return [
        Job(
            kind=MERCHANT_EMAIL_JOB,
            payload={"order": order.pk, "kind": "low_stock", "about": sku},
            dedupe_key=f"low_stock:{sku}:{day}",
        )
        for sku in skus
    ]
