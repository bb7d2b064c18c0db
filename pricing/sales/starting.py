"""Start a sale: select its prices once, and reduce them in batches."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core import advisory_locks, outbox
from core.actors import Actor
from core.models import Job
from pricing.models import Sale, SaleLine
from pricing.sales.planning import compute_line, select_lines
from pricing.sales.states import end_planned, lock_sale, note_applied
from products.services import listings, prices

START_JOB, REDUCE_JOB = "start_sale", "reduce_sale_prices"
SELECTION_LOCK = "selection of sales"  # the later of two sales that start at once sees the lines of the earlier one
WAIT = timedelta(seconds=5)  # for a sale that is ending, whose prices this one may reduce
MAX_WAITS = 60
LINE_COLUMNS = ("old_price", "old_compare_at_price", "sale_price", "state", "reason")
State, LineState = Sale.State, SaleLine.State


def start(sale_id: int, *, waits: int = 0) -> None:
    """Start a planned sale that is due: select its prices, and enqueue a job for each batch. Otherwise do nothing."""
    with transaction.atomic():
        advisory_locks.lock(SELECTION_LOCK)
        sale, now = lock_sale(sale_id), timezone.now()
        if sale is None or sale.state != State.PLANNED or sale.starts_at > now:
            return
        if sale.ends_at <= now:
            end_planned(sale)
            return
        if waits < MAX_WAITS and _is_another_ending():
            outbox.enqueue_all(Job(kind=START_JOB, payload={"sale": sale_id, "waits": waits + 1}, run_at=now + WAIT))
            return
        for product_ids, lines in select_lines(sale):
            SaleLine.objects.bulk_create(lines)
            if any(line.state == LineState.PENDING for line in lines):
                outbox.enqueue(REDUCE_JOB, {"sale": sale_id, "products": product_ids})
        sale.state, sale.started_at = State.RUNNING, now
        sale.save(update_fields=["state", "started_at", "updated_at"])
    note_applied(sale_id)


def _is_another_ending() -> bool:
    is_ending = Q(state=State.ENDING) | Q(state=State.RUNNING, ends_at__lte=timezone.now())
    return Sale.objects.filter(is_ending).exists()


def reduce_prices(sale_id: int, product_ids: Sequence[int]) -> None:
    """Reduce the prices of a batch that are still to be reduced, unless the sale has ended meanwhile."""
    _reduce_batch(sale_id, product_ids)
    note_applied(sale_id)


@transaction.atomic
def _reduce_batch(sale_id: int, product_ids: Sequence[int]) -> None:
    listings.lock_products(product_ids)
    listings.lock_product_variants(product_ids)
    sale = Sale.objects.filter(pk=sale_id, state=State.RUNNING).first()  # read under the locks that restoring takes, too
    if sale is None:
        return
    lines = fetch_lines(sale, product_ids, LineState.PENDING)
    selected = {line.pk: _get_prices(line) for line in lines}
    updates = [_reduce_variant(sale, list(group)) for _, group in groupby(lines, key=attrgetter("variant_id"))]
    _save_lines(lines, selected)
    if prices.update_many(Actor(sale.user_id, kind="staff"), updates):
        listings.rebuild_listings(product_ids)


def fetch_lines(sale: Sale, product_ids: Sequence[int], *states: str) -> list[SaleLine]:
    """Return the lines of these products in these states, with what holds their prices; those of a variant are together."""
    lines = sale.lines.filter(state__in=states, variant__product__in=product_ids)
    return list(lines.select_related("variant__product").prefetch_related("variant__market_prices").order_by("variant_id", "pk"))


def _reduce_variant(sale: Sale, lines: Sequence[SaleLine]) -> prices.PriceUpdate:
    """Return the new prices of a variant, and note in its lines what becomes of each."""
    for line in lines:
        compute_line(line, sale.percent)
        if line.state == LineState.PENDING:
            line.state = LineState.REDUCED
    reduced = [line for line in lines if line.state == LineState.REDUCED]
    return prices.PriceUpdate(
        lines[0].variant,
        {line.market: line.sale_price for line in reduced},
        {line.market: line.old_price for line in reduced},
    )


def _get_prices(line: SaleLine) -> tuple[Decimal | None, ...]:
    return line.old_price, line.old_compare_at_price, line.sale_price


def _save_lines(lines: Sequence[SaleLine], selected: Mapping[int, tuple[Decimal | None, ...]]) -> None:
    """Save the lines; a cheap statement is enough for those whose prices are still as they were selected, which is nearly all."""
    same_ids = {line.pk for line in lines if line.state == LineState.REDUCED and _get_prices(line) == selected[line.pk]}
    SaleLine.objects.filter(pk__in=same_ids).update(state=LineState.REDUCED)
    SaleLine.objects.bulk_update([line for line in lines if line.pk not in same_ids], LINE_COLUMNS)
