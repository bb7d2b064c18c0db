"""Placing an order: everything that belongs to it in one transaction, in a number of statements that its lines do not change."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.exceptions import EmailNotVerified
from carts import lines as cart_lines
from carts import ordering
from carts import selectors as carts
from carts.guest_keys import digest
from carts.lines import Line
from carts.owners import Caller, CartRef
from orders import cancelling, checking, checkout, notices, pricing, tokens, transitions
from orders.checking import Expectation, Wanted
from orders.exceptions import ContactNeeded, EmptyCart, PaymentNotConfigured
from orders.gateways import stripe
from orders.models import Order, OrderItem, Payment
from products import stock
from products.gateways.media import small_path_of
from store.core import money
from store.core.actors import Actor
from store.core.exceptions import DomainError, KeyReused
from store.core.statements import Insertion, Slot, Statement

REPLAY_WINDOW = timedelta(minutes=10)
NEW_ORDER, NEW_ITEMS, NEW_PAYMENT = Insertion(Order), Insertion(OrderItem), Insertion(Payment)
ORDER_COLUMNS = [field.attname for field in Order._meta.concrete_fields]
LAST_ORDER = Statement(
    lambda row: Order.from_db("default", ORDER_COLUMNS, row),
    lambda: Order.objects.filter(cart=Slot("cart", models.BigIntegerField())).order_by("-id").values_list(*ORDER_COLUMNS)[:1],
)
REPLACED = "replaced by another order"
OVER = (Order.Status.EXPIRED, Order.Status.CANCELLED)
TRIES = 3  # an order number may be taken; a fourth clash in a row is not chance


@dataclass(frozen=True, slots=True)
class Wish:
    """What the buyer wants: how he pays, where it goes, and which lines (None: all of the cart)."""

    method: str
    address: dict[str, str]
    name: str = ""
    email: str = ""
    phone: str = ""
    note: str = ""
    wanted: tuple[Wanted, ...] | None = None
    expected_total: Decimal | None = None
    accept_price_changes: bool = False
    has_proved_email: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """An order, new or found again; `cart_is_empty` says whether the cart holds anything any more."""

    order: Order
    items: Sequence[OrderItem]
    payments: Sequence[Payment]
    replayed: bool = False
    cart_is_empty: bool = False
    warnings: list[str] = field(default_factory=list)


def place(actor: Actor, caller: Caller, wish: Wish, key: str = "") -> Placed:
    """Order what lies in the caller's cart.

    The same `key` again, or the same wish again while the cart has not changed, answers the first order. An order of this cart
    that waits for money is answered where the wish is the same, and cancelled where it is another. Raises ContactNeeded,
    EmailNotVerified, PaymentNotConfigured, EmptyCart, CartChanged, VariantNeeded, OutOfStock, KeyReused, AlreadyPaid, and what
    `checkout.ensure` raises.
    """
    _check_contact(caller, wish)
    if settings.REQUIRE_VERIFIED_EMAIL and caller.user_id is not None and not wish.has_proved_email:
        raise EmailNotVerified
    if wish.method == Order.Method.STRIPE and not stripe.is_configured():
        raise PaymentNotConfigured
    placed = _payable(_placed(actor, caller, wish, key))
    if placed.replayed and placed.order.status in OVER and not key:  # it ended in this moment: the wish is a new one
        placed = _payable(_placed(actor, caller, wish, key))
    return placed


def _payable(placed: Placed) -> Placed:
    """See to it that an order which waits for money can be paid. Raises what `checkout.ensure` raises."""
    if placed.order.status != Order.Status.PENDING:
        return placed
    order = checkout.ensure(placed.order.pk)
    return replace(placed, order=order, payments=list(order.payments.all()))


def _placed(actor: Actor, caller: Caller, wish: Wish, key: str, tries: int = TRIES) -> Placed:
    """Place the order, or find the one that this request, or one like it, has placed."""
    try:
        return _place(actor, caller, wish, key)
    except _Replaced as older:
        cancelling.cancel_pending(actor, older.order_id, REPLACED)
    except (IntegrityError, DomainError) as refusal:
        # A key is written with its order and not before: whoever finds it taken, or the cart empty, may be the echo.
        replayed = _by_key(caller, key, wish) if key else None
        if replayed is not None:
            return replayed
        if isinstance(refusal, DomainError) or tries <= 1:
            raise
        waiting = _waiting(carts.find(caller))
        if waiting is not None:  # it holds nothing of the cart any more, which is why it was not seen
            cancelling.cancel_pending(actor, waiting.pk, REPLACED)
    return _placed(actor, caller, wish, key, tries - 1)


class _Replaced(Exception):
    """An order of this cart waits for money, and what is wanted now is another."""

    def __init__(self, order_id: int) -> None:
        super().__init__(order_id)
        self.order_id = order_id


def _check_contact(caller: Caller, wish: Wish) -> None:
    if not wish.address.get("line1"):
        raise ContactNeeded("Where shall it be sent? An address needs line1, or is a text", field="address")
    if caller.user_id is None and not wish.name:
        raise ContactNeeded("A name is needed", field="name")
    if caller.user_id is None and not (wish.email or wish.phone):
        raise ContactNeeded("An e-mail address or a phone number is needed", field="email")


@transaction.atomic
def _place(actor: Actor, caller: Caller, wish: Wish, key: str) -> Placed:
    ref = carts.find(caller, lock=True)
    if ref.id is None:
        raise EmptyCart
    waiting = _waiting(ref) if ref.held_at is not None else None
    last = LAST_ORDER.first(cart=ref.id) if ref.is_as_ordered and waiting is None else None
    cart_lines.LOCK_VARIANTS.rows(cart=ref.id)
    lines = carts.lines_of(ref)
    if last is not None and _is_echo(last, wish, lines):
        return (_by_key(caller, key, wish) if key else None) or _found_again(last, ref)
    expectation = Expectation(wish.wanted, wish.expected_total, wish.accept_price_changes)
    checked = checking.check(lines, expectation, caller)
    if waiting is not None:
        bought = [(line.variant_id, units, line.price) for line, units in checked.bought]
        if _fingerprint(bought, wish) != waiting.cart_fingerprint:
            raise _Replaced(waiting.pk)
        return (_by_key(caller, key, wish) if key else None) or _found_again(waiting, ref)
    at = timezone.now()
    order = _insert_order(caller, ref, wish, checked, at, key)
    items = _insert_items(order, checked)
    payment = _insert_payment(order)
    transitions.begin(order, actor)
    emptied = {line.product_id for line, units in checked.bought if line.stock - line.reserved <= units}
    low = [line.sku for line, units in checked.bought if line.is_low_after(units)]
    units_of = {line.variant_id: units for line, units in checked.bought}
    ordered = {line.id: units for line, units in checked.bought}
    if order.status == Order.Status.PENDING:
        stock.reserve(units_of, emptied=emptied)
        ordering.hold(ref, ordered, at)
        notices.tell_low(order, low)
        return Placed(order, items, [payment], warnings=checked.warnings)
    stock.take(actor, units_of, reference=order.number, emptied=emptied)
    is_left = ordering.take_ordered(actor, ref, lines, ordered, order.number, at)
    notices.announce(order, "placed" if order.total else "paid", low)
    return Placed(order, items, [payment], cart_is_empty=not is_left, warnings=checked.warnings)


def _waiting(ref: CartRef) -> Order | None:
    """Return the order of this cart, or of one that was merged into it, that waits for money."""
    if ref.id is None:  # which, asked for, would be every order whose cart is gone, and everybody's that is not merged
        return None
    here = Q(cart=ref.id) | Q(cart__merged_into=ref.id)
    return Order.objects.filter(here, status=Order.Status.PENDING).order_by("-pk").first()


def _insert_payment(order: Order) -> Payment:
    """Add the attempt to pay; one for nothing has succeeded."""
    is_online = order.payment_method == Order.Method.STRIPE
    payment = Payment(
        order=order,
        provider=order.payment_method,
        state=Payment.State.CREATED if order.total else Payment.State.SUCCEEDED,
        amount=order.total,
        currency=order.currency,
        amount_minor=(stripe.minor if is_online else money.to_minor)(order.total, order.currency),
        expires_at=order.placed_at + checkout.LIFETIME if is_online else None,
    )
    NEW_PAYMENT.add(payment)
    return payment


def _insert_order(caller: Caller, ref: CartRef, wish: Wish, checked: checking.Checked, at: datetime, key: str) -> Order:
    totals: pricing.Totals = checked.totals
    bought = [(line.variant_id, units, line.price) for line, units in checked.bought]
    is_to_be_paid = wish.method == Order.Method.STRIPE and bool(totals.total)
    order = Order(
        number=tokens.new_number(at),
        user_id=caller.user_id,
        cart_id=ref.id,
        cart_fingerprint=_fingerprint(bought, wish),
        status=Order.Status.PENDING if is_to_be_paid else Order.Status.PROCESSING,
        payment_method=wish.method,
        market=ref.market.code,
        currency=ref.market.currency,
        subtotal=totals.subtotal,
        discount_total=totals.discount,
        shipping_total=totals.shipping,
        tax_total=totals.tax,
        total=totals.total,
        name=wish.name,
        email=wish.email,
        phone=wish.phone,
        note=wish.note,
        address=wish.address,
        stock_state=Order.StockState.RESERVED if is_to_be_paid else Order.StockState.COMMITTED,
        reserved_until=at + checkout.WITHOUT_SESSION if is_to_be_paid else None,
        paid_at=None if totals.total else at,
        placed_at=at,
        created_at=at,
        idempotency_scope=_scope(caller, ref) if key else "",
        idempotency_key=key,
        request_hash=_request_hash(caller, wish) if key else "",
    )
    NEW_ORDER.add(order)
    return order


def _insert_items(order: Order, checked: checking.Checked) -> list[OrderItem]:
    items = [
        OrderItem(
            order=order,
            product_id=line.product_id,
            variant_id=line.variant_id,
            is_simple=(line.variants_count or 0) <= 1,
            name=f"{line.name} – {line.variant_name}" if line.variant_name else line.name,
            sku=line.sku,
            image_url=small_path_of(line.image) if line.image else "",
            unit_price=line.price,
            quantity=units,
            line_total=line.price * units,
        )
        for line, units in checked.bought
        if line.price is not None
    ]
    NEW_ITEMS.add(*items)
    return items


def _is_echo(last: Order, wish: Wish, lines: Sequence[Line]) -> bool:
    """Say whether this is the double click of a client that knows no keys: the same wish, a moment ago."""
    if last.status in OVER or timezone.now() - last.placed_at > REPLAY_WINDOW:
        return False
    items = list(last.items.select_related("product"))
    if wish.wanted is None and any(line.quantity for line in lines):
        return False
    if wish.wanted is not None and not checking.names_exactly(wish.wanted, items):
        return False
    bought = [(item.variant_id, item.quantity, item.unit_price) for item in items]
    return _fingerprint(bought, wish) == last.cart_fingerprint


def _by_key(caller: Caller, key: str, wish: Wish) -> Placed | None:
    """Return the order that came of this key. Raises KeyReused where it was another request."""
    ref = carts.find(caller)
    order = Order.objects.filter(idempotency_scope=_scope(caller, ref), idempotency_key=key).first()
    if order is None:
        return None
    if order.request_hash != _request_hash(caller, wish):
        raise KeyReused
    return _found_again(order, ref)


def _found_again(order: Order, ref: CartRef) -> Placed:
    """Return an order that exists already, as the answer to a repeated request."""
    is_empty = not carts.lines_of(ref)
    return Placed(order, list(order.items.all()), list(order.payments.all()), replayed=True, cart_is_empty=is_empty)


def _scope(caller: Caller, ref: CartRef) -> str:
    return f"user:{caller.user_id}" if caller.user_id is not None else f"guest:{digest(ref.key or '')}"


def _request_hash(caller: Caller, wish: Wish) -> str:
    parts = [caller.market.code, asdict(replace(wish, has_proved_email=False))]  # which may change between two tries
    return hashlib.sha256(orjson.dumps(parts, default=str, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _fingerprint(bought: Sequence[tuple[Any, int, Any]], wish: Wish) -> str:
    """Return what makes two orders the same: the lines, how it is paid, where it goes, and to whom."""
    lines = sorted(f"{variant}x{units}@{price:.3f}" for variant, units, price in bought)
    parts = [lines, wish.method, wish.address, wish.email]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()
