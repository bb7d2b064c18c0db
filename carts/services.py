"""Changing a cart. One change to a cart at a time: each begins by locking the cart's row."""

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
from carts.models import MAX_LINES, MAX_QUANTITY, Cart, CartAuditLog, CartItem
from core import money, rate_limits
from core.actors import SYSTEM, Actor
from core.compiled_queries import CompiledInsert, CompiledUpdate, Param
from core.money import MoneyField
from products.catalog.offers import Offer
from products.exceptions import ProductNotFound, VariantNeeded
from products.slugs import product_ref

Action = CartAuditLog.Action


TRIES = 5  # a cart may be made or merged under one's hands, and again; not five times in a row
NEW_CART = CompiledInsert(Cart)
NEW_LINE = CompiledInsert(CartItem)
SET_QUANTITY = CompiledUpdate(
    lambda: CartItem.objects.filter(pk=Param("pk", models.BigIntegerField())),
    quantity=Param("quantity", models.PositiveSmallIntegerField()),
    updated_at=Param("now", models.DateTimeField()),
)
TOUCH = CompiledUpdate(
    lambda: Cart.objects.filter(pk=Param("pk", models.BigIntegerField())),
    updated_at=Param("now", models.DateTimeField()),
    expires_at=Param("expires_at", models.DateTimeField()),
)


@dataclass(frozen=True, slots=True)
class Which:
    """Which line is meant: by its own id, or by its product, its variant, or both, which then must belong together."""

    item: int | None = None
    variant: int | None = None
    product: str | None = None

    def reference(self) -> tuple[str, Any]:
        """Return it as `lines.named` takes it. Raises ItemNotFound for what can name no product."""
        if self.item is not None:
            return "item", self.item
        if self.product is None:
            return "variant", self.variant
        try:
            return product_ref(self.product)
        except ProductNotFound:
            raise ItemNotFound from None


@transaction.atomic
def add_item(actor: Actor, caller: CartOwner, offer: Offer, quantity: int) -> tuple[int, bool, CartRef]:
    """Put `quantity` more of the offer into the cart, at today's price if it is new there.

    Returns the line's id, whether it is new, and the cart, which is made where there was none. Raises OwnProduct, QuantityLimit,
    NotEnough, CartFull.
    """
    if offer.seller_id is not None and offer.seller_id == caller.user_id:
        raise OwnProduct(field="product_id")
    ref, is_new_cart = _opened(actor, caller, lambda: _check_quantity(quantity, offer.available))
    line = None if is_new_cart else lines.named(ref.market, "variant").first(cart=ref.pk, value=offer.id)
    wanted, held = (line.quantity + quantity, line.held) if line else (quantity, 0)
    _check_quantity(wanted, offer.available + held)
    if line is None and not is_new_cart and (lines.COUNT.first(cart=ref.pk) or 0) >= MAX_LINES:
        raise CartFull(f"A cart holds at most {MAX_LINES} different items")
    now = timezone.now()
    if line is not None:
        line_id = line.id
        SET_QUANTITY.run(pk=line_id, quantity=wanted, now=now)
    else:
        item = CartItem(cart_id=ref.pk, variant_id=offer.id, quantity=wanted, price_at_addition=offer.price, created_at=now)
        NEW_LINE.add(item)
        line_id = item.pk
    changes = {"quantity": quantity, "price": money.text(offer.price, ref.market.currency)}
    audit.record(actor, ref.pk, [audit.Entry(Action.ADD, changes, offer.product_id, offer.id, offer.product_name)])
    return line_id, line is None, ref if is_new_cart else touch(ref, now)


@transaction.atomic
def set_quantity(actor: Actor, caller: CartOwner, which: Which, quantity: int) -> tuple[int, CartRef]:
    """Make the line hold exactly `quantity`; 0 keeps it for later. Returns the line's id and the cart.

    Raises ItemNotFound, VariantNeeded, QuantityLimit, NotEnough; ProductNotFound where more is wanted of what is not for sale.
    """
    ref, line = _line(caller, which)
    if quantity > line.quantity and not line.is_available:
        raise ProductNotFound
    _check_quantity(quantity, line.obtainable)
    now = timezone.now()
    SET_QUANTITY.run(pk=line.id, quantity=quantity, now=now)
    changes = {"old_quantity": line.quantity, "new_quantity": quantity}
    audit.record(actor, ref.pk, [audit.Entry(Action.UPDATE, changes, line.product_id, line.variant_id, line.name)])
    return line.id, touch(ref, now)


def _check_quantity(wanted: int, obtainable: int) -> None:
    """Refuse more than a line may hold, and then more than there is."""
    if wanted > MAX_QUANTITY:
        raise QuantityLimit(f"Cannot add more. Maximum {MAX_QUANTITY} units allowed per item")
    if wanted > obtainable:
        raise NotEnough(f"Only {obtainable} unit(s) available", field="quantity")


@transaction.atomic
def remove_item(actor: Actor, caller: CartOwner, which: Which) -> CartRef:
    """Take the line out of the cart. Raises ItemNotFound, VariantNeeded."""
    ref, line = _line(caller, which)
    CartItem.objects.filter(pk=line.id).delete()
    changes = {"quantity": line.quantity}
    audit.record(actor, ref.pk, [audit.Entry(Action.REMOVE, changes, line.product_id, line.variant_id, line.name)])
    return touch(ref)


@transaction.atomic
def clear(actor: Actor, caller: CartOwner) -> tuple[int, CartRef]:
    """Take everything out of the cart; returns how many lines it held."""
    ref = selectors.find(caller, lock=True)
    if ref.id is None:
        return 0, ref
    removed, _ = CartItem.objects.filter(cart=ref.pk).delete()
    if not removed:
        return 0, ref
    audit.record(actor, ref.pk, [audit.Entry(Action.CLEAR, {"items_removed": removed})])
    return removed, touch(ref)


@transaction.atomic
def accept_prices(actor: Actor, caller: CartOwner) -> tuple[list[Line], CartRef]:
    """Make today's prices the prices of addition; returns the lines as they were that this has changed, and the cart."""
    ref = selectors.find(caller, lock=True)
    changed = [line for line in selectors.lines_of(ref) if line.is_repriced]
    if not changed:
        return [], ref
    now = timezone.now()
    todays = Case(*(When(pk=line.id, then=Value(line.price)) for line in changed), output_field=MoneyField())
    CartItem.objects.filter(pk__in=[line.id for line in changed]).update(price_at_addition=todays, updated_at=now)
    told = [(line, selectors.repriced(line, ref.market)) for line in changed]
    entries = [
        audit.Entry(
            Action.ACCEPT,
            {name: prices[name] for name in ("old_price", "new_price")},
            line.product_id,
            line.variant_id,
            line.name,
        )
        for line, prices in told
    ]
    audit.record(actor, ref.pk, entries)
    return changed, touch(ref, now)


def _line(caller: CartOwner, which: Which) -> tuple[CartRef, Line]:
    """Lock the cart and find the line in it."""
    ref = selectors.find(caller, lock=True)
    if ref.id is None:
        raise ItemNotFound
    kind, value = which.reference()
    found = lines.named(ref.market, kind).rows(cart=ref.pk, value=value)
    if which.variant is not None:
        found = [line for line in found if line.variant_id == which.variant]
    if not found:
        raise ItemNotFound
    if len(found) > 1:
        raise VariantNeeded(field="variant_id")
    return ref, found[0]


@transaction.atomic
def forget_user(user_id: int, *, wait: bool) -> None:
    """Delete the user's carts with their lines and logs. Without `wait`, raises OperationalError where somebody holds one.

    Those that were merged into them go too, and are locked before them, as `ordering.locked_for_order` does.
    """
    nowait = not wait and connection.features.has_select_for_update_nowait
    carts = Cart.objects.select_for_update(nowait=nowait).order_by("market", "pk")
    merged = carts.filter(merged_into__in=Cart.objects.filter(user=user_id).values("pk"))
    own = carts.filter(user=user_id)
    Cart.objects.filter(pk__in=[pk for found in (merged, own) for pk in found.values_list("pk", flat=True)]).delete()


def _opened(actor: Actor, caller: CartOwner, check: Callable[[], None]) -> tuple[CartRef, bool]:
    """Lock the caller's cart, and make it where there is none and `check` refuses nothing; returns whether it was made.

    Raises TooManyRequests, CartBusy.
    """
    for attempt in range(TRIES):
        ref = selectors.find(caller, lock=True)
        if ref.id is not None:
            return ref, False
        check()
        if ref.key is not None and not attempt:
            rate_limits.count("guest_new", rate_limits.caller_key(actor.ip))
        now = timezone.now()
        cart = Cart(**_identity(ref), expires_at=expiry_of(ref, now), created_at=now)
        try:
            with transaction.atomic():
                NEW_CART.add(cart)
        except IntegrityError:  # another request has just made it, or an expired guest left it
            _restart(ref, now)
        else:
            return replace(ref, id=cart.pk, created_at=cart.created_at, updated_at=cart.updated_at), True
    raise CartBusy


def _restart(ref: CartRef, now: datetime) -> None:
    """Begin the expired cart of a guest anew: what lay in it is gone. One that is alive, or gone by now, is left alone."""
    expired = Cart.objects.select_for_update(no_key=True).filter(**_identity(ref), expires_at__lte=now).first()
    if expired is None:
        return
    removed, _ = CartItem.objects.filter(cart=expired).delete()
    if removed:
        audit.record(SYSTEM, expired.pk, [audit.Entry(Action.CLEAR, {"items_removed": removed, "reason": "expired"})])
    expired.created_at, expired.expires_at = now, expiry_of(ref, now)
    expired.save(update_fields=["created_at", "expires_at", "updated_at"])


def _identity(ref: CartRef) -> dict[str, Any]:
    if ref.key is not None:
        return {"key_hash": guest_keys.digest(ref.key), "market": ref.market.code}
    return {"user_id": ref.user_id, "market": ref.market.code}


def expiry_of(ref: CartRef, now: datetime) -> datetime | None:
    """Return the end of a guest's cart, 3 days after its last write; a user's has none."""
    return now + timedelta(seconds=guest_keys.LIFETIME) if ref.key is not None else None


def touch(ref: CartRef, at: datetime | None = None) -> CartRef:
    """Note a change on the cart, prolong a guest's, and return the cart as it is now."""
    now = at or timezone.now()
    TOUCH.run(pk=ref.pk, now=now, expires_at=expiry_of(ref, now))
    return replace(ref, updated_at=now)
