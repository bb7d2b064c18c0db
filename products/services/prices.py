"""The only place where prices change. Every change is a row, which records the lowest price of the 30 days before it.

EU law requires that price next to a reduced one (Directive 98/6/EC, Article 6a, added by Directive (EU) 2019/2161).
"""

from collections.abc import Iterable, Mapping, Sequence
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


@transaction.atomic
def update(actor: Actor, variant: Variant, amounts: Amounts, compare_ats: Amounts) -> bool:
    """Set a variant's prices; None takes it off sale in that market. Returns whether anything changed.

    The caller holds the product's lock and rebuilds its listings. Raises PriceNeeded.
    """
    rows = {row.market: row for row in variant.market_prices.all()}
    default = markets.get_default_market().code
    previous = {default: variant.price, **{market: row.price for market, row in rows.items()}}
    changed = False
    for market in dict.fromkeys((*amounts, *compare_ats)):
        row: Any = variant if market == default else rows.get(market)
        amount = amounts.get(market, row.price if row else None)
        if amount is None:
            changed = _delete_price(row, market, compare_ats) or changed
            continue
        row = row or MarketPrice(variant=variant, market=market)
        compare_at = compare_ats.get(market, row.compare_at_price)
        if row.pk is None or (row.price, row.compare_at_price) != (amount, compare_at):
            row.price, row.compare_at_price = amount, compare_at
            row.save(update_fields=None if row.pk is None else ["price", "compare_at_price", "updated_at"])
            changed = True
    _record_changes(actor, variant, {market: amount for market, amount in amounts.items() if amount != previous.get(market)})
    return changed


def _delete_price(row: Any, market: str, compare_ats: Amounts) -> bool:
    """Delete a variant's price in a market; return whether there was one. Raises PriceNeeded."""
    if isinstance(row, Variant) or (row is None and compare_ats.get(market) is not None):
        raise PriceNeeded(f"There is no price in the market {market}", field="price" if isinstance(row, Variant) else "prices")
    if row is not None:
        row.delete()
        Variant.objects.filter(pk=row.variant_id).update(updated_at=timezone.now())  # the row that had the date is gone
    return row is not None


def _record_changes(actor: Actor, variant: Variant, new: Amounts) -> None:
    if not new:
        return
    now = timezone.now()
    lowest = _get_lowest_since(variant, now - LOWEST_PRICE_WINDOW)
    PriceChange.objects.bulk_create(
        PriceChange(
            variant=variant, market=market, price=amount, lowest_before=lowest.get(market), user_id=actor.user_id, created_at=now
        )
        for market, amount in new.items()
    )


def _get_lowest_since(variant: Variant, start: datetime) -> dict[str, Decimal]:
    """Return the lowest price in force in each market at any time since `start`."""
    newer = PriceChange.objects.filter(variant=OuterRef("variant"), market=OuterRef("market"), id__gt=OuterRef("id"))
    rows = PriceChange.objects.filter(variant=variant, price__isnull=False)
    in_force = rows.filter(Q(created_at__gte=start) | ~Exists(newer.filter(created_at__lte=start)))
    lowest: dict[str, Any] = {}
    prices: Iterable[tuple[str, Any]] = in_force.values_list("market", "price")
    for market, price in prices:
        lowest[market] = min(price, lowest.get(market, price))
    return lowest
