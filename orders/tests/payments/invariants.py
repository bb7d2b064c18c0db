"""What must hold whatever happens to a payment: stock, promises, carts and money agree; and events of one's own making."""

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
from orders.tests.payments.till import WEBHOOK, Till
from products.models import StockMovement, Variant
from tests.crowd import PATIENCE, Answer
from tests.emulator.processes import SECRET
from tests.emulator.webhook_receivers import Received

Event = tuple[bytes, str]
PENDING = Q(order__status="pending")


def stock_of(sku: str) -> tuple[int, int]:
    """Return the units on hand and those promised."""
    return Variant.objects.values_list("stock", "reserved").get(sku=sku)


def units(items: Any) -> int:
    """Return how many units these rows hold."""
    return items.aggregate(units=Sum("quantity"))["units"] or 0


def check_books(till: Till | None = None) -> None:
    """Fail where two books differ; with a till, those of the emulator too, and then all events must have been delivered."""
    for variant in Variant.objects.all():
        moved = variant.movements.aggregate(units=Sum("delta"))["units"] or 0
        assert moved == variant.stock, f"{variant.sku}: {moved} units moved and {variant.stock} are on hand"
        promised = units(OrderItem.objects.filter(PENDING, variant=variant))
        assert promised == variant.reserved, f"{variant.sku}: orders wait for {promised} units and {variant.reserved} are promised"
    for order in Order.objects.all():
        _check_order(order)
    for line in CartItem.objects.select_related("cart"):
        here = Q(order__cart=line.cart) | Q(order__cart__merged_into=line.cart)
        assert line.held == units(OrderItem.objects.filter(PENDING, here, variant=line.variant_id)), "a line holds something else"
    if till is not None:
        _check_money(till)


def _check_order(order: Order) -> None:
    assert (order.status == "pending") == (order.stock_state == "reserved"), f"{order.status} with stock {order.stock_state}"
    sold = StockMovement.objects.filter(reference=order.number).aggregate(units=Sum("delta"))["units"] or 0
    assert sold == (-units(order.items) if order.stock_state == "committed" else 0), f"{order.status}: {sold} units moved"
    paid = order.payments.filter(state="succeeded")
    assert paid.count() == order.payments.filter(captured_minor__gt=0).count()
    by_choice = Refund.objects.filter(payment__order=order).exclude(source="auto")
    if order.payment_method == "stripe" and order.status == "processing" and not by_choice.exists():
        net = sum(payment.captured_minor - payment.refunded_minor for payment in paid)
        assert net == sum(payment.amount_minor for payment in paid[:1]), f"{net} was kept for an order that is being packed"


def _check_money(till: Till) -> None:
    told = {row["payment"]: (row["captured"], row["refunded"]) for row in till.emulator.ledger()}
    for payment in Payment.objects.filter(provider="stripe"):
        kept = (payment.captured_minor, payment.refunded_minor)
        assert kept == told.get(str(payment.pk), (0, 0)), f"{payment.state}: the shop has {kept}, the provider {told}"


def kinds(number: str) -> list[str]:
    """Return what happened to an order, in order."""
    return list(OrderEvent.objects.filter(order__number=number).order_by("pk").values_list("kind", flat=True))


def owed() -> list[str]:
    """Return the names of all jobs, done or not."""
    return sorted(job.dedupe_key or "" for job in Job.objects.all())


def mails(kind: str) -> int:
    """Return how many mails of this kind the buyers are owed, or were sent."""
    return Job.objects.filter(kind="order_mail", payload__kind=kind).count()


def sign(body: bytes, secret: str = SECRET, at: float | None = None) -> str:
    """Return the header that Stripe would send at that moment (default: now)."""
    stamp = int(time.time() if at is None else at)
    return f"t={stamp},v1={hmac.new(secret.encode(), f'{stamp}.'.encode() + body, hashlib.sha256).hexdigest()}"


def came(till: Till) -> dict[str, Event]:
    """Return the events that came since, by type; the shop has not seen them."""
    assert till.emulator.wait()
    return {call.event["type"]: (call.body, call.signature) for call in till.webhooks.taken()}


def altered(body: bytes, kind: str = "", **about: Any) -> Event:
    """Return another event, signed anew, about the same object with these fields changed."""
    event = json.loads(body)
    seed = f"{event['id']} {kind} {about}"
    event["id"] = f"evt_{hashlib.sha256(seed.encode()).hexdigest()[:28]}"
    event["type"] = kind or event["type"]
    event["data"]["object"].update(about)
    made = json.dumps(event).encode()
    return made, sign(made)


def give(till: Till, *events: Event) -> list[int]:
    """Hand events to the webhook, and return its statuses."""
    return [till.post(*event).status_code for event in events]


def posting(url: str, event: Event | Received) -> Callable[[], Answer]:
    """Return the call that hands an event to a server that runs."""
    body, signature = (event.body, event.signature) if isinstance(event, Received) else event
    return partial(_post, url, body, signature)


def _post(url: str, body: bytes, signature: str) -> Answer:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)
    try:
        connection.request("POST", WEBHOOK, body, {"Content-Type": "application/json", "Stripe-Signature": signature})
        with connection.getresponse() as response:  # which holds the socket too
            return Answer(response.status, json.loads(response.read()))
    finally:
        connection.close()


def verify_url(order: dict[str, Any]) -> str:
    """Return the address at which the buyer's page asks how his payment stands."""
    return f"/api/orders/verify-payment/?session_id={order['session_id']}"
