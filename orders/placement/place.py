"""Placing an order: one transaction, and a number of statements that does not depend on the number of lines."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.exceptions import EmailNotVerified
from carts import checkout
from carts import selectors as cart_selectors
from carts.exceptions import CartBusy
from carts.identity import CartOwner, CartRef
from carts.lines import Line
from core.actors import Actor
from core.compiled_queries import CompiledInsert
from orders import addresses, contact_rules, minor_units, tokens
from orders.contact_phones import list_order_e164
from orders.contact_rules import Contact
from orders.exceptions import ContactNeeded, EmptyCart, OrderEnded, OrderingBlocked, PaymentNotConfigured
from orders.fulfilment.cancellation import cancel_pending_order
from orders.models import VARIANT_SEPARATOR, Order, OrderItem, Payment
from orders.payments import sessions, stripe_gateway
from orders.placement import idempotency, unpaid_orders
from orders.placement.cart_check import CheckedCart, check_cart
from orders.placement.idempotency import Placed
from orders.placement.request import CheckoutRequest, Placement, cart_fingerprint, request_hash
from orders.placement.variant_locks import lock_variants
from orders.state import notifications, transitions
from pricing.breakdown import Totals
from products.media.storage import get_thumbnail_url
from products.services import stock

INSERT_ORDER, INSERT_ITEMS, INSERT_PAYMENT = CompiledInsert(Order), CompiledInsert(OrderItem), CompiledInsert(Payment)
CANCEL_REASON = "replaced by another order"
MAX_CLASHES = 3  # an order number, or a key in another market, may be taken; three in a row are not a coincidence
MAX_ATTEMPTS = 10  # each pending order of merged carts takes one; more mean that other requests keep placing orders


@dataclass(frozen=True, slots=True)
class MustCancelFirst:
    """Another order of this cart is pending; it has to be cancelled first, without holding a lock."""

    order_id: int


def place_order(
    actor: Actor, owner: CartOwner, request: CheckoutRequest, key: str = "", *, numbered_at: datetime | None = None
) -> Placed:
    """Order what is in the owner's cart.

    A repeated request, by its idempotency key or within ten minutes, returns the first order. A pending order of this cart is
    returned if the request is the same, and cancelled if it is another.

    The order's number begins with the day of `numbered_at`, or with today's.

    Raises AddressNotFound, ContactNeeded, EmailNotVerified, PaymentNotConfigured, EmptyCart, CartChanged, CartBusy, VariantNeeded,
    NamedTwice, OutOfStock, OrderingBlocked, KeyReused, AlreadyPaid, InvalidTransition, AmountNotChargeable, OrderWaits, OrderEnded,
    and what `sessions.ensure_session` raises.
    """
    placement = Placement(actor, owner, request, key, request_hash(owner, request) if key else "", numbered_at=numbered_at)
    clashes = 0
    for attempt in range(MAX_ATTEMPTS):
        try:
            result = _place(placement, is_retry=attempt > 0)
        except IntegrityError:
            clashes += 1
            if clashes == MAX_CLASHES:
                raise
            continue
        if isinstance(result, MustCancelFirst):
            if attempt < MAX_ATTEMPTS - 1:  # do not cancel an order if no attempt is left to place the new one
                cancel_pending_order(actor, result.order_id, CANCEL_REASON)
            continue
        placed = _ensure_session(result)
        if placed.order.status in Order.CLOSED_STATUSES:
            if not placed.is_replay:
                raise OrderEnded(details={"order": placed.order.number})
            if not key or placed.order.idempotency_key != key:
                continue  # the order expired between lookup and session creation, so place a new one
        return placed
    raise CartBusy


def _ensure_session(placed: Placed) -> Placed:
    """Return the placed order with an open session if it is pending. Raises what `sessions.ensure_session` raises."""
    if placed.order.status != Order.Status.PENDING:
        return placed
    order = sessions.ensure_session(placed.order.pk)
    return replace(placed, order=order, payments=list(order.payments.all()))


@transaction.atomic
def _place(placement: Placement, *, is_retry: bool) -> Placed | MustCancelFirst:
    ref = cart_selectors.get_cart_ref(placement.owner, lock=True)
    replay = idempotency.find_by_key(placement, ref)
    if replay is not None:
        return replay
    placement = _resolve_address(placement)
    _check_contact(placement)
    if ref.id is None:
        raise EmptyCart
    may_have_pending_order = ref.held_at is not None or is_retry
    pending = idempotency.find_pending_order(ref, placement) if may_have_pending_order else None
    last_order = idempotency.SELECT_LAST_ORDER.first(cart=ref.id) if ref.is_unchanged_since_order and pending is None else None
    is_blocked = lock_variants(ref.id, _list_contacts(placement))
    lines = cart_selectors.get_lines(ref)
    if last_order is not None and idempotency.is_duplicate_submit(last_order, placement, lines):
        return idempotency.as_replay(last_order, ref)
    checked = check_cart(lines, placement.request.expected, placement.owner)
    fingerprint = cart_fingerprint(checked.priced_units, placement.request)
    if pending is not None and ref.held_at is not None and fingerprint == pending.cart_fingerprint:
        return idempotency.as_replay(pending, ref)
    if is_blocked:
        raise OrderingBlocked
    if _awaits_payment(placement, checked.totals):
        unpaid_orders.check_limits(placement, ref, replaced=pending)
    return MustCancelFirst(pending.pk) if pending is not None else _create_order(placement, ref, lines, checked, fingerprint)


def _awaits_payment(placement: Placement, totals: Totals) -> bool:
    """Return whether an order has to be paid online; there is nothing to pay for if its total is zero."""
    return placement.request.method == Order.Method.STRIPE and bool(totals.total)


def _resolve_address(placement: Placement) -> Placement:
    """Return the placement with the saved address that it names, and with its phone in E.164. Raises AddressNotFound."""
    request = placement.request
    if request.address_id is not None:
        request = request.with_address(addresses.to_dict(addresses.get_address(placement.owner.user_id, request.address_id)))
    numbers = list_order_e164(request.phone, request.address, placement.owner.market.code)
    return replace(placement, request=request, phone_numbers=tuple(numbers))


def _check_contact(placement: Placement) -> None:
    request, is_guest = placement.request, placement.owner.user_id is None
    contact = Contact(request.name, request.email, request.phone, request.address, request.is_address_text)
    is_cash = request.method == Order.Method.COD
    problems = contact_rules.find_problems(contact, placement.owner.market.code, is_cash=is_cash, is_guest=is_guest)
    if problems:
        raise ContactNeeded(errors=problems)
    if settings.REQUIRE_VERIFIED_EMAIL and not is_guest and not request.is_email_verified:
        raise EmailNotVerified
    if request.method == Order.Method.STRIPE and not stripe_gateway.is_configured():
        raise PaymentNotConfigured


def _list_contacts(placement: Placement) -> tuple[str, ...]:
    """Return the normalized contacts of the buyer, the recipient and the account; of a phone, all numbers that it may mean."""
    request, recipient = placement.request, placement.request.address.get("phone", "")
    of_recipient = list_order_e164(recipient, request.address, placement.owner.market.code) if recipient != request.phone else ()
    return (request.email, *placement.phone_numbers, *of_recipient, *request.account_contacts)


def _create_order(placement: Placement, ref: CartRef, lines: list[Line], checked: CheckedCart, fingerprint: str) -> Placed:
    """Insert the order, reserve or deduct its stock, and update the cart."""
    now = timezone.now()
    order = _insert_order(placement, ref, checked.totals, fingerprint, now)
    items = _insert_items(order, checked)
    payment = _insert_payment(order)
    transitions.record_placed(order, placement.actor)
    sold_out = {line.product_id for line, units in checked.lines if line.stock - line.reserved <= units}
    low_skus = [line.sku for line, units in checked.lines if line.is_low_after(units)]
    units_by_variant = {line.variant_id: units for line, units in checked.lines}
    units_by_line = {line.id: units for line, units in checked.lines}
    if order.status == Order.Status.PENDING:
        stock.reserve(units_by_variant, sold_out=sold_out)
        checkout.reserve_lines(ref, units_by_line, now)
        notifications.notify_low_stock(order, low_skus)
        return Placed(order, items, [payment], warnings=checked.warnings)
    stock.deduct(placement.actor, units_by_variant, reference=order.number, sold_out=sold_out)
    has_lines_left = checkout.remove_ordered_lines(placement.actor, ref, lines, units_by_line, order.number, now)
    notifications.notify_order_confirmed(order, "placed" if order.total else "paid", low_skus)
    return Placed(order, items, [payment], cart_is_empty=not has_lines_left, warnings=checked.warnings)


def _insert_payment(order: Order) -> Payment:
    """Insert the order's payment; a payment of nothing has succeeded."""
    is_online = order.payment_method == Order.Method.STRIPE
    payment = Payment(
        order=order,
        provider=order.payment_method,
        state=Payment.State.CREATED if order.total else Payment.State.SUCCEEDED,
        amount=order.total,
        currency=order.currency,
        amount_minor=minor_units.to_minor(order.total, order.payment_method, order.currency),
        expires_at=order.placed_at + sessions.SESSION_LIFETIME if is_online else None,
    )
    INSERT_PAYMENT.add(payment)
    return payment


def _insert_order(placement: Placement, ref: CartRef, totals: Totals, fingerprint: str, now: datetime) -> Order:
    request = placement.request
    awaits_payment = _awaits_payment(placement, totals)
    order = Order(
        number=tokens.generate_order_number(placement.numbered_at or now),
        user_id=placement.owner.user_id,
        cart_id=ref.id,
        cart_fingerprint=fingerprint,
        status=Order.Status.PENDING if awaits_payment else Order.Status.PROCESSING,
        payment_method=request.method,
        market=ref.market.code,
        currency=ref.market.currency,
        subtotal=totals.subtotal,
        discount_total=totals.discount,
        shipping_total=totals.shipping,
        tax_total=totals.tax,
        total=totals.total,
        name=request.name,
        email=request.email,
        phone=request.phone,
        phone_e164=placement.phone_e164,
        note=request.note,
        address=request.address,
        stock_state=Order.StockState.RESERVED if awaits_payment else Order.StockState.COMMITTED,
        reserved_until=now + sessions.SESSION_CREATION_WINDOW if awaits_payment else None,
        guest_network=unpaid_orders.get_network(placement) if awaits_payment else "",
        paid_at=None if totals.total else now,
        placed_at=now,
        created_at=now,
        idempotency_scope=placement.key_scope(ref.key) if placement.key else "",
        idempotency_key=placement.key,
        request_hash=placement.request_hash,
    )
    INSERT_ORDER.add(order)
    return order


def _insert_items(order: Order, checked: CheckedCart) -> list[OrderItem]:
    items = [
        OrderItem(
            order=order,
            product_id=line.product_id,
            variant_id=line.variant_id,
            is_simple=(line.variants_count or 0) <= 1,
            name=f"{line.name}{VARIANT_SEPARATOR}{line.variant_name}" if line.variant_name else line.name,
            sku=line.sku,
            image_url=get_thumbnail_url(line.image) if line.image else "",
            unit_price=line.price,
            quantity=units,
            line_total=line.price * units,
        )
        for line, units in checked.lines
        if line.price is not None
    ]
    INSERT_ITEMS.add(*items)
    return items
