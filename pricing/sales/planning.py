"""Which prices a sale concerns, and what it makes of each."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Count, Q, QuerySet

from core import markets, money
from pricing.models import Sale, SaleLine
from products.catalog.category_tree import get_descendant_ids
from products.models import MarketPrice, Product, Variant

BATCH_SIZE = 200  # products that a job and its transaction change
MAX_BATCH_PRICES = 1_000  # of the products of a batch, which are fewer if they have many variants: orders wait for its locks
NOT_FOR_SALE = "not for sale"
NO_PRICE = "no price in this market"
WOULD_BE_FREE = "the price would be 0"
TOO_LOW = "the price is too low to be reduced"
LineState = SaleLine.State
OPEN_STATES = (LineState.PENDING, LineState.REDUCED)


def select_lines(sale: Sale, *, max_products: int | None = None) -> Iterator[tuple[list[int], list[SaleLine]]]:
    """Yield the products of each batch with their lines, which are not saved; those that cannot be reduced are left out."""
    codes = list_market_codes(sale)
    for product_ids in split_products((pk, count * len(codes)) for pk, count in _list_products(sale)[:max_products]):
        yield product_ids, _build_lines(sale, product_ids, codes)


def list_market_codes(sale: Sale) -> list[str]:
    """Return the markets of a sale, without those that the shop no longer has."""
    return [code for code in markets.get_markets() if not sale.markets or code in sale.markets]


def split_products(counts: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """Split products, given with their number of prices, into batches."""
    batch, prices = list[int](), 0
    for product_id, count in counts:
        if batch and (len(batch) == BATCH_SIZE or prices + count > MAX_BATCH_PRICES):
            yield batch
            batch, prices = [], 0
        batch.append(product_id)
        prices += count
    if batch:
        yield batch


def _list_products(sale: Sale) -> QuerySet[Product, tuple[int, int]]:
    """Return the ids of a sale's products, each with its number of variants."""
    rows = Product.objects.filter(deleted_at=None)
    if not sale.all_products:
        category_ids = get_descendant_ids(sale.categories.values_list("pk", flat=True))
        rows = rows.filter(Q(category__in=category_ids) | Q(pk__in=sale.products.values_list("pk")))
    existing = Q(variants__deleted_at=None)
    return rows.annotate(count=Count("variants", filter=existing)).order_by("pk").values_list("pk", "count")


def _build_lines(sale: Sale, product_ids: Sequence[int], codes: Sequence[str]) -> list[SaleLine]:
    variants = Variant.objects.filter(product__in=product_ids, deleted_at=None).select_related("product")
    running = _find_running_sales(product_ids)
    lines = []
    for variant in variants.prefetch_related("market_prices").order_by("product", "position", "id"):
        for code in codes:
            line = SaleLine(sale=sale, variant=variant, market=code)
            compute_line(line, sale.percent)
            if line.state == LineState.PENDING and (variant.pk, code) in running:
                leave_out(line, f"already in the sale {running[variant.pk, code]}")
            lines.append(line)
    return lines


def _find_running_sales(product_ids: Sequence[int]) -> dict[tuple[int, str], str]:
    """Return the name of the running sale of each variant and market that is in one."""
    lines = SaleLine.objects.filter(state__in=OPEN_STATES, variant__product__in=product_ids).order_by()
    return {(variant_id, market): name for variant_id, market, name in lines.values_list("variant", "market", "sale__name")}


def compute_line(line: SaleLine, percent: Decimal) -> None:
    """Set the prices of a line from the current ones of its variant, or leave it out with the reason; saves nothing."""
    row = find_price(line.variant, line.market)
    market = markets.get_markets().get(line.market)
    if row is not None:
        line.old_price, line.old_compare_at_price = row.price, row.compare_at_price
    if not line.variant.is_for_sale:
        leave_out(line, NOT_FOR_SALE)
    elif row is None or market is None:
        leave_out(line, NO_PRICE)
    else:
        line.sale_price = reduce_price(row.price, percent, market.currency)
        if line.sale_price <= 0:
            leave_out(line, WOULD_BE_FREE)
        elif line.sale_price >= row.price:
            leave_out(line, TOO_LOW)


def leave_out(line: SaleLine, reason: str) -> None:
    """Leave the price of a line as it is; saves nothing."""
    line.state, line.reason, line.sale_price = LineState.LEFT_OUT, reason, None


def find_price(variant: Variant, market: str) -> Variant | MarketPrice | None:
    """Return the row that has a variant's price in a market; fetch `market_prices` before."""
    if market == markets.get_default_market().code:
        return variant
    return next((row for row in variant.market_prices.all() if row.market == market), None)


def reduce_price(price: Decimal, percent: Decimal, currency: str) -> Decimal:
    """Return the price less a percentage, rounded half up to what the currency can be charged in."""
    unit = Decimal(money.get_step(currency)).scaleb(-money.exponent(currency))
    steps = (price * (100 - percent) / 100 / unit).quantize(Decimal(1), ROUND_HALF_UP)
    return steps * unit
