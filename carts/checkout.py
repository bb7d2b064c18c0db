"""What orders do to a cart: reserve for its lines, take out what was bought, let go. Whoever calls holds the cart's lock."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import models
from django.db.models import Case, PositiveSmallIntegerField, Q, QuerySet, Value, When

from carts import audit, selectors
from carts.identity import CartRef
from carts.lines import Line
from carts.models import MAX_LINES, Cart, CartAuditLog, CartItem
from carts.services import expiry_of
from core import markets
from core.actors import Actor
from core.compiled_queries import CompiledDelete, CompiledUpdate, Param

Action = CartAuditLog.Action
_CHANGED = {"updated_at": Param("now", models.DateTimeField()), "expires_at": Param("expires_at", models.DateTimeField())}
CHANGED = CompiledUpdate(lambda: Cart.objects.filter(pk=Param("pk", models.BigIntegerField())), **_CHANGED)
ORDERED = CompiledUpdate(
    lambda: Cart.objects.filter(pk=Param("pk", models.BigIntegerField())),
    ordered_at=Param("now", models.DateTimeField()),
    **_CHANGED,
)


def take_ordered(
    actor: Actor,
    ref: CartRef,
    held: Sequence[Line],
    ordered: Mapping[int, int],
    number: str,
    at: datetime,
    done: CompiledUpdate = ORDERED,
) -> bool:
    """Take what was ordered, {line id: units}, out of the cart, whose lines these are; the caller holds its lock.

    Lines that are ordered whole go, as do those saved for later; of the others the ordered units go. Returns whether any is left.
    `done` says what is noted on the cart: that it was ordered as it is, or only that it has changed.
    """
    left = {line.id: line.quantity - ordered.get(line.id, 0) for line in held}
    partly = {pk: units for pk, units in left.items() if units and pk in ordered}
    if partly:
        units = Case(*(When(pk=pk, then=Value(n)) for pk, n in partly.items()), output_field=PositiveSmallIntegerField())
        CartItem.objects.filter(pk__in=partly).update(quantity=units, updated_at=at)
    gone = [pk for pk, units in left.items() if not units]
    if gone:
        _removal(len(gone)).run(**{f"line{number}": pk for number, pk in enumerate(gone)})
    entries = [
        audit.Entry(
            Action.ORDER,
            {"order": number, "quantity": ordered[line.id], "left": left[line.id]},
            product_id=line.product_id,
            variant_id=line.variant_id,
            product_name=line.name,
        )
        for line in held
        if line.id in ordered
    ]
    entries += [
        audit.Entry(Action.REMOVE, {"quantity": 0, "order": number}, line.product_id, line.variant_id, line.name)
        for line in held
        if line.id in gone and line.id not in ordered
    ]
    audit.record(actor, ref.pk, entries)
    done.run(pk=ref.pk, now=at, expires_at=expiry_of(ref, at))
    return any(left.values())


def hold(ref: CartRef, units: Mapping[int, int], at: datetime) -> None:
    """Note on the lines, {line id: units}, what an open order has reserved for them; the caller holds the cart's lock."""
    held = Case(*(When(pk=pk, then=Value(n)) for pk, n in units.items()), output_field=PositiveSmallIntegerField())
    CartItem.objects.filter(pk__in=units).update(held=held)
    Cart.objects.filter(pk=ref.pk).update(held_at=at)
    ORDERED.run(pk=ref.pk, now=at, expires_at=expiry_of(ref, at))


def locked_for_order(cart_id: int | None) -> CartRef | None:
    """Lock the cart that an order came of, or the one that it was merged into; None where it is gone."""
    carts = Cart.objects.select_for_update(no_key=True)
    cart = carts.filter(pk=cart_id).first() if cart_id is not None else None
    while cart is not None and cart.merged_into_id is not None:
        cart = carts.filter(pk=cart.merged_into_id).first()
    if cart is None:
        return None
    market = markets.table().get(cart.market, markets.default())
    at = {name: getattr(cart, name) for name in ("created_at", "updated_at", "ordered_at", "held_at")}
    return CartRef(market, cart.user_id, None, cart.key_hash, cart.pk, **at)


def merged_into(cart_id: int) -> QuerySet[Any, Any]:
    """Return the query of a cart's id and the ids of those that were merged into it."""
    return Cart.objects.filter(Q(pk=cart_id) | Q(merged_into=cart_id)).values("pk")


def let_go(ref: CartRef, units: Mapping[int, int], *, is_last: bool) -> None:
    """Note that an order holds these units, {variant id: units}, no more; `is_last`: no other order of the cart waits."""
    held = [line._replace(held=max(line.held - units.get(line.variant_id, 0), 0)) for line in selectors.lines_of(ref)]
    changed = [line for line in held if line.variant_id in units]
    if changed:
        rest = Case(*(When(pk=line.id, then=Value(line.held)) for line in changed), output_field=PositiveSmallIntegerField())
        CartItem.objects.filter(pk__in=[line.id for line in changed]).update(held=rest)
    if is_last:
        Cart.objects.filter(pk=ref.pk).update(held_at=None)


def take_paid(actor: Actor, ref: CartRef, units: Mapping[int, int], number: str, at: datetime) -> None:
    """Take what was paid, {variant id: units}, out of the cart as far as it is still there."""
    lines = selectors.lines_of(ref)
    ordered = {line.id: min(line.quantity, units[line.variant_id]) for line in lines if line.variant_id in units and line.quantity}
    if ordered:
        # What was put in while the order was being paid is a wish of its own, and not the echo of that order.
        take_ordered(actor, ref, lines, ordered, number, at, ORDERED if ref.is_as_ordered else CHANGED)


@lru_cache(maxsize=MAX_LINES)
def _removal(count: int) -> CompiledDelete:
    """Return the statement that takes this many lines out."""
    ids: list[Any] = [Param(f"line{number}", models.BigIntegerField()) for number in range(count)]
    return CompiledDelete(lambda: CartItem.objects.filter(pk__in=ids))


def held_elsewhere(*waiting: QuerySet[Any, Any]) -> list[int]:
    """Return the carts whose lines hold units of an open order, but for those that these queries name; in one statement."""
    lines = CartItem.objects.filter(held__gt=0).order_by("cart")
    for carts in waiting:
        lines = lines.exclude(cart__in=carts)
    return list(lines.values_list("cart", flat=True).distinct())


def lock(carts: Collection[int]) -> None:
    """Lock these carts in ascending id, inside a transaction."""
    list(Cart.objects.select_for_update(no_key=True).filter(pk__in=carts).order_by("pk"))


def hold_nothing(carts: Collection[int]) -> None:
    """Note that these carts, which are locked, hold no units of an open order."""
    CartItem.objects.filter(cart__in=carts).update(held=0)
    Cart.objects.filter(pk__in=carts).update(held_at=None)
