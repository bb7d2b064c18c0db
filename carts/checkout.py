"""What an order does to a cart: reserve its lines, remove them, release the hold. Callers must hold the cart's lock."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import models
from django.db.models import Case, PositiveSmallIntegerField, Q, QuerySet, Value, When

from carts import audit, selectors
from carts.identity import CartRef
from carts.lines import Line
from carts.models import MAX_LINES, Cart, CartAuditLog, CartCode, CartItem
from carts.services import touch_cart
from core import markets
from core.actors import Actor
from core.compiled_queries import CompiledDelete, Param

Action = CartAuditLog.Action


def remove_ordered_lines(
    actor: Actor,
    ref: CartRef,
    lines: Sequence[Line],
    ordered: Mapping[int, int],
    order_number: str,
    at: datetime,
    *,
    is_ordered: bool = True,
) -> bool:
    """Remove the ordered units, {line id: units}, from the cart; `lines` are all of its lines. Return whether units remain.

    Lines that have no units left, and lines saved for later, are deleted. With `is_ordered`, the cart counts as ordered now.
    """
    remaining = {line.id: line.quantity - ordered.get(line.id, 0) for line in lines}
    reduced = {pk: units for pk, units in remaining.items() if units and pk in ordered}
    if reduced:
        units = Case(*(When(pk=pk, then=Value(n)) for pk, n in reduced.items()), output_field=PositiveSmallIntegerField())
        CartItem.objects.filter(pk__in=reduced).update(quantity=units, updated_at=at)
    removed_ids = [pk for pk, units in remaining.items() if not units]
    if removed_ids:
        _build_delete_statement(len(removed_ids)).run(**{f"line{index}": pk for index, pk in enumerate(removed_ids)})
    audit.record(actor, ref.pk, _build_entries(lines, ordered, remaining, order_number))
    touch_cart(ref, at, is_ordered=is_ordered)
    return any(remaining.values())


def _build_entries(
    lines: Sequence[Line], ordered: Mapping[int, int], remaining: Mapping[int, int], order_number: str
) -> list[audit.Entry]:
    """Return the log of an order: first what was ordered, then the lines saved for later that were deleted with it."""
    changes = [
        (Action.ORDER, {"order": order_number, "quantity": ordered[line.id], "left": remaining[line.id]}, line)
        for line in lines
        if line.id in ordered
    ]
    changes += [
        (Action.REMOVE, {"quantity": 0, "order": order_number}, line)
        for line in lines
        if line.id not in ordered and not remaining[line.id]
    ]
    return [audit.Entry(action, data, line.product_id, line.variant_id, line.name) for action, data, line in changes]


def reserve_lines(ref: CartRef, units: Mapping[int, int], codes: Collection[str], at: datetime) -> None:
    """Record on the lines how many units, {line id: units}, an open order has reserved for them, and which codes it holds."""
    held = Case(*(When(pk=pk, then=Value(n)) for pk, n in units.items()), output_field=PositiveSmallIntegerField())
    CartItem.objects.filter(pk__in=units).update(held=held)
    if codes:
        CartCode.objects.filter(cart=ref.pk, code__code__in=codes).update(is_held=True)
    Cart.objects.filter(pk=ref.pk).update(held_at=at)
    touch_cart(ref, at, is_ordered=True)


def lock_cart_of_order(cart_id: int | None) -> CartRef | None:
    """Lock an order's cart, or the cart that it was merged into; return None if it no longer exists."""
    carts = Cart.objects.select_for_update(no_key=True)
    cart = carts.filter(pk=cart_id).first() if cart_id is not None else None
    while cart is not None and cart.merged_into_id is not None:
        cart = carts.filter(pk=cart.merged_into_id).first()
    if cart is None:
        return None
    market = markets.get_markets().get(cart.market, markets.get_default_market())
    timestamps = {name: getattr(cart, name) for name in ("created_at", "updated_at", "ordered_at", "held_at")}
    return CartRef(market, cart.user_id, None, cart.key_hash, cart.pk, **timestamps)


def get_merged_cart_ids(cart_id: int) -> QuerySet[Any, Any]:
    """Return a query for the id of a cart and the ids of the carts that were merged into it."""
    return Cart.objects.filter(Q(pk=cart_id) | Q(merged_into=cart_id)).values("pk")


def release_hold(ref: CartRef, units: Mapping[int, int], *, is_last: bool) -> None:
    """Release the units, {variant id: units}, that an order has reserved; `is_last` if no other order of the cart is pending."""
    _release_units(ref, selectors.get_lines(ref), units, is_last=is_last)


def _release_units(ref: CartRef, lines: Sequence[Line], units: Mapping[int, int], *, is_last: bool) -> None:
    held = {line.id: max(line.held - units[line.variant_id], 0) for line in lines if line.variant_id in units}
    if held:
        still_held = Case(*(When(pk=pk, then=Value(n)) for pk, n in held.items()), output_field=PositiveSmallIntegerField())
        CartItem.objects.filter(pk__in=held).update(held=still_held)
    if is_last:
        Cart.objects.filter(pk=ref.pk).update(held_at=None)
        CartCode.objects.filter(cart=ref.pk, is_held=True).update(is_held=False)


def remove_codes(ref: CartRef, codes: Collection[str]) -> None:
    """Remove the codes that an order has used."""
    if codes:
        CartCode.objects.filter(cart=ref.pk, code__code__in=codes).delete()


def complete_order(
    actor: Actor, ref: CartRef, units: Mapping[int, int], order_number: str, at: datetime, *, is_last: bool | None
) -> None:
    """Release the units, {variant id: units}, that a paid order has reserved, and remove them if they are still in the cart.

    `is_last` says whether no other order of the cart is pending; None if the paid order no longer has a reservation.
    """
    lines = selectors.get_lines(ref)
    if is_last is not None:
        _release_units(ref, lines, units, is_last=is_last)
    ordered = {line.id: min(line.quantity, units[line.variant_id]) for line in lines if line.variant_id in units and line.quantity}
    if ordered:
        # Lines added while the order was being paid belong to a new order, so the cart must not look like a duplicate submit.
        remove_ordered_lines(actor, ref, lines, ordered, order_number, at, is_ordered=ref.is_unchanged_since_order)


@lru_cache(maxsize=MAX_LINES)
def _build_delete_statement(count: int) -> CompiledDelete:
    """Return the statement that deletes `count` lines."""
    ids: list[Any] = [Param(f"line{index}", models.BigIntegerField()) for index in range(count)]
    return CompiledDelete(lambda: CartItem.objects.filter(pk__in=ids))


def find_carts_with_holds(*excluded: QuerySet[Any, Any], cart_id: int | None = None) -> list[int]:
    """Return the ids of the carts, or of this one, with reserved units, except those that the queries select; one statement."""
    lines = CartItem.objects.filter(held__gt=0).order_by("cart")
    if cart_id is not None:
        lines = lines.filter(cart=cart_id)
    for carts in excluded:
        lines = lines.exclude(cart__in=carts)
    return list(lines.values_list("cart", flat=True).distinct())


def lock_cart(cart_id: int) -> None:
    """Lock a cart, whether it was merged or not, inside a transaction."""
    Cart.objects.select_for_update(no_key=True).filter(pk=cart_id).first()


def clear_holds(cart_id: int) -> None:
    """Clear the reserved units and held codes of a cart that is locked."""
    CartCode.objects.filter(cart=cart_id).update(is_held=False)
    CartItem.objects.filter(cart=cart_id).update(held=0)
    Cart.objects.filter(pk=cart_id).update(held_at=None)
