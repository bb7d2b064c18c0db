"""Placing an order: everything that belongs to it in one transaction, in a number of statements that its lines do not change."""

from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from accounts.exceptions import EmailNotVerified
from carts import checkout as cart_checkout
from carts import lines as cart_lines
from carts import selectors as carts
from carts.identity import CartOwner, CartRef
from core import money
from core.actors import Actor
from core.compiled_queries import CompiledInsert, CompiledSelect, Param
from core.exceptions import DomainError
from orders import addresses, tokens
from orders.exceptions import ContactNeeded, EmptyCart, OrderEnded, PaymentNotConfigured
from orders.fulfilment import cancellation
from orders.models import Order, OrderItem, Payment
from orders.payments import sessions, stripe_gateway
from orders.placement import cart_check, idempotency, request
from orders.placement.cart_check import Expectation
from orders.placement.idempotency import OVER, Placed
from orders.placement.request import Attempt, Wish
from orders.state import notifications, transitions
from products.media.storage import small_path_of
from products.services import stock

NEW_ORDER, NEW_ITEMS, NEW_PAYMENT = CompiledInsert(Order), CompiledInsert(OrderItem), CompiledInsert(Payment)
ORDER_COLUMNS = [field.attname for field in Order._meta.concrete_fields]
LAST_ORDER = CompiledSelect(
    lambda row: Order.from_db("default", ORDER_COLUMNS, row),
    lambda: Order.objects.filter(cart=Param("cart", models.BigIntegerField())).order_by("-id").values_list(*ORDER_COLUMNS)[:1],
)
REPLACED = "replaced by another order"
TRIES = 3  # an order number may be taken; a fourth clash in a row is not chance


def place_order(actor: Actor, caller: CartOwner, wish: Wish, key: str = "") -> Placed:
    """Order what lies in the caller's cart.

    The same `key` again, or the same wish again while the cart has not changed, answers the first order. An order of this cart
    that waits for money is answered where the wish is the same, and cancelled where it is another. Raises AddressNotFound,
    ContactNeeded, EmailNotVerified, PaymentNotConfigured, EmptyCart, CartChanged, VariantNeeded, OutOfStock, KeyReused,
    AlreadyPaid, OrderWaits, OrderEnded, and what `checkout.ensure` raises.
    """
    attempt = Attempt(actor, caller, wish, key, request.request_hash(caller, wish) if key else "")
    if wish.address_id is not None:
        known = idempotency.by_key(attempt)  # which may be older than a change of the address book
        if known is not None:
            return _payable(known)
        address = addresses.as_dict(addresses.one(caller.user_id, wish.address_id))
        attempt = replace(attempt, wish=wish.sent_to(address))
    _check_contact(attempt)
    placed = _payable(_placed(attempt))
    is_of_key = bool(key) and placed.order.idempotency_key == key
    if placed.order.status in OVER and placed.replayed and not is_of_key:  # it ended in this moment: the wish is a new one
        placed = _payable(_placed(attempt))
    if placed.order.status in OVER and not placed.replayed:
        raise OrderEnded(details={"order": placed.order.number})
    return placed


def _payable(placed: Placed) -> Placed:
    """See to it that an order which waits for money can be paid. Raises what `checkout.ensure` raises."""
    if placed.order.status != Order.Status.PENDING:
        return placed
    order = sessions.ensure(placed.order.pk)
    return replace(placed, order=order, payments=list(order.payments.all()))


def _placed(attempt: Attempt, tries: int = TRIES) -> Placed:
    """Place the order, or find the one that this request, or one like it, has placed."""
    try:
        return _place(attempt)
    except _Replaced as older:
        # A key is written with its order and not before: whoever finds it taken, or the cart empty, may be the echo.
        known = idempotency.by_key(attempt)
        if known is not None:
            return known
        cancellation.cancel_pending(attempt.actor, older.order_id, REPLACED)
    except (IntegrityError, DomainError) as refusal:
        known = idempotency.by_key(attempt)
        if known is not None:
            return known
        if isinstance(refusal, DomainError) or tries <= 1:
            raise
        waiting = idempotency.waiting(carts.find(attempt.caller), attempt)
        if waiting is not None:  # it holds nothing of the cart any more, which is why it was not seen
            cancellation.cancel_pending(attempt.actor, waiting.pk, REPLACED)
    return _placed(attempt, tries - 1)


class _Replaced(Exception):
    """An order of this cart waits for money, and what is wanted now is another."""

    def __init__(self, order_id: int) -> None:
        super().__init__(order_id)
        self.order_id = order_id


def _check_contact(attempt: Attempt) -> None:
    wish, is_guest = attempt.wish, attempt.caller.user_id is None
    missing = {}
    if not wish.address.get("line1"):
        missing["address"] = "Where shall it be sent? A street and number are needed"
    if is_guest and not wish.name:
        missing["name"] = "A name is needed"
    if is_guest and not (wish.email or wish.phone):
        missing["email"] = "An e-mail address or a phone number is needed"
    if missing:
        raise ContactNeeded(errors=missing)
    if settings.REQUIRE_VERIFIED_EMAIL and not is_guest and not wish.has_proved_email:
        raise EmailNotVerified
    if wish.method == Order.Method.STRIPE and not stripe_gateway.is_configured():
        raise PaymentNotConfigured


@transaction.atomic
def _place(attempt: Attempt) -> Placed:
    caller, wish = attempt.caller, attempt.wish
    ref = carts.find(caller, lock=True)
    if ref.id is None:
        raise EmptyCart
    waiting = idempotency.waiting(ref, attempt) if ref.held_at is not None else None
    last = LAST_ORDER.first(cart=ref.id) if ref.is_as_ordered and waiting is None else None
    cart_lines.LOCK_VARIANTS.rows(cart=ref.id)
    lines = carts.lines_of(ref)
    if last is not None and idempotency.is_echo(last, attempt, lines):
        return idempotency.by_key(attempt) or idempotency.again(last, ref)
    expectation = Expectation(wish.wanted, wish.expected_total, wish.accept_price_changes, wish.snapshot)
    checked = cart_check.check(lines, expectation, caller)
    if waiting is not None:
        if request.fingerprint(checked.prices, wish) != waiting.cart_fingerprint:
            raise _Replaced(waiting.pk)
        return idempotency.by_key(attempt) or idempotency.again(waiting, ref)
    at = timezone.now()
    order = _insert_order(attempt, ref, checked, at)
    items = _insert_items(order, checked)
    payment = _insert_payment(order)
    transitions.begin(order, attempt.actor)
    emptied = {line.product_id for line, units in checked.bought if line.stock - line.reserved <= units}
    low = [line.sku for line, units in checked.bought if line.is_low_after(units)]
    units_of = {line.variant_id: units for line, units in checked.bought}
    ordered = {line.id: units for line, units in checked.bought}
    if order.status == Order.Status.PENDING:
        stock.reserve(units_of, emptied=emptied)
        cart_checkout.hold(ref, ordered, at)
        notifications.tell_low(order, low)
        return Placed(order, items, [payment], warnings=checked.warnings)
    stock.take(attempt.actor, units_of, reference=order.number, emptied=emptied)
    is_left = cart_checkout.take_ordered(attempt.actor, ref, lines, ordered, order.number, at)
    notifications.announce(order, "placed" if order.total else "paid", low)
    return Placed(order, items, [payment], cart_is_empty=not is_left, warnings=checked.warnings)


def _insert_payment(order: Order) -> Payment:
    """Add the attempt to pay; one for nothing has succeeded."""
    is_online = order.payment_method == Order.Method.STRIPE
    payment = Payment(
        order=order,
        provider=order.payment_method,
        state=Payment.State.CREATED if order.total else Payment.State.SUCCEEDED,
        amount=order.total,
        currency=order.currency,
        amount_minor=(stripe_gateway.minor if is_online else money.to_minor)(order.total, order.currency),
        expires_at=order.placed_at + sessions.LIFETIME if is_online else None,
    )
    NEW_PAYMENT.add(payment)
    return payment


def _insert_order(attempt: Attempt, ref: CartRef, checked: cart_check.Checked, at: datetime) -> Order:
    wish, totals = attempt.wish, checked.totals
    is_to_be_paid = wish.method == Order.Method.STRIPE and bool(totals.total)
    order = Order(
        number=tokens.new_number(at),
        user_id=attempt.caller.user_id,
        cart_id=ref.id,
        cart_fingerprint=request.fingerprint(checked.prices, wish),
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
        reserved_until=at + sessions.WITHOUT_SESSION if is_to_be_paid else None,
        paid_at=None if totals.total else at,
        placed_at=at,
        created_at=at,
        idempotency_scope=attempt.scope(ref.key) if attempt.key else "",
        idempotency_key=attempt.key,
        request_hash=attempt.request_hash,
    )
    NEW_ORDER.add(order)
    return order


def _insert_items(order: Order, checked: cart_check.Checked) -> list[OrderItem]:
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
