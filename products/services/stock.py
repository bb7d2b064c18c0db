"""The only place where stock changes. Every change is a movement, and reserved units never exceed units on hand.

Callers that change several variants lock them first, in ascending id; one conditional UPDATE then checks and changes them.
Callers of `adjust` and `set_available` rebuild the product's listings in the same transaction.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
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

INSERT_MOVEMENTS = CompiledInsert(StockMovement)
MAX_ON_HAND = 2_000_000_000  # units; the column is a 32-bit integer
MOVEMENT_BATCH_SIZE = 100  # rows per statement; the maximum number of lines in an order
JUST_SOLD_OUT = "Some items have just sold out"
NEWEST_MOVEMENTS = 100  # of a variant, among which a second click is looked for
MADE_BEFORE = "You have made the same change of the stock since you opened this page. Open it again to make another"
NOT_RESERVED = "These units are not reserved"


@transaction.atomic
def deduct(actor: Actor, units: Mapping[int, int], *, reference: str, sold_out: Collection[int] = ()) -> None:
    """Deduct sold units from stock, all or none; the caller holds the variants' locks. Raises OutOfStock.

    `sold_out` holds the ids of products that have a variant sold out by this.
    """
    if not _apply("deduct", units):
        raise OutOfStock(JUST_SOLD_OUT)
    _record_movements(actor, {pk: -n for pk, n in units.items()}, StockMovement.Reason.SALE, reference)
    if sold_out:
        listings.refresh_in_stock(sorted(sold_out))


@transaction.atomic
def reserve(units: Mapping[int, int], *, sold_out: Collection[int] = ()) -> None:
    """Reserve units for an open order, all or none; the caller holds the variants' locks. Raises OutOfStock."""
    if not _apply("reserve", units):
        raise OutOfStock(JUST_SOLD_OUT)
    if sold_out:
        listings.refresh_in_stock(sorted(sold_out))


@transaction.atomic
def commit(actor: Actor, units: Mapping[int, int], *, reference: str) -> None:
    """Deduct reserved units from stock when their order is paid. Raises StockConflict if they are not reserved."""
    lock_variants(units)
    if not _apply("commit", units):
        raise StockConflict(NOT_RESERVED)
    _record_movements(actor, {pk: -n for pk, n in units.items()}, StockMovement.Reason.SALE, reference)


@transaction.atomic
def release(units: Mapping[int, int]) -> None:
    """Cancel a reservation, so that others can buy the units. Raises StockConflict if they are not reserved."""
    lock_variants(units)
    if not _apply("release", units):
        raise StockConflict(NOT_RESERVED)
    _refresh_listings(units)


@transaction.atomic
def deduct_late(actor: Actor, units: Mapping[int, int], *, reference: str) -> bool:
    """Deduct units for an order paid after its reservation ended; return False and deduct nothing if any are unavailable."""
    lock_variants(units)
    if Variant.objects.filter(pk__in=units).count() != len(units) or not _are_available(units) or not _apply("deduct", units):
        return False
    _record_movements(actor, {pk: -n for pk, n in units.items()}, StockMovement.Reason.SALE, reference)
    _refresh_listings(units)
    return True


@transaction.atomic
def restock(actor: Actor, units: Mapping[int, int], *, reference: str) -> None:
    """Return units of an order to stock."""
    lock_variants(units)
    _apply("restock", units)
    _record_movements(actor, dict(units), StockMovement.Reason.RETURN, reference)
    _refresh_listings(units)


@transaction.atomic
def receive(actor: Actor, units: Mapping[int, int], *, reference: str) -> None:
    """Add units that were delivered, by variant. Raises StockConflict if a variant would have more than the maximum on hand."""
    lock_variants(units)
    variant_ids = sorted(units)
    for start in range(0, len(variant_ids), MOVEMENT_BATCH_SIZE):
        batch = {pk: units[pk] for pk in variant_ids[start : start + MOVEMENT_BATCH_SIZE]}
        if not _apply("receive", batch):
            raise StockConflict(f"There can be at most {MAX_ON_HAND:,} units on hand")
        _record_movements(actor, batch, StockMovement.Reason.RECEIVED, reference)
    _refresh_listings(units)


def lock_variants(variant_ids: Collection[int]) -> None:
    """Lock these variants for the rest of the transaction, in ascending id."""
    list(Variant.objects.select_for_update(no_key=True).filter(pk__in=list(variant_ids)).order_by("pk").values_list("pk"))


def _are_available(units: Mapping[int, int]) -> bool:
    """Return whether these units of locked variants can be bought."""
    rows = Variant.objects.filter(pk__in=units).values_list("pk", "stock", "reserved")
    return all(stock - reserved >= units[pk] for pk, stock, reserved in rows)


def _refresh_listings(variant_ids: Collection[int]) -> None:
    listings.refresh_in_stock(sorted(set(Variant.objects.filter(pk__in=variant_ids).values_list("product", flat=True))))


def _apply(operation: str, units: Mapping[int, int]) -> bool:
    """Run one conditional UPDATE; return False if it did not match every variant, and the caller then rolls it back."""
    params: dict[str, Any] = {"now": timezone.now(), **{f"id{number}": pk for number, pk in enumerate(units)}}
    params |= {f"units{number}": count for number, count in enumerate(units.values())}
    return _compile_update(operation, len(units)).run(**params) == len(units)


@lru_cache(maxsize=500)
def _compile_update(operation: str, count: int) -> CompiledUpdate:
    """Return the UPDATE that applies an operation to `count` variants."""
    ids: list[Any] = [Param(f"id{number}", models.BigIntegerField()) for number in range(count)]
    units = [Cast(Param(f"units{number}", models.IntegerField()), models.IntegerField()) for number in range(count)]
    units_of = Case(*(When(pk=pk, then=n) for pk, n in zip(ids, units, strict=True)), output_field=models.IntegerField())
    operations: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "deduct": ({"stock__gte": F("reserved") + units_of}, {"stock": F("stock") - units_of}),
        "reserve": ({"stock__gte": F("reserved") + units_of}, {"reserved": F("reserved") + units_of}),
        "commit": ({"reserved__gte": units_of}, {"stock": F("stock") - units_of, "reserved": F("reserved") - units_of}),
        "release": ({"reserved__gte": units_of}, {"reserved": F("reserved") - units_of}),
        "restock": ({}, {"stock": F("stock") + units_of}),
        "receive": ({"stock__lte": MAX_ON_HAND - units_of}, {"stock": F("stock") + units_of}),
    }
    condition, values = operations[operation]
    rows = Variant.objects.filter(pk__in=ids, **condition)
    return CompiledUpdate(lambda: rows, **values, updated_at=Param("now", models.DateTimeField()))


@transaction.atomic
def adjust(
    actor: Actor,
    variant: Variant,
    delta: int,
    reason: str,
    *,
    reference: str = "",
    note: str = "",
    page_opened_at: datetime | None = None,
) -> None:
    """Add `delta` units on hand, which may be negative; the caller holds the variant's lock.

    Raises StockConflict if fewer than the reserved units would be left, or if the page on which staff entered the change was
    opened before they made the same one: it is the second click.
    """
    if delta == 0:
        return
    if page_opened_at is not None and _was_made(actor, variant, delta, reason, since=page_opened_at):
        raise StockConflict(MADE_BEFORE)
    if variant.stock + delta > MAX_ON_HAND:
        raise StockConflict(f"There can be at most {MAX_ON_HAND} units on hand")
    changed = Variant.objects.filter(pk=variant.pk, stock__gte=F("reserved") - delta).update(
        stock=F("stock") + delta, updated_at=timezone.now()
    )
    if not changed:
        raise StockConflict("The stock would fall below the units that open orders have reserved")
    _record_movements(actor, {variant.pk: delta}, reason, reference, note)


def _was_made(actor: Actor, variant: Variant, delta: int, reason: str, *, since: datetime) -> bool:
    """Return whether one of the variant's newest movements is this change by the same person."""
    newest = StockMovement.objects.filter(variant=variant).order_by("-id")[:NEWEST_MOVEMENTS]
    rows = newest.values_list("user_id", "delta", "reason", "created_at")
    return any(row[:3] == (actor.user_id, delta, reason) and row[3] >= since for row in rows)


@transaction.atomic
def set_available(actor: Actor, variant: Variant, available: int, reason: str) -> bool:
    """Set the units that can be bought; units on hand become that plus the reserved ones. Return whether anything changed."""
    locked = Variant.objects.select_for_update(no_key=True).get(pk=variant.pk)
    adjust(actor, locked, available - locked.available, reason)
    return available != locked.available


def record_initial(actor: Actor, variants: list[Variant], reason: str) -> None:
    """Record the initial stock of new variants."""
    _record_movements(actor, {variant.pk: variant.stock for variant in variants if variant.stock}, reason, "")


def _record_movements(actor: Actor, deltas: Mapping[int, int], reason: str, reference: str, note: str = "") -> None:
    rows = [
        StockMovement(variant_id=pk, delta=delta, reason=reason, reference=reference, note=note, user_id=actor.user_id)
        for pk, delta in deltas.items()
    ]
    for start in range(0, len(rows), MOVEMENT_BATCH_SIZE):
        INSERT_MOVEMENTS.add(*rows[start : start + MOVEMENT_BATCH_SIZE])
