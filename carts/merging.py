"""Merge a guest's carts into a user's: no line is lost or counted twice, and the result reports what happened."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from carts import audit
from carts.guest_keys import digest
from carts.models import DELIVERY_COLUMNS, MAX_CODES, MAX_LINES, MAX_QUANTITY, Cart, CartAuditLog, CartCode, CartItem
from core import markets
from core.actors import Actor


@dataclass
class MergeResult:
    """What happened to the guest's lines."""

    merged: int = 0
    capped: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as the API shows it."""
        return {"merged": self.merged, "capped": self.capped, "skipped": self.skipped}


def merge_first_live_cart(actor: Actor, user_id: int, keys: Iterable[str]) -> MergeResult | None:
    """Merge the carts of the first key that has a live cart; return None if no key has one."""
    for key in keys:
        result = merge_guest_carts(actor, user_id, key)
        if result is not None:
            return result
    return None


@transaction.atomic
def merge_guest_carts(actor: Actor, user_id: int, key: str) -> MergeResult | None:
    """Move the lines of a guest key's carts, in every market, into the user's carts; return None if the key has no live cart.

    The key is invalidated in the same transaction, so a second sign-in with it adds nothing.
    """
    live = Cart.objects.filter(key_hash=digest(key), expires_at__gt=timezone.now())
    result = MergeResult()
    guests = list(live.select_for_update(no_key=True).order_by("pk"))
    for guest in sorted(guests, key=lambda cart: cart.market):  # user carts are always locked in order of market
        _merge_cart(actor, user_id, guest, result)
    return result if guests else None


def _merge_cart(actor: Actor, user_id: int, guest: Cart, result: MergeResult) -> None:
    """Merge one guest cart; the number of statements does not depend on the number of lines."""
    cart, _ = Cart.objects.select_for_update(no_key=True).get_or_create(user_id=user_id, market=guest.market)
    own_lines = {item.variant_id: item for item in cart.items.all()}
    skipped_before = len(result.skipped)
    joined = _join_lines(cart, own_lines, guest.items.select_related("variant__product").order_by("id"), result)
    skipped_lines = result.skipped[skipped_before:]
    now = timezone.now()
    for item, _, _ in joined:
        item.updated_at = now
    CartItem.objects.bulk_update([item for item, _, _ in joined if item.pk], ["quantity", "held", "updated_at"])
    new = [item for item, _, _ in joined if not item.pk]
    if new:
        CartItem.objects.bulk_create(new)
    market = markets.get_markets().get(guest.market, markets.get_default_market())
    audit.record(actor, cart.pk, [_build_audit_entry(line, before, item, market) for item, before, line in joined])
    guest.items.all().delete()
    _move_codes(guest, cart)
    changes: dict[str, Any] = {"items_moved": len(joined), "into": cart.pk}
    if skipped_lines:
        changes["items_left_out"] = skipped_lines
    audit.record(actor, guest.pk, [audit.Entry(CartAuditLog.Action.MERGE, changes)])
    Cart.objects.filter(pk=guest.pk).update(key_hash=None, expires_at=None, merged_into=cart, updated_at=now)
    columns = (
        {} if any(getattr(cart, name) for name in DELIVERY_COLUMNS) else {name: getattr(guest, name) for name in DELIVERY_COLUMNS}
    )
    Cart.objects.filter(pk=cart.pk).update(updated_at=now, held_at=guest.held_at or cart.held_at, **columns)


def _move_codes(guest: Cart, cart: Cart) -> None:
    """Give the user's cart the guest's codes after its own, as far as there is room; drop the others."""
    own = set(cart.codes.values_list("code", flat=True))
    joining = list(guest.codes.exclude(code__in=own)[: max(MAX_CODES - len(own), 0)])
    if own:  # what the guest's pending order holds is held for the code of this cart
        cart.codes.filter(code__in=guest.codes.filter(is_held=True).values("code")).update(is_held=True)
    CartCode.objects.filter(cart=guest).delete()
    for row in joining:
        row.pk, row.cart = None, cart  # a new id, because codes are listed and applied by id
    CartCode.objects.bulk_create(joining)


def _join_lines(
    cart: Cart, own_lines: dict[int, CartItem], lines: Iterable[CartItem], result: MergeResult
) -> list[tuple[CartItem, int, CartItem]]:
    """Return the user's lines after the merge, each with its previous quantity and the guest's line that joins it."""
    joined = []
    line_count = len(own_lines)
    for line in lines:
        item = own_lines.get(line.variant_id)
        reason = _get_skip_reason(line, cart.user_id, item is None and line_count >= MAX_LINES)
        if reason:
            result.skipped.append({**_serialize_line_ref(line), "quantity": line.quantity, "reason": reason})
            continue
        if item is None:
            line_count += 1
            item = CartItem(cart=cart, variant=line.variant, quantity=0, price_at_addition=line.price_at_addition)
        before = item.quantity
        item.quantity = _compute_joined_quantity(line, before, item.held, result)
        item.held += line.held
        result.merged += 1
        joined.append((item, before, line))
    return joined


def _compute_joined_quantity(line: CartItem, before: int, held: int, result: MergeResult) -> int:
    """Return the sum of both quantities, capped at 99 and at the available stock, but never less than the user had."""
    requested = before + line.quantity
    available = line.variant.available + line.held + held
    quantity = max(before, min(requested, MAX_QUANTITY, available))
    if quantity < requested:
        reason = "quantity_limit" if quantity == MAX_QUANTITY else "out_of_stock"
        result.capped.append({**_serialize_line_ref(line), "wanted": requested, "quantity": quantity, "reason": reason})
    return quantity


def _get_skip_reason(line: CartItem, user_id: int | None, is_full: bool) -> str:
    if not line.variant.is_for_sale:
        return "unavailable"
    if line.variant.product.seller_id == user_id:
        return "own_product"
    return "cart_full" if is_full else ""


def _serialize_line_ref(line: CartItem) -> dict[str, Any]:
    return {"product_id": line.variant.product_id, "sku_id": line.variant_id, "name": line.variant.product.name}


def _build_audit_entry(line: CartItem, before: int, target: CartItem, market: markets.Market) -> audit.Entry:
    changes = {
        "old_quantity": before,
        "new_quantity": target.quantity,
        "price": f"{target.price_at_addition:.{market.exponent}f}",
    }
    product = line.variant.product
    return audit.Entry(CartAuditLog.Action.MERGE, changes, product.pk, line.variant_id, product.name)
