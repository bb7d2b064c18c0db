"""End a sale: restore in batches the prices that are still as the sale wrote them."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from core import markets, money, outbox
from core.actors import Actor
from pricing.models import Sale, SaleLine
from pricing.sales.planning import OPEN_STATES, find_price, leave_out, split_products
from pricing.sales.starting import LINE_COLUMNS, fetch_lines
from pricing.sales.states import end_planned, lock_sale, note_ended
from products.services import listings, prices

END_JOB, RESTORE_JOB = "end_sale", "restore_sale_prices"
ENDED_BEFORE = "the sale ended before this price was reduced"
REMOVED = "the variant was removed from the shop"
PRICE_REMOVED = "the price in this market was removed during the sale"
COMPARE_AT_CHANGED = "the compare-at price had been changed during the sale"
State, LineState = Sale.State, SaleLine.State


def end(sale_id: int) -> None:
    """End a running sale whose end has come: enqueue a job for each batch. End a planned one at once; otherwise do nothing."""
    with transaction.atomic():
        sale = lock_sale(sale_id)
        if sale is None or sale.ends_at > timezone.now():
            return
        if sale.state == State.PLANNED:
            end_planned(sale)
        if sale.state != State.RUNNING:
            return
        open_lines = sale.lines.filter(state__in=OPEN_STATES).order_by("variant__product")
        for product_ids in split_products(open_lines.values_list("variant__product").annotate(Count("pk"))):
            outbox.enqueue(RESTORE_JOB, {"sale": sale_id, "products": product_ids})
        sale.state = State.ENDING
        sale.save(update_fields=["state", "updated_at"])
    note_ended(sale_id)


def restore_prices(sale_id: int, product_ids: Sequence[int]) -> None:
    """Restore the prices of a batch that are still as the sale wrote them; name the others."""
    _restore_batch(sale_id, product_ids)
    note_ended(sale_id)


@transaction.atomic
def _restore_batch(sale_id: int, product_ids: Sequence[int]) -> None:
    listings.lock_products(product_ids)
    listings.lock_product_variants(product_ids)
    sale = Sale.objects.filter(pk=sale_id, state=State.ENDING).first()
    if sale is None:
        return
    lines = fetch_lines(sale, product_ids, *OPEN_STATES)
    updates = [_restore_variant(list(group)) for _, group in groupby(lines, key=attrgetter("variant_id"))]
    restored_ids = {line.pk for line in lines if line.state == LineState.RESTORED and not line.reason}
    SaleLine.objects.filter(pk__in=restored_ids).update(state=LineState.RESTORED)
    SaleLine.objects.bulk_update([line for line in lines if line.pk not in restored_ids], LINE_COLUMNS)
    if prices.update_many(Actor(sale.user_id, kind="staff"), updates):
        listings.rebuild_listings(product_ids)


def _restore_variant(lines: Sequence[SaleLine]) -> prices.PriceUpdate:
    """Return the prices that a variant gets back, and note in its lines what becomes of each."""
    variant = lines[0].variant
    for line in lines:
        if line.state == LineState.PENDING:
            leave_out(line, ENDED_BEFORE)
        else:
            _restore_line(line)
    restored = [line for line in lines if line.state == LineState.RESTORED]
    return prices.PriceUpdate(
        variant,
        {line.market: line.old_price for line in restored},
        {line.market: line.old_compare_at_price for line in restored},
    )


def _restore_line(line: SaleLine) -> None:
    row = find_price(line.variant, line.market)
    line.state = LineState.KEPT
    if line.variant.deleted_at is not None or line.variant.product.deleted_at is not None:
        line.reason = REMOVED
    elif row is None:
        line.reason = PRICE_REMOVED
    elif row.price != line.sale_price:
        line.reason = f"the price was changed to {_format(row.price, line.market)} during the sale"
    else:
        line.state = LineState.RESTORED
        line.reason = COMPARE_AT_CHANGED if row.compare_at_price != line.old_price else ""


def _format(price: Decimal, code: str) -> str:
    market = markets.get_markets().get(code)
    return money.format_price(price, market.currency) if market else str(price)
