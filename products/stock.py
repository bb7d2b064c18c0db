"""The only place where stock changes: every change is a movement, and units promised never exceed units on hand.

Whoever changes several variants locks them first, in ascending id; `take` then checks and takes in one conditional UPDATE.
Whoever calls `adjust` or `set_available` lists the product anew in the same transaction.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from django.db import models, transaction
from django.db.models import Case, F, When
from django.db.models.functions import Cast
from django.utils import timezone

from products import listings
from products.exceptions import OutOfStock, StockConflict
from products.models import StockMovement, Variant
from store.core.actors import Actor
from store.core.statements import Change, Insertion, Slot

MOVEMENTS = Insertion(StockMovement)
MAX_ON_HAND = 2_000_000_000  # units; what a column holds
MOST_AT_ONCE = 100  # movements a statement, as an order has lines at most


@transaction.atomic
def take(actor: Actor, units: Mapping[int, int], *, reference: str, emptied: Collection[int] = ()) -> None:
    """Take sold units off the shelf, all or none; the caller holds the variants' locks. Raises OutOfStock.

    `emptied` are the products of which a variant is sold out by this.
    """
    given = {f"id{number}": pk for number, pk in enumerate(units)}
    given |= {f"units{number}": count for number, count in enumerate(units.values())}
    if _taking(len(units)).run(**given) != len(units):
        raise OutOfStock("Some items were sold out in this moment")
    _record(actor, {pk: -n for pk, n in units.items()}, StockMovement.Reason.SALE, reference)
    if emptied:
        listings.note_stock(sorted(emptied))


@lru_cache(maxsize=100)
def _taking(count: int) -> Change:
    """Return the one conditional UPDATE that takes units of this many variants."""
    ids: list[Any] = [Slot(f"id{number}", models.BigIntegerField()) for number in range(count)]
    units = [Cast(Slot(f"units{number}", models.IntegerField()), models.IntegerField()) for number in range(count)]
    wanted = Case(*(When(pk=pk, then=n) for pk, n in zip(ids, units, strict=True)), output_field=models.IntegerField())
    enough = Variant.objects.filter(pk__in=ids, stock__gte=F("reserved") + wanted)
    return Change(lambda: enough, stock=F("stock") - wanted)


@transaction.atomic
def adjust(actor: Actor, variant: Variant, delta: int, reason: str, *, reference: str = "", note: str = "") -> None:
    """Add `delta` units on hand (or take them away). Raises StockConflict where fewer would be left than are reserved."""
    if delta == 0:
        return
    if variant.stock + delta > MAX_ON_HAND:
        raise StockConflict(f"There can be at most {MAX_ON_HAND} units on hand")
    changed = Variant.objects.filter(pk=variant.pk, stock__gte=F("reserved") - delta).update(
        stock=F("stock") + delta, updated_at=timezone.now()
    )
    if not changed:
        raise StockConflict("The stock would fall below the units that open orders have reserved")
    _record(actor, {variant.pk: delta}, reason, reference, note)


@transaction.atomic
def set_available(actor: Actor, variant: Variant, available: int, reason: str) -> bool:
    """Make the units that can be bought exactly this many: on hand is that and what is reserved. Returns whether it changed."""
    locked = Variant.objects.select_for_update(no_key=True).get(pk=variant.pk)
    adjust(actor, locked, available - locked.available, reason)
    return available != locked.available


def record_initial(actor: Actor, variants: list[Variant], reason: str) -> None:
    """Record the stock that new variants came with."""
    _record(actor, {variant.pk: variant.stock for variant in variants if variant.stock}, reason, "")


def _record(actor: Actor, deltas: Mapping[int, int], reason: str, reference: str, note: str = "") -> None:
    rows = [
        StockMovement(variant_id=pk, delta=delta, reason=reason, reference=reference, note=note, user_id=actor.user_id)
        for pk, delta in deltas.items()
    ]
    for start in range(0, len(rows), MOST_AT_ONCE):
        MOVEMENTS.add(*rows[start : start + MOST_AT_ONCE])
