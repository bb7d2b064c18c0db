"""The only place where prices change. Every change is a row, which records the lowest price of the 30 days before it.

EU law requires that price next to a reduced one (Directive 98/6/EC, Article 6a, added by Directive (EU) 2019/2161).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from core import markets
from core.actors import Actor
from products.exceptions import PriceNeeded
from products.models import LOWEST_PRICE_WINDOW, MarketPrice, PriceChange, Variant
from products.services.commands import NewVariant

COLUMNS = ("price", "compare_at_price", "updated_at")
Amounts = Mapping[str, Decimal | None]  # by market code


def create_initial(actor: Actor, variants: Sequence[Variant], new_variants: Sequence[NewVariant]) -> None:
    """Create the other markets' prices of new variants, and the first row of each price history."""
    default = markets.get_default_market().code
    MarketPrice.objects.bulk_create(
        MarketPrice(variant=variant, market=market, price=price.amount, compare_at_price=price.compare_at)
        for variant, new in zip(variants, new_variants, strict=True)
        for market, price in new.prices.items()
    )
    PriceChange.objects.bulk_create(
        PriceChange(variant=variant, market=market, price=price.amount, user_id=actor.user_id)
        for variant, new in zip(variants, new_variants, strict=True)
        for market, price in {default: new.price, **new.prices}.items()
    )


@dataclass(frozen=True, slots=True)
class PriceUpdate:
    """New prices of a variant by market; None takes it off sale in that market."""

    variant: Variant
    amounts: Amounts
    compare_ats: Amounts


@dataclass(slots=True)
class _Writes:
    """The rows that price updates write."""

    variants: list[Variant] = field(default_factory=list)
    changed: list[MarketPrice] = field(default_factory=list)
    new: list[MarketPrice] = field(default_factory=list)
    stale: list[MarketPrice] = field(default_factory=list)
    history: list[tuple[Variant, str, Decimal | None]] = field(default_factory=list)


def update(actor: Actor, variant: Variant, amounts: Amounts, compare_ats: Amounts) -> bool:
    """Set a variant's prices; None takes it off sale in that market. Returns whether anything changed.

    The caller holds the product's lock and rebuilds its listings. Raises PriceNeeded.
    """
    return update_many(actor, [PriceUpdate(variant, amounts, compare_ats)])


@transaction.atomic
def update_many(actor: Actor, updates: Sequence[PriceUpdate]) -> bool:
    """Set the prices of variants in a constant number of statements. Returns whether anything changed.

    The caller holds the products' locks, has fetched `market_prices`, and rebuilds the listings. Raises PriceNeeded.
    """
    writes = _Writes()
    for change in updates:
        _collect_writes(change, writes)
    now = timezone.now()
    for row in (*writes.variants, *writes.changed):
        row.updated_at = now
    Variant.objects.bulk_update(writes.variants, COLUMNS)
    MarketPrice.objects.bulk_update(writes.changed, COLUMNS)
    if writes.new:
        MarketPrice.objects.bulk_create(writes.new)
    if writes.stale:
        MarketPrice.objects.filter(pk__in=[row.pk for row in writes.stale]).delete()
        variant_ids = {row.variant_id for row in writes.stale}
        Variant.objects.filter(pk__in=variant_ids).update(updated_at=now)  # the rows that had the date are gone
    _record_changes(actor, writes.history)
    return bool(writes.variants or writes.changed or writes.new or writes.stale)


def _collect_writes(change: PriceUpdate, writes: _Writes) -> None:
    """Change the rows of a variant in memory, and add them to what is to be written. Raises PriceNeeded."""
    variant, default = change.variant, markets.get_default_market().code
    rows = {row.market: row for row in variant.market_prices.all()}
    for market in dict.fromkeys((*change.amounts, *change.compare_ats)):
        row: Any = variant if market == default else rows.get(market)
        previous = row.price if row else None
        amount = change.amounts.get(market, previous)
        compare_at = change.compare_ats.get(market, row.compare_at_price if row else None)
        if amount is None and (market == default or (row is None and compare_at is not None)):
            field_name = "price" if market == default else "prices"
            raise PriceNeeded(f"There is no price in the market {market}", field=field_name)
        if amount is None:
            writes.stale += [row] if row else []
        elif row is None:
            writes.new.append(MarketPrice(variant=variant, market=market, price=amount, compare_at_price=compare_at))
        elif (row.price, row.compare_at_price) != (amount, compare_at):
            row.price, row.compare_at_price = amount, compare_at
            (writes.variants if market == default else writes.changed).append(row)
        if amount != previous:
            writes.history.append((variant, market, amount))


def _record_changes(actor: Actor, changes: Sequence[tuple[Variant, str, Decimal | None]]) -> None:
    if not changes:
        return
    now = timezone.now()
    lowest = _get_lowest_since({variant.pk for variant, _, _ in changes}, now - LOWEST_PRICE_WINDOW)
    PriceChange.objects.bulk_create(
        PriceChange(
            variant=variant,
            market=market,
            price=amount,
            lowest_before=lowest.get((variant.pk, market)),
            user_id=actor.user_id,
            created_at=now,
        )
        for variant, market, amount in changes
    )


def _get_lowest_since(variant_ids: Collection[int], start: datetime) -> dict[tuple[int, str], Decimal]:
    """Return the lowest price of each variant in force in each market at any time since `start`."""
    newer = PriceChange.objects.filter(variant=OuterRef("variant"), market=OuterRef("market"), id__gt=OuterRef("id"))
    rows = PriceChange.objects.filter(variant__in=variant_ids, price__isnull=False)
    in_force = rows.filter(Q(created_at__gte=start) | ~Exists(newer.filter(created_at__lte=start)))
    lowest: dict[tuple[int, str], Any] = {}
    prices: Iterable[tuple[int, str, Any]] = in_force.values_list("variant", "market", "price")
    for variant_id, market, price in prices:
        lowest[variant_id, market] = min(price, lowest.get((variant_id, market), price))
    return lowest
