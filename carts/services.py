"""Changes to a cart. Each locks the cart's row first, so a cart has one change at a time."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.db.models import Case, Value, When
from django.utils import timezone

from carts import audit, guest_keys, lines, selectors
from carts.exceptions import CartBusy, CartFull, ItemNotFound, NotEnough, OwnProduct, QuantityLimit
from carts.identity import CartOwner, CartRef
from carts.lines import Line
from carts.models import DELIVERY_COLUMNS, MAX_LINES, MAX_QUANTITY, Cart, CartAuditLog, CartCode, CartItem
from core import money, rate_limits
from core.actors import SYSTEM, Actor
from core.compiled_queries import CompiledInsert, CompiledUpdate, Param
from core.money import MoneyField
from products.catalog.offers import Offer
from products.exceptions import ProductNotFound, VariantNeeded
from products.slugs import parse_product_ref

Action = CartAuditLog.Action
MAX_ATTEMPTS = 5  # a cart may be created or merged concurrently, but hardly five times in a row
INSERT_CART = CompiledInsert(Cart)
INSERT_LINE = CompiledInsert(CartItem)
UPDATE_QUANTITY = CompiledUpdate(
    lambda: CartItem.objects.filter(pk=Param("pk", models.BigIntegerField())),
    quantity=Param("quantity", models.PositiveSmallIntegerField()),
    updated_at=Param("now", models.DateTimeField()),
)
CHANGED_COLUMNS = {"updated_at": Param("now", models.DateTimeField()), "expires_at": Param("expires_at", models.DateTimeField())}
TOUCH_CART = CompiledUpdate(lambda: Cart.objects.filter(pk=Param("pk", models.BigIntegerField())), **CHANGED_COLUMNS)
MARK_ORDERED = CompiledUpdate(
    lambda: Cart.objects.filter(pk=Param("pk", models.BigIntegerField())),
    ordered_at=Param("now", models.DateTimeField()),
    **CHANGED_COLUMNS,
)


@dataclass(frozen=True, slots=True)
class LineRef:
    """Identifies a line by its own id, or by its product, its variant, or both; a variant must belong to the product."""

    item_id: int | None = None
    variant_id: int | None = None
    product: str | None = None

    def as_lookup(self) -> tuple[str, Any]:
        """Return the kind and value for `lines.build_line_lookup_query`. Raises ItemNotFound if `product` is malformed."""
        if self.item_id is not None:
            return "item", self.item_id
        if self.product is None:
            return "variant", self.variant_id
        try:
            return parse_product_ref(self.product)
        except ProductNotFound:
            raise ItemNotFound from None


@transaction.atomic
def add_item(actor: Actor, owner: CartOwner, offer: Offer, quantity: int) -> tuple[int, bool, CartRef]:
    """Add `quantity` units of the offer to the cart; a new line gets the current price.

    Creates the cart if necessary. Returns the line's id, whether it is new, and the cart. Raises OwnProduct, QuantityLimit,
    NotEnough, CartFull.
    """
    if offer.seller_id is not None and offer.seller_id == owner.user_id:
        raise OwnProduct(field="product_id")
    ref, is_new_cart = lock_or_create_cart(actor, owner, lambda: _check_quantity(quantity, offer.available))
    line = None if is_new_cart else lines.build_line_lookup_query(ref.market, "variant").first(cart=ref.pk, value=offer.id)
    new_quantity, held = (line.quantity + quantity, line.held) if line else (quantity, 0)
    _check_quantity(new_quantity, offer.available + held)
    if line is None and not is_new_cart and (lines.COUNT_CART_LINES.first(cart=ref.pk) or 0) >= MAX_LINES:
        raise CartFull(f"A cart holds at most {MAX_LINES} different items")
    now = timezone.now()
    if line is not None:
        line_id = line.id
        UPDATE_QUANTITY.run(pk=line_id, quantity=new_quantity, now=now)
    else:
        item = CartItem(cart_id=ref.pk, variant_id=offer.id, quantity=new_quantity, price_at_addition=offer.price, created_at=now)
        INSERT_LINE.add(item)
        line_id = item.pk
    changes = {"quantity": quantity, "price": money.format_amount(offer.price, ref.market.currency)}
    audit.record(actor, ref.pk, [audit.Entry(Action.ADD, changes, offer.product_id, offer.id, offer.product_name)])
    return line_id, line is None, ref if is_new_cart else touch_cart(ref, now)


@transaction.atomic
def set_quantity(actor: Actor, owner: CartOwner, line_ref: LineRef, quantity: int) -> tuple[int, CartRef]:
    """Set the line's quantity; 0 saves it for later. Returns the line's id and the cart.

    Raises ItemNotFound, VariantNeeded, QuantityLimit, NotEnough; ProductNotFound if the quantity grows and it is not for sale.
    """
    ref, line = _lock_line(owner, line_ref)
    if quantity > line.quantity and not line.is_available:
        raise ProductNotFound
    _check_quantity(quantity, line.available_units)
    now = timezone.now()
    UPDATE_QUANTITY.run(pk=line.id, quantity=quantity, now=now)
    changes = {"old_quantity": line.quantity, "new_quantity": quantity}
    audit.record(actor, ref.pk, [audit.Entry(Action.UPDATE, changes, line.product_id, line.variant_id, line.name)])
    return line.id, touch_cart(ref, now)


def _check_quantity(quantity: int, available: int) -> None:
    """Check the limit of a line first, then the stock. Raises QuantityLimit, NotEnough."""
    if quantity > MAX_QUANTITY:
        raise QuantityLimit(f"Cannot add more. Maximum {MAX_QUANTITY} units allowed per item")
    if quantity > available:
        raise NotEnough(f"Only {available} unit(s) available", field="quantity")


@transaction.atomic
def remove_item(actor: Actor, owner: CartOwner, line_ref: LineRef) -> CartRef:
    """Remove a line from the cart. Raises ItemNotFound, VariantNeeded."""
    ref, line = _lock_line(owner, line_ref)
    CartItem.objects.filter(pk=line.id).delete()
    changes = {"quantity": line.quantity}
    audit.record(actor, ref.pk, [audit.Entry(Action.REMOVE, changes, line.product_id, line.variant_id, line.name)])
    return touch_cart(ref)


@transaction.atomic
def clear_cart(actor: Actor, owner: CartOwner) -> tuple[int, CartRef]:
    """Remove all lines from the cart. Returns the number of removed lines and the cart."""
    ref = selectors.get_cart_ref(owner, lock=True)
    if ref.id is None:
        return 0, ref
    removed, _ = CartItem.objects.filter(cart=ref.pk).delete()
    if not removed:
        return 0, ref
    audit.record(actor, ref.pk, [audit.Entry(Action.CLEAR, {"items_removed": removed})])
    return removed, touch_cart(ref)


@transaction.atomic
def accept_prices(actor: Actor, owner: CartOwner) -> tuple[list[Line], CartRef]:
    """Replace the prices at addition with the current prices. Returns the changed lines as they were before, and the cart."""
    ref = selectors.get_cart_ref(owner, lock=True)
    changed = [line for line in selectors.get_lines(ref) if line.is_repriced]
    if not changed:
        return [], ref
    now = timezone.now()
    current_prices = Case(*(When(pk=line.id, then=Value(line.price)) for line in changed), output_field=MoneyField())
    CartItem.objects.filter(pk__in=[line.id for line in changed]).update(price_at_addition=current_prices, updated_at=now)
    price_changes = [(line, selectors.serialize_price_change(line, ref.market)) for line in changed]
    entries = [
        audit.Entry(
            Action.ACCEPT,
            {name: prices[name] for name in ("old_price", "new_price")},
            line.product_id,
            line.variant_id,
            line.name,
        )
        for line, prices in price_changes
    ]
    audit.record(actor, ref.pk, entries)
    return changed, touch_cart(ref, now)


def _lock_line(owner: CartOwner, line_ref: LineRef) -> tuple[CartRef, Line]:
    """Lock the cart and return the line. Raises ItemNotFound, VariantNeeded."""
    ref = selectors.get_cart_ref(owner, lock=True)
    if ref.id is None:
        raise ItemNotFound
    kind, value = line_ref.as_lookup()
    matches = lines.build_line_lookup_query(ref.market, kind).rows(cart=ref.pk, value=value)
    if line_ref.variant_id is not None:
        matches = [line for line in matches if line.variant_id == line_ref.variant_id]
    if not matches:
        raise ItemNotFound
    if len(matches) > 1:
        raise VariantNeeded(field="variant_id")
    return ref, matches[0]


@transaction.atomic
def delete_carts_of_user(user_id: int, *, wait: bool) -> None:
    """Delete the user's carts with their lines and logs. Without `wait`, raises OperationalError if a cart is locked.

    Carts that were merged into them are deleted too, and locked first, in the order of `checkout.lock_cart_of_order`.
    """
    nowait = not wait and connection.features.has_select_for_update_nowait
    carts = Cart.objects.select_for_update(nowait=nowait).order_by("market", "pk")
    merged = carts.filter(merged_into__in=Cart.objects.filter(user=user_id).values("pk"))
    own = carts.filter(user=user_id)
    Cart.objects.filter(pk__in=[pk for locked in (merged, own) for pk in locked.values_list("pk", flat=True)]).delete()


def lock_or_create_cart(actor: Actor, owner: CartOwner, check: Callable[[], None]) -> tuple[CartRef, bool]:
    """Lock the owner's cart, or create it if there is none and `check` passes. Returns the cart and whether it is new.

    Raises TooManyRequests, CartBusy, and what `check` raises.
    """
    for attempt in range(MAX_ATTEMPTS):
        ref = selectors.get_cart_ref(owner, lock=True)
        if ref.id is not None:
            return ref, False
        check()
        if ref.key is not None and not attempt:
            rate_limits.count_call("guest_new", rate_limits.get_caller_key(actor.ip))
        now = timezone.now()
        cart = Cart(**_get_identity_columns(ref), expires_at=compute_expiry(ref, now), created_at=now)
        try:
            with transaction.atomic():
                INSERT_CART.add(cart)
        except IntegrityError:  # created by a concurrent request, or left behind by an expired guest
            _restart_expired_cart(ref, now)
        else:
            return replace(ref, id=cart.pk, created_at=cart.created_at, updated_at=cart.updated_at), True
    raise CartBusy


def _restart_expired_cart(ref: CartRef, now: datetime) -> None:
    """Empty a guest's expired cart for reuse. A cart that is live, or deleted in the meantime, is left alone."""
    expired = Cart.objects.select_for_update(no_key=True).filter(**_get_identity_columns(ref), expires_at__lte=now).first()
    if expired is None:
        return
    removed, _ = CartItem.objects.filter(cart=expired).delete()
    CartCode.objects.filter(cart=expired).delete()
    if removed:
        audit.record(SYSTEM, expired.pk, [audit.Entry(Action.CLEAR, {"items_removed": removed, "reason": "expired"})])
    unplaced = Cart()
    for name in DELIVERY_COLUMNS:
        setattr(expired, name, getattr(unplaced, name))
    expired.created_at, expired.expires_at = now, compute_expiry(ref, now)
    expired.save(update_fields=["created_at", "expires_at", "updated_at", *DELIVERY_COLUMNS])


def _get_identity_columns(ref: CartRef) -> dict[str, Any]:
    if ref.key is not None:
        return {"key_hash": guest_keys.digest(ref.key), "market": ref.market.code}
    return {"user_id": ref.user_id, "market": ref.market.code}


def compute_expiry(ref: CartRef, now: datetime) -> datetime | None:
    """Return when a guest's cart expires, 3 days after its last write; a user's cart never does."""
    return now + timedelta(seconds=guest_keys.LIFETIME_SECONDS) if ref.key is not None else None


def touch_cart(ref: CartRef, at: datetime | None = None, *, is_ordered: bool = False) -> CartRef:
    """Record a change or an order on the cart, extend a guest cart's expiry, and return the updated cart."""
    now = at or timezone.now()
    statement = MARK_ORDERED if is_ordered else TOUCH_CART
    statement.run(pk=ref.pk, now=now, expires_at=compute_expiry(ref, now))
    return replace(ref, updated_at=now, ordered_at=now if is_ordered else ref.ordered_at)
