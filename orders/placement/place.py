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
from core.actors import Actor
from orders import address_rules, addresses, contact_rules
from orders.contact_phones import list_order_e164
from orders.contact_rules import Contact
from orders.exceptions import ContactNeeded, EmptyCart, OrderEnded, OrderingBlocked, PaymentNotConfigured
from orders.fulfilment import phone_confirmation
from orders.fulfilment.cancellation import cancel_pending_order
from orders.models import Order
from orders.payments import sessions, stripe_gateway
from orders.placement import delivery, idempotency, promotions, records, unpaid_orders
from orders.placement.cart_check import CheckedCart, check_cart
from orders.placement.idempotency import Placed
from orders.placement.records import Purchase
from orders.placement.request import CheckoutRequest, Placement, cart_fingerprint, is_repeated, request_hash
from orders.placement.variant_locks import lock_variants
from orders.state import notifications, transitions
from products.services import stock

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

    Raises AddressNotFound, CodeInvalid, ContactNeeded, EmailNotVerified, PaymentNotConfigured, EmptyCart, CartChanged, CartBusy,
    VariantNeeded, NamedTwice, OutOfStock, OrderingBlocked, KeyReused, AlreadyPaid, InvalidTransition, AmountNotChargeable,
    OrderWaits, OrderEnded, TooManyRequests, and what `sessions.ensure_session` raises.
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
    selection = promotions.select(placement, ref, pending)
    asked = (checked.priced_units, placement.request, [entered.code for entered in selection.codes])
    is_wanted = pending is not None and _is_still_wanted(pending, checked, delivery.get_wanted_method(placement.request, ref))
    if pending is not None and ref.held_at is not None and is_wanted and is_repeated(pending, *asked):
        return idempotency.as_replay(pending, ref)
    selection, limited = promotions.enforce_limits(placement, selection, pending)
    quote = delivery.choose(placement, ref, checked, selection)
    costs = quote.costs
    checked.compare_costs(costs, selection)
    if is_blocked:
        raise OrderingBlocked
    if records.awaits_payment(placement, costs):
        unpaid_orders.check_limits(placement, ref, replaced=pending)
    if pending is not None:
        return MustCancelFirst(pending.pk)
    return _create_order(placement, ref, Purchase(lines, checked, quote, selection, limited, cart_fingerprint(*asked)))


def _is_still_wanted(pending: Order, checked: CheckedCart, method: str) -> bool:
    """Return whether a pending order is still what its cart holds, and costs no more than the buyer was shown."""
    return checked.is_unchanged and method in ("", pending.shipping_method) and checked.allows_total(pending.total)


def _resolve_address(placement: Placement) -> Placement:
    """Return the placement with the saved address that it names, and with its phone in E.164. Raises AddressNotFound."""
    request = placement.request
    if request.address_id is not None:
        saved = addresses.to_dict(addresses.get_address(placement.owner.user_id, request.address_id))
        request = request.with_address(address_rules.with_country_code(saved))
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


def _create_order(placement: Placement, ref: CartRef, purchase: Purchase) -> Placed:
    """Insert the order, reserve or deduct its stock, and update the cart."""
    now, checked = timezone.now(), purchase.checked
    order = records.insert_order(placement, ref, purchase, now)
    items = records.insert_items(order, purchase)
    adjustments = records.insert_adjustments(order, purchase.costs)
    payment = records.insert_payment(order)
    transitions.record_placed(order, placement.actor)
    sold_out = {line.product_id for line, units in checked.lines if line.stock - line.reserved <= units}
    low_skus = [line.sku for line, units in checked.lines if line.is_low_after(units)]
    units_by_variant = {line.variant_id: units for line, units in checked.lines}
    units_by_line = {line.id: units for line, units in checked.lines}
    codes = [discount.rule.code for discount in purchase.costs.discounts if discount.rule.code]
    if order.status == Order.Status.PENDING:
        stock.reserve(units_by_variant, sold_out=sold_out)
        promotions.redeem(order, purchase.costs, purchase.selection, purchase.limited_promotions)
        checkout.reserve_lines(ref, units_by_line, codes, now)
        notifications.notify_low_stock(order, low_skus)
        return Placed(order, items, [payment], adjustments, warnings=checked.warnings)
    stock.deduct(placement.actor, units_by_variant, reference=order.number, sold_out=sold_out)
    promotions.redeem(order, purchase.costs, purchase.selection, purchase.limited_promotions)
    has_lines_left = checkout.remove_ordered_lines(placement.actor, ref, purchase.cart_lines, units_by_line, order.number, now)
    checkout.remove_codes(ref, codes)
    if order.phone_confirm_until is not None:
        phone_confirmation.enqueue_deadline(order, order.phone_confirm_until)
        notifications.notify_phone_unconfirmed(order, low_skus)
    else:
        notifications.notify_order_confirmed(order, "placed" if order.total else "paid", low_skus)
    return Placed(order, items, [payment], adjustments, cart_is_empty=not has_lines_left, warnings=checked.warnings)
