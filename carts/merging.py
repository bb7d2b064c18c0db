"""A guest's cart joins the user's: nothing is lost, nothing doubles, and the answer says what happened."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from carts import audit
from carts.guest_keys import digest
from carts.models import MAX_LINES, MAX_QUANTITY, Cart, CartAuditLog, CartItem
from core import markets
from core.actors import Actor
from core.compiled_queries import CompiledInsert

NEW_LINES = CompiledInsert(CartItem)


@dataclass
class Merge:
    """What became of the guest's lines."""

    merged: int = 0
    capped: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return it as the answer holds it."""
        return {"merged": self.merged, "capped": self.capped, "skipped": self.skipped}


def merge_first(actor: Actor, user_id: int, keys: Iterable[str]) -> Merge | None:
    """Merge the first of the keys that has a live cart; None where none has."""
    for key in keys:
        told = merge(actor, user_id, key)
        if told is not None:
            return told
    return None


@transaction.atomic
def merge(actor: Actor, user_id: int, key: str) -> Merge | None:
    """Move the lines of this guest key, in every market, into the user's carts; None where the key has no live cart.

    The key dies in the same transaction, so a second sign-in with it adds nothing.
    """
    live = Cart.objects.filter(key_hash=digest(key), expires_at__gt=timezone.now())
    told = Merge()
    guests = list(live.select_for_update(no_key=True).order_by("pk"))
    for guest in sorted(guests, key=lambda cart: cart.market):  # the user's carts are locked in one order by everybody
        _merge_one(actor, user_id, guest, told)
    return told if guests else None


def _merge_one(actor: Actor, user_id: int, guest: Cart, told: Merge) -> None:
    """Join one guest cart, in a number of statements that its lines do not change."""
    cart, _ = Cart.objects.select_for_update(no_key=True).get_or_create(user_id=user_id, market=guest.market)
    mine = {item.variant_id: item for item in cart.items.all()}
    skipped = len(told.skipped)
    joined = _joined(cart, mine, guest.items.select_related("variant__product").order_by("id"), told)
    left_out = told.skipped[skipped:]
    now = timezone.now()
    for item, _, _ in joined:
        item.updated_at = now
    CartItem.objects.bulk_update([item for item, _, _ in joined if item.pk], ["quantity", "held", "updated_at"])
    new = [item for item, _, _ in joined if not item.pk]
    if new:
        NEW_LINES.add(*new)
    market = markets.table().get(guest.market, markets.default())
    audit.record(actor, cart.pk, [_entry(line, before, item, market) for item, before, line in joined])
    guest.items.all().delete()
    changes: dict[str, Any] = {"items_moved": len(joined), "into": cart.pk}
    if left_out:
        changes["items_left_out"] = left_out
    audit.record(actor, guest.pk, [audit.Entry(CartAuditLog.Action.MERGE, changes)])
    Cart.objects.filter(pk=guest.pk).update(key_hash=None, expires_at=None, merged_into=cart, updated_at=now)
    Cart.objects.filter(pk=cart.pk).update(updated_at=now, held_at=guest.held_at or cart.held_at)


def _joined(cart: Cart, mine: dict[int, CartItem], lines: Iterable[CartItem], told: Merge) -> list[tuple[CartItem, int, CartItem]]:
    """Return the user's lines as they will be, each with its units before and the guest's line that joins it."""
    joined = []
    held = len(mine)
    for line in lines:
        item = mine.get(line.variant_id)
        reason = _reason_to_skip(line, cart.user_id, item is None and held >= MAX_LINES)
        if reason:
            told.skipped.append({**_named(line), "quantity": line.quantity, "reason": reason})
            continue
        if item is None:
            held += 1
            item = CartItem(cart=cart, variant=line.variant, quantity=0, price_at_addition=line.price_at_addition)
        before = item.quantity
        item.quantity = _quantity(line, before, item.held, told)
        item.held += line.held
        told.merged += 1
        joined.append((item, before, line))
    return joined


def _quantity(line: CartItem, before: int, held: int, told: Merge) -> int:
    """Return the units of the joined line: both together, at most 99 and what is left, but never fewer than the user had."""
    wanted = before + line.quantity
    left = line.variant.available + line.held + held
    quantity = max(before, min(wanted, MAX_QUANTITY, left))
    if quantity < wanted:
        reason = "quantity_limit" if quantity == MAX_QUANTITY else "out_of_stock"
        told.capped.append({**_named(line), "wanted": wanted, "quantity": quantity, "reason": reason})
    return quantity


def _reason_to_skip(line: CartItem, user_id: int | None, is_full: bool) -> str:
    if not line.variant.is_on_sale:
        return "unavailable"
    if line.variant.product.seller_id == user_id:
        return "own_product"
    return "cart_full" if is_full else ""


def _named(line: CartItem) -> dict[str, Any]:
    return {"product_id": line.variant.product_id, "sku_id": line.variant_id, "name": line.variant.product.name}


def _entry(line: CartItem, before: int, target: CartItem, market: markets.Market) -> audit.Entry:
    changes = {
        "old_quantity": before,
        "new_quantity": target.quantity,
        "price": f"{target.price_at_addition:.{market.exponent}f}",
    }
    product = line.variant.product
    return audit.Entry(CartAuditLog.Action.MERGE, changes, product.pk, line.variant_id, product.name)
