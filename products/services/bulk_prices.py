"""Change the prices of many products: compute the new prices once, and apply exactly those after someone has confirmed them.

They are applied in the background, in slices, one transaction for each product. A price that has changed since it was shown stays.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from operator import attrgetter

from django.db import OperationalError, transaction
from django.utils import timezone

from core import markets, outbox
from core.actors import Actor
from products.models import BulkPriceChange, BulkPriceLine, MarketPrice, Variant
from products.services import listings, prices
from products.services.price_rules import PriceRule, Prices

APPLY_JOB = "apply_bulk_price_change"
MAX_PRICES = 10_000  # of one change
MAX_AT_ONCE = 25  # products that are changed while the person waits
BATCH_SIZE = 500  # products whose prices are read at once
SLICE_SECONDS = 10.0
CONFIRM_WITHIN = timedelta(days=7)
LINE_RETENTION = timedelta(days=90)
CHANGED_MEANWHILE = "the price has changed since the preview"
REMOVED = "the variant was removed from the shop"
State, LineState = BulkPriceChange.State, BulkPriceLine.State


class TooManyPrices(ValueError):
    """A change would concern more prices than a person can check; the message says what to do."""


@transaction.atomic
def preview(
    actor: Actor, product_ids: Sequence[int], rule: PriceRule, market_codes: Sequence[str], *, title: str
) -> BulkPriceChange:
    """Compute what a rule makes of the prices of these products in these markets, and store it to be confirmed.

    Raises TooManyPrices.
    """
    change = BulkPriceChange.objects.create(rule=title, products=len(product_ids), unchanged=0, user_id=actor.user_id)
    selected = [market for market in markets.get_markets().values() if market.code in market_codes]
    count = unchanged = 0
    for start in range(0, len(product_ids), BATCH_SIZE):
        lines = []
        for variant in _fetch_variants(sorted(product_ids)[start : start + BATCH_SIZE]):
            for market, old in _list_prices(variant, selected):
                line = _build_line(change, variant, market, old, rule)
                unchanged += line is None
                lines += [line] if line is not None else []
        count += len(lines)
        if count > MAX_PRICES:
            raise TooManyPrices(f"These are more than {MAX_PRICES:,} prices. Select fewer products, or one market")
        BulkPriceLine.objects.bulk_create(lines)
    change.unchanged = unchanged
    change.save(update_fields=["unchanged", "updated_at"])
    return change


def _fetch_variants(product_ids: Sequence[int]) -> list[Variant]:
    rows = Variant.objects.filter(product__in=product_ids, product__deleted_at=None, deleted_at=None)
    return list(rows.prefetch_related("market_prices").order_by("product", "position", "id"))


def _list_prices(variant: Variant, selected: Sequence[markets.Market]) -> Iterator[tuple[markets.Market, Prices]]:
    """Yield the prices of a variant in those markets that sell it."""
    rows = {row.market: row for row in variant.market_prices.all()}
    for market in selected:
        row: Variant | MarketPrice | None = variant if market.is_default else rows.get(market.code)
        if row is not None:
            yield market, Prices(row.price, row.compare_at_price)


def _build_line(
    change: BulkPriceChange, variant: Variant, market: markets.Market, old: Prices, rule: PriceRule
) -> BulkPriceLine | None:
    """Return what a rule makes of a price; None if it stays."""
    state = LineState.PENDING
    try:
        new, text = rule.apply(old, market.currency)
    except ValueError as error:
        new, text, state = old, str(error), LineState.REFUSED
    if new == old and state == LineState.PENDING:
        return None
    return BulkPriceLine(
        change=change,
        variant=variant,
        market=market.code,
        old_price=old.price,
        old_compare_at_price=old.compare_at,
        new_price=new.price,
        new_compare_at_price=new.compare_at,
        state=state,
        text=text,
    )


def confirm(actor: Actor, change: BulkPriceChange) -> bool:
    """Have a change applied, a small one at once; return whether this call confirmed it."""
    with transaction.atomic():
        now = timezone.now()
        columns = {"state": State.RUNNING, "user_id": actor.user_id, "confirmed_at": now, "updated_at": now}
        if not BulkPriceChange.objects.filter(pk=change.pk, state=State.PREVIEWED).update(**columns):
            return False
        outbox.enqueue(APPLY_JOB, {"change": change.pk})
    if change.products <= MAX_AT_ONCE:
        with suppress(OperationalError):  # a deadlock, or a lock timeout: the job goes on
            apply_slice(change.pk)
    return True


def discard(change: BulkPriceChange) -> bool:
    """Discard a change that nobody has confirmed; return whether it was one."""
    now = timezone.now()
    columns = {"state": State.DISCARDED, "finished_at": now, "updated_at": now}
    return bool(BulkPriceChange.objects.filter(pk=change.pk, state=State.PREVIEWED).update(**columns))


def apply_slice(change_id: int) -> None:
    """Apply a confirmed change for some seconds, product by product; enqueue the rest, or end the change."""
    change = BulkPriceChange.objects.filter(pk=change_id, state=State.RUNNING).first()
    if change is None:
        return
    actor, started_at = Actor(change.user_id, kind="staff"), time.monotonic()
    pending = change.lines.filter(state=LineState.PENDING).order_by("pk").values_list("variant__product", flat=True)
    while (product_id := pending.first()) is not None:
        _apply_to_product(actor, change, product_id)
        if time.monotonic() - started_at > SLICE_SECONDS:
            outbox.enqueue(APPLY_JOB, {"change": change.pk})
            return
    _finish(change)


def _finish(change: BulkPriceChange) -> None:
    now = timezone.now()
    BulkPriceChange.objects.filter(pk=change.pk, state=State.RUNNING).update(state=State.DONE, finished_at=now, updated_at=now)


@transaction.atomic
def _apply_to_product(actor: Actor, change: BulkPriceChange, product_id: int) -> None:
    """Apply the pending lines of a product, unless another worker has just done so."""
    listings.lock_products([product_id])
    listings.lock_product_variants([product_id])
    lines = list(
        change.lines.filter(state=LineState.PENDING, variant__product=product_id)
        .select_related("variant__product")
        .prefetch_related("variant__market_prices")
        .order_by("variant", "pk")
    )
    applied: list[int] = []
    skipped: dict[str, list[int]] = {}
    for _, group in groupby(lines, key=attrgetter("variant_id")):
        reasons = _apply_to_variant(actor, list(group))
        applied += [pk for pk, reason in reasons.items() if not reason]
        for pk, reason in reasons.items():
            if reason:
                skipped.setdefault(reason, []).append(pk)
    BulkPriceLine.objects.filter(pk__in=applied).update(state=LineState.APPLIED)
    for reason, ids in skipped.items():
        BulkPriceLine.objects.filter(pk__in=ids).update(state=LineState.SKIPPED, text=reason)
    if applied:
        listings.rebuild_listings([product_id])


def _apply_to_variant(actor: Actor, lines: Sequence[BulkPriceLine]) -> dict[int, str]:
    """Set those prices of a variant that are still as they were shown; return by line why it was not applied, if so."""
    variant = lines[0].variant
    if variant.deleted_at is not None or variant.product.deleted_at is not None:
        return {line.pk: REMOVED for line in lines}
    current = {market.code: shown for market, shown in _list_prices(variant, list(markets.get_markets().values()))}
    unchanged = [line for line in lines if current.get(line.market) == Prices(line.old_price, line.old_compare_at_price)]
    prices.update(
        actor,
        variant,
        {line.market: line.new_price for line in unchanged if line.new_price != line.old_price},
        {line.market: line.new_compare_at_price for line in unchanged},
    )
    return {line.pk: "" if line in unchanged else CHANGED_MEANWHILE for line in lines}


def clean_up() -> dict[str, int]:
    """Delete changes that nobody has confirmed for a week, and the lines of the others after 90 days."""
    now = timezone.now()
    open_states = (State.PREVIEWED, State.DISCARDED)
    old = BulkPriceChange.objects.filter(state__in=open_states, created_at__lt=now - CONFIRM_WITHIN)
    count = old.count()
    old.delete()
    lines = BulkPriceLine.objects.filter(change__finished_at__lt=now - LINE_RETENTION)
    return {"unconfirmed price changes": count, "lines of price changes": lines.delete()[0]}
