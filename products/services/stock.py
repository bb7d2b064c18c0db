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

from core.actors import Actor
from core.compiled_queries import CompiledInsert, CompiledUpdate, Param
from products.exceptions import OutOfStock, StockConflict
from products.models import StockMovement, Variant
from products.services import listings

MOVEMENTS = CompiledInsert(StockMovement)
MAX_ON_HAND = 2_000_000_000  # units; what a column holds
MOST_AT_ONCE = 100  # movements a statement, as an order has lines at most


@transaction.atomic
def take(actor: Actor, units: Mapping[int, int], *, reference: str, emptied: Collection[int] = ()) -> None:
    """Take sold units off the shelf, all or none; the caller holds the variants' locks. Raises OutOfStock.

    `emptied` are the products of which a variant is sold out by this.
    """
    if not _change("take", units):
        raise OutOfStock("Some items were sold out in this moment")
    _record(actor, {pk: -n for pk, n in units.items()}, StockMovement.Reason.SALE, reference)
    if emptied:
        listings.note_stock(sorted(emptied))


@transaction.atomic
def reserve(units: Mapping[int, int], *, emptied: Collection[int] = ()) -> None:
    """Promise units to an open order, all or none; the caller holds the variants' locks. Raises OutOfStock."""
    if not _change("reserve", units):
        raise OutOfStock("Some items were sold out in this moment")
    if emptied:
        listings.note_stock(sorted(emptied))


@transaction.atomic
def commit(actor: Actor, units: Mapping[int, int], *, reference: str) -> None:
    """Take promised units off the shelf: the order is paid. Raises StockConflict where they were not promised."""
    lock(units)
    if not _change("commit", units):
        raise StockConflict("These units are not reserved")
    _record(actor, {pk: -n for pk, n in units.items()}, StockMovement.Reason.SALE, reference)


@transaction.atomic
def release(units: Mapping[int, int]) -> None:
    """Take a promise back: others can buy these units. Raises StockConflict where they were not promised."""
    lock(units)
    if not _change("release", units):
        raise StockConflict("These units are not reserved")
    _note(units)


@transaction.atomic
def take_late(actor: Actor, units: Mapping[int, int], *, reference: str) -> bool:
    """Take units for an order that was paid after its promise had ended; False, and nothing taken, where they are gone."""
    lock(units)
    if Variant.objects.filter(pk__in=units).count() != len(units) or not _is_there(units) or not _change("take", units):
        return False
    _record(actor, {pk: -n for pk, n in units.items()}, StockMovement.Reason.SALE, reference)
    _note(units)
    return True


@transaction.atomic
def put_back(actor: Actor, units: Mapping[int, int], *, reference: str) -> None:
    """Put units of an order on the shelf again."""
    lock(units)
    _change("put_back", units)
    _record(actor, dict(units), StockMovement.Reason.RETURN, reference)
    _note(units)


def lock(units: Collection[int]) -> None:
    """Lock these variants in ascending id, as everybody does."""
    list(Variant.objects.select_for_update(no_key=True).filter(pk__in=list(units)).order_by("pk").values_list("pk"))


def _is_there(units: Mapping[int, int]) -> bool:
    """Say whether so many units of these locked variants can be bought."""
    rows = Variant.objects.filter(pk__in=units).values_list("pk", "stock", "reserved")
    return all(stock - reserved >= units[pk] for pk, stock, reserved in rows)


def _note(units: Collection[int]) -> None:
    listings.note_stock(sorted(set(Variant.objects.filter(pk__in=units).values_list("product", flat=True))))


def _change(kind: str, units: Mapping[int, int]) -> bool:
    """Run the one conditional UPDATE; False where it did not fit all of the variants, and the caller then undoes it."""
    given = {f"id{number}": pk for number, pk in enumerate(units)}
    given |= {f"units{number}": count for number, count in enumerate(units.values())}
    return _changing(kind, len(units)).run(**given) == len(units)


@lru_cache(maxsize=500)
def _changing(kind: str, count: int) -> CompiledUpdate:
    """Return the UPDATE that does this with units of so many variants."""
    ids: list[Any] = [Param(f"id{number}", models.BigIntegerField()) for number in range(count)]
    units = [Cast(Param(f"units{number}", models.IntegerField()), models.IntegerField()) for number in range(count)]
    wanted = Case(*(When(pk=pk, then=n) for pk, n in zip(ids, units, strict=True)), output_field=models.IntegerField())
    kinds: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "take": ({"stock__gte": F("reserved") + wanted}, {"stock": F("stock") - wanted}),
        "reserve": ({"stock__gte": F("reserved") + wanted}, {"reserved": F("reserved") + wanted}),
        "commit": ({"reserved__gte": wanted}, {"stock": F("stock") - wanted, "reserved": F("reserved") - wanted}),
        "release": ({"reserved__gte": wanted}, {"reserved": F("reserved") - wanted}),
        "put_back": ({}, {"stock": F("stock") + wanted}),
    }
    condition, change = kinds[kind]
    fitting = Variant.objects.filter(pk__in=ids, **condition)
    return CompiledUpdate(lambda: fitting, **change)


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
