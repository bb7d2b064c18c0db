"""The order that a request has placed already: by its idempotency key, as its echo, or as the one of its cart that waits for money.

An order that belongs to another account, as one that was claimed, or whose person is erased, is nobody's answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from carts import checkout
from carts import selectors as carts
from carts.identity import CartRef
from carts.lines import Line
from core.exceptions import KeyReused
from orders.exceptions import OrderWaits
from orders.models import Order, OrderItem, Payment
from orders.placement import cart_check, request
from orders.placement.request import Attempt

REPLAY_WINDOW = timedelta(minutes=10)
OVER = (Order.Status.EXPIRED, Order.Status.CANCELLED)


@dataclass(frozen=True, slots=True)
class Placed:
    """An order, new or found again; `cart_is_empty` says whether the cart holds anything any more."""

    order: Order
    items: Sequence[OrderItem]
    payments: Sequence[Payment]
    replayed: bool = False
    cart_is_empty: bool = False
    warnings: list[str] = field(default_factory=list)


def by_key(attempt: Attempt) -> Placed | None:
    """Return the order that came of the attempt's key. Raises KeyReused where it was another request, or is another's order now."""
    if not attempt.key:
        return None
    ref = carts.find(attempt.caller)
    order = Order.objects.filter(idempotency_scope=attempt.scope(ref.key), idempotency_key=attempt.key).first()
    if order is None:
        return None
    if order.request_hash != attempt.request_hash or is_of_another(order, attempt):
        raise KeyReused
    return again(order, ref)


def again(order: Order, ref: CartRef) -> Placed:
    """Return an order that exists already, as the answer to a repeated request."""
    is_empty = not carts.lines_of(ref)
    return Placed(order, list(order.items.all()), list(order.payments.all()), replayed=True, cart_is_empty=is_empty)


def is_echo(last: Order, attempt: Attempt, lines: Sequence[Line]) -> bool:
    """Say whether this is the double click of a client that knows no keys: the same wish, a moment ago."""
    wish = attempt.wish
    if last.status in OVER or timezone.now() - last.placed_at > REPLAY_WINDOW or is_of_another(last, attempt):
        return False
    items = list(last.items.select_related("product"))
    if wish.wanted is None and any(line.quantity for line in lines):
        return False
    if wish.wanted is not None and not cart_check.names_exactly(wish.wanted, items):
        return False
    bought = [(item.variant_id, item.quantity, item.unit_price) for item in items]
    return request.fingerprint(bought, wish) == last.cart_fingerprint


def waiting(ref: CartRef, attempt: Attempt) -> Order | None:
    """Return the order of this cart, or of one that was merged into it, that waits for money.

    Raises OrderWaits where it has become another's: his payment page is not closed for a cart that he has left.
    """
    if ref.id is None:  # which, asked for, would be every order whose cart is gone, and everybody's that is not merged
        return None
    here = checkout.merged_into(ref.id)
    order = Order.objects.filter(cart__in=here, status=Order.Status.PENDING).order_by("-pk").first()
    if order is not None and is_of_another(order, attempt):
        raise OrderWaits
    return order


def is_of_another(order: Order, attempt: Attempt) -> bool:
    """Say whether an order that this cart has placed is no more the caller's."""
    return order.erased_at is not None or order.user_id not in (None, attempt.caller.user_id)
