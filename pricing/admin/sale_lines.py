"""The prices of a sale, as its page shows them: before it has started, what it would change now."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import markets, money
from core.admin import INFO, NEUTRAL, SUCCESS, WARNING, render_badge
from pricing.models import Sale, SaleLine
from pricing.sales import planning
from products.admin.import_display import Progress

State, LineState = Sale.State, SaleLine.State
LINE_BADGES = {
    LineState.PENDING: INFO,
    LineState.REDUCED: SUCCESS,
    LineState.LEFT_OUT: WARNING,
    LineState.RESTORED: NEUTRAL,
    LineState.KEPT: WARNING,
}
PROBLEM_STATES = (LineState.LEFT_OUT, LineState.KEPT)
LINES_PER_PAGE = 100
MAX_PREVIEW = 10_000  # prices
HEADERS = ["Product", "SKU", "Market", "Before the sale", "In the sale", ""]


def build_context(request: HttpRequest, sale: Sale) -> dict[str, Any]:
    """Return what the page shows of the prices of a sale."""
    only_problems = "problems" in request.GET
    is_preview = sale.state == State.PLANNED
    page, counts = _preview(request, sale, only_problems) if is_preview else _list_lines(request, sale, only_problems)
    return {
        "counts": [{"label": LineState(state).label, "count": f"{count:,}"} for state, count in counts.items()],
        "problems": sum(counts.get(state, 0) for state in PROBLEM_STATES),
        "only_problems": only_problems,
        "is_preview": is_preview,
        "is_cut": is_preview and sum(counts.values()) >= MAX_PREVIEW,
        "max_preview": MAX_PREVIEW,
        "progress": get_progress(sale),
        "page": page,
        "table": {"headers": HEADERS, "rows": [_build_row(line) for line in page]},
    }


def _preview(request: HttpRequest, sale: Sale, only_problems: bool) -> tuple[Page[Any], dict[str, int]]:
    lines: list[SaleLine] = []
    for _, batch in planning.select_lines(sale, max_products=MAX_PREVIEW):
        lines += batch
        if len(lines) >= MAX_PREVIEW:
            break
    counts = {state.value: sum(line.state == state for line in lines) for state in (LineState.PENDING, LineState.LEFT_OUT)}
    shown = [line for line in lines if line.state in PROBLEM_STATES] if only_problems else lines
    return _get_page(request, shown), {state: count for state, count in counts.items() if count}


def _list_lines(request: HttpRequest, sale: Sale, only_problems: bool) -> tuple[Page[Any], dict[str, int]]:
    lines = sale.lines.select_related("variant__product").order_by("pk")
    shown = lines.filter(state__in=PROBLEM_STATES) if only_problems else lines
    return _get_page(request, shown), count_lines(sale)


def _get_page(request: HttpRequest, lines: Any) -> Page[Any]:
    return Paginator(lines, LINES_PER_PAGE).get_page(request.GET.get("page"))


def count_lines(sale: Sale) -> dict[str, int]:
    """Return the number of lines by state, in the sequence of a line's life."""
    counts = dict(sale.lines.order_by().values_list("state").annotate(Count("pk")))
    return {state: counts[state] for state in LineState.values if state in counts}


def get_progress(sale: Sale) -> Progress:
    """Return how far the prices are reduced or restored."""
    counts = count_lines(sale)
    is_ending = sale.state == State.ENDING
    pending = counts.get(LineState.REDUCED if is_ending else LineState.PENDING, 0)
    total = sum(counts.values())
    title = "Restoring the prices" if is_ending else "Reducing the prices"
    is_in_progress = is_ending or (sale.state == State.RUNNING and sale.applied_at is None)
    percent = (total - pending) * 100 // total if total else 0
    return Progress(title, f"{total - pending:,} of {total:,} prices", "", percent, is_in_progress)


def _build_row(line: SaleLine) -> Sequence[Any]:
    market = markets.get_markets().get(line.market)
    currency = market.currency if market else ""
    url = reverse("admin:products_product_change", args=[line.variant.product_id])
    name = f"{line.variant.product.name}, {line.variant.name}" if line.variant.name else line.variant.product.name
    return [
        format_html('<a class="text-link" href="{}">{}</a>', url, name),
        line.variant.sku,
        line.market,
        _format(line.old_price, line.old_compare_at_price, currency),
        _format(line.sale_price, line.old_price, currency),
        _render_state(line),
    ]


def _render_state(line: SaleLine) -> SafeString | str:
    badge = render_badge(line.get_state_display(), LINE_BADGES[LineState(line.state)])
    return format_html('<span class="shop-stack">{}<span>{}</span></span>', badge, line.reason) if line.reason else badge


def _format(price: Any, compare_at: Any, currency: str) -> SafeString | str:
    """Return a price, and the compare-at price if there is one."""
    if price is None:
        return "–"
    if compare_at is None:
        return money.format_price(price, currency) if currency else str(price)
    before = money.format_price(compare_at, currency) if currency else str(compare_at)
    text = money.format_price(price, currency) if currency else str(price)
    return format_html('<span class="shop-stack"><span>{}</span><span class="shop-below">instead of {}</span></span>', text, before)
