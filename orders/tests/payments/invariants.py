"""Invariants of every payment (stock, reservations, carts and money agree), and helpers that forge webhook events."""

import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Q, Sum

from carts.models import CartItem
from core.models import Job
from orders.models import Order, OrderEvent, OrderItem, Payment, Refund
from orders.tests.payments.card_payments import WEBHOOK, CardPayments
from products.models import StockMovement, Variant
from tests.concurrent_requests import TIMEOUT, Response
from tests.emulator.processes import SECRET
from tests.emulator.webhook_receivers import ReceivedRequest

Event = tuple[bytes, str]
PENDING_ORDERS = Q(order__status="pending")


def get_stock(sku: str) -> tuple[int, int]:
    """Return the units on hand and the units reserved."""
    return Variant.objects.values_list("stock", "reserved").get(sku=sku)


def count_units(items: Any) -> int:
    """Return the total quantity of these rows."""
    return items.aggregate(units=Sum("quantity"))["units"] or 0


def check_invariants(card_payments: CardPayments | None = None) -> None:
    """Fail if stock, reservations, orders or amounts disagree.

    With `card_payments`, compare with the emulator's ledger too; all events must have been delivered then.
    """
    for variant in Variant.objects.all():
        moved = variant.movements.aggregate(units=Sum("delta"))["units"] or 0
        assert moved == variant.stock, f"{variant.sku}: {moved} units moved but {variant.stock} are on hand"
        reserved = count_units(OrderItem.objects.filter(PENDING_ORDERS, variant=variant))
        assert reserved == variant.reserved, (
            f"{variant.sku}: pending orders hold {reserved} units and {variant.reserved} are reserved"
        )
    for order in Order.objects.all():
        _check_order(order)
    for line in CartItem.objects.select_related("cart"):
        same_cart = Q(order__cart=line.cart) | Q(order__cart__merged_into=line.cart)
        assert line.held == count_units(OrderItem.objects.filter(PENDING_ORDERS, same_cart, variant=line.variant_id)), (
            "a line holds another quantity"
        )
    if card_payments is not None:
        _check_money(card_payments)


def _check_order(order: Order) -> None:
    assert (order.status == "pending") == (order.stock_state == "reserved"), f"{order.status} with stock {order.stock_state}"
    sold = StockMovement.objects.filter(reference=order.number).aggregate(units=Sum("delta"))["units"] or 0
    assert sold == (-count_units(order.items) if order.stock_state == "committed" else 0), f"{order.status}: {sold} units moved"
    paid = order.payments.filter(state="succeeded")
    assert paid.count() == order.payments.filter(captured_minor__gt=0).count()
    by_choice = Refund.objects.filter(payment__order=order).exclude(source="auto")
    if order.payment_method == "stripe" and order.status == "processing" and not by_choice.exists():
        net = sum(payment.captured_minor - payment.refunded_minor for payment in paid)
        assert net == sum(payment.amount_minor for payment in paid[:1]), f"{net} was kept for an order that is being processed"


def _check_money(card_payments: CardPayments) -> None:
    amounts = {row["payment"]: (row["captured"], row["refunded"]) for row in card_payments.emulator.ledger()}
    for payment in Payment.objects.filter(provider="stripe"):
        shop_amounts = (payment.captured_minor, payment.refunded_minor)
        assert shop_amounts == amounts.get(str(payment.pk), (0, 0)), (
            f"{payment.state}: the shop has {shop_amounts}, the provider {amounts}"
        )


def get_event_kinds(number: str) -> list[str]:
    """Return the kinds of an order's events, oldest first."""
    return list(OrderEvent.objects.filter(order__number=number).order_by("pk").values_list("kind", flat=True))


def get_job_keys() -> list[str]:
    """Return the dedupe keys of all jobs, done or not."""
    return sorted(job.dedupe_key or "" for job in Job.objects.all())


def count_mails(kind: str) -> int:
    """Return how many buyer emails of this kind are queued or sent."""
    return Job.objects.filter(kind="order_mail", payload__kind=kind).count()


def sign_payload(body: bytes, secret: str = SECRET, at: float | None = None) -> str:
    """Return the signature header that Stripe would send at this time (default: now)."""
    stamp = int(time.time() if at is None else at)
    return f"t={stamp},v1={hmac.new(secret.encode(), f'{stamp}.'.encode() + body, hashlib.sha256).hexdigest()}"


def take_events(card_payments: CardPayments) -> dict[str, Event]:
    """Return the new events by type, without delivering them to the shop."""
    assert card_payments.emulator.wait_for_deliveries()
    return {call.event["type"]: (call.body, call.signature) for call in card_payments.webhooks.pop_requests()}


def alter_event(body: bytes, kind: str = "", **about: Any) -> Event:
    """Return another signed event about the same object with these fields changed."""
    event = json.loads(body)
    seed = f"{event['id']} {kind} {about}"
    event["id"] = f"evt_{hashlib.sha256(seed.encode()).hexdigest()[:28]}"
    event["type"] = kind or event["type"]
    event["data"]["object"].update(about)
    payload = json.dumps(event).encode()
    return payload, sign_payload(payload)


def post_events(card_payments: CardPayments, *events: Event) -> list[int]:
    """Post events to the webhook and return the response statuses."""
    return [card_payments.post_event(*event).status_code for event in events]


def make_webhook_call(url: str, event: Event | ReceivedRequest) -> Callable[[], Response]:
    """Return a call that posts an event to a running server."""
    body, signature = (event.body, event.signature) if isinstance(event, ReceivedRequest) else event
    return partial(_post, url, body, signature)


def _post(url: str, body: bytes, signature: str) -> Response:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT)
    try:
        connection.request("POST", WEBHOOK, body, {"Content-Type": "application/json", "Stripe-Signature": signature})
        with connection.getresponse() as response:  # closes the socket too
            return Response(response.status, json.loads(response.read()))
    finally:
        connection.close()


def get_verify_url(order: dict[str, Any]) -> str:
    """Return the URL at which the buyer's page asks for the payment state."""
    return f"/api/orders/verify-payment/?session_id={order['session_id']}"
