"""Bulk price changes: the preview of the new prices with the decision, the progress, and the history."""

from dataclasses import asdict
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from core import markets, money
from core.admin import DANGER, INFO, NEUTRAL, SUCCESS, WARNING, ModelAdmin, ReadOnlyAdminMixin, get_staff_actor, render_badge
from products.admin.import_display import Progress
from products.models import BulkPriceChange, BulkPriceLine
from products.services import bulk_prices

State, LineState = BulkPriceChange.State, BulkPriceLine.State
STATE_BADGES = {State.PREVIEWED: WARNING, State.RUNNING: INFO, State.DONE: SUCCESS, State.DISCARDED: NEUTRAL}
LINE_BADGES = {LineState.PENDING: INFO, LineState.REFUSED: DANGER, LineState.APPLIED: SUCCESS, LineState.SKIPPED: WARNING}
TITLES = {
    State.PREVIEWED: "Preview of the new prices",
    State.RUNNING: "Changing prices",
    State.DONE: "The prices are changed",
    State.DISCARDED: "The new prices were discarded",
}
PROBLEM_STATES = (LineState.REFUSED, LineState.SKIPPED)
LINES_PER_PAGE = 100
MAX_ID_LENGTH = 18  # digits that any id column holds


@admin.register(BulkPriceChange)
class BulkPriceChangeAdmin(ReadOnlyAdminMixin, ModelAdmin[BulkPriceChange]):
    """Bulk price changes, which begin in the list of products."""

    list_display = ("rule", "created_at", "user", "products", "state_badge")
    list_select_related = ("user",)
    ordering = ("-id",)

    @admin.display(description="State", ordering="state")
    def state_badge(self, change: BulkPriceChange) -> SafeString:
        return render_badge(change.get_state_display(), STATE_BADGES[State(change.state)])

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the user may change prices."""
        return request.user.has_perm("products.change_variant")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may change prices."""
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        """Add the decisions and the progress of a change."""
        views = (
            ("<int:pk>/progress/", self.progress_view, "progress"),
            ("<int:pk>/apply/", require_POST(self.apply_view), "apply"),
            ("<int:pk>/discard/", require_POST(self.discard_view), "discard"),
        )
        urls = [
            path(route, self.admin_site.admin_view(view), name=f"products_bulkpricechange_{name}") for route, view, name in views
        ]
        return [*urls, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Show the preview with the decision, the progress, or the result."""
        change = self._get_change(request, object_id)
        counts = _count_lines(change)
        only_problems = "problems" in request.GET
        lines = change.lines.select_related("variant__product").order_by("pk")
        if only_problems:
            lines = lines.filter(state__in=PROBLEM_STATES)
        page = Paginator(lines, LINES_PER_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "title": TITLES[State(change.state)],
            "opts": self.opts,
            "original": change,
            "change": change,
            "progress": _get_progress(change, counts),
            "counts": _list_counts(change, counts),
            "pending": counts.get(LineState.PENDING, 0),
            "problems": sum(counts.get(state, 0) for state in PROBLEM_STATES),
            "only_problems": only_problems,
            "page": page,
            "table": _build_table(page),
        }
        return TemplateResponse(request, "admin/products/bulkpricechange/change.html", context)

    def progress_view(self, request: HttpRequest, pk: int) -> JsonResponse:
        """Return how far a change is, for the script of its page."""
        change = self._get_change(request, pk)
        return JsonResponse(asdict(_get_progress(change, _count_lines(change))))

    def apply_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have the prices of the preview applied."""
        change = self._get_change(request, pk)
        if not bulk_prices.confirm(get_staff_actor(request), change):
            self.message_user(request, "This was decided before. See the current state below.", messages.WARNING)
        return redirect("admin:products_bulkpricechange_change", pk)

    def discard_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Discard the prices of the preview."""
        if not bulk_prices.discard(self._get_change(request, pk)):
            self.message_user(request, "This was decided before. See the current state below.", messages.WARNING)
            return redirect("admin:products_bulkpricechange_change", pk)
        self.message_user(request, "The new prices were discarded. Nothing was changed.", messages.SUCCESS)
        return redirect("admin:products_product_changelist")

    def _get_change(self, request: HttpRequest, pk: int | str) -> BulkPriceChange:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not str(pk).isdecimal() or len(str(pk)) > MAX_ID_LENGTH:
            raise Http404
        return get_object_or_404(BulkPriceChange, pk=pk)


def _count_lines(change: BulkPriceChange) -> dict[str, int]:
    """Return the number of lines by state."""
    return dict(change.lines.order_by().values_list("state").annotate(n=Count("pk")))


def _get_progress(change: BulkPriceChange, counts: dict[str, int]) -> Progress:
    done = counts.get(LineState.APPLIED, 0) + counts.get(LineState.SKIPPED, 0)
    total = done + counts.get(LineState.PENDING, 0)
    detail = f"{done:,} of {total:,} prices"
    return Progress(TITLES[State(change.state)], detail, "", done * 100 // total if total else 0, change.state == State.RUNNING)


def _list_counts(change: BulkPriceChange, counts: dict[str, int]) -> list[dict[str, Any]]:
    labels = {
        LineState.PENDING: "to be changed",
        LineState.APPLIED: "changed",
        LineState.REFUSED: "cannot be changed",
        LineState.SKIPPED: "left as they were",
    }
    rows = [{"label": label, "count": f"{counts[state]:,}"} for state, label in labels.items() if counts.get(state)]
    return [*rows, {"label": "not concerned", "count": f"{change.unchanged:,}"}] if change.unchanged else rows


def _build_table(page: Page[BulkPriceLine]) -> dict[str, Any]:
    """Return the lines of a page as Unfold's table component expects them."""
    return {"headers": ["Product", "SKU", "Market", "Old price", "New price", ""], "rows": [_build_row(line) for line in page]}


def _build_row(line: BulkPriceLine) -> list[Any]:
    known = markets.get_markets().get(line.market)
    currency = known.currency if known else ""
    is_changed = line.state in (LineState.PENDING, LineState.APPLIED)
    url = reverse("admin:products_product_change", args=[line.variant.product_id])
    name = f"{line.variant.product.name}, {line.variant.name}" if line.variant.name else line.variant.product.name
    state = render_badge(line.get_state_display(), LINE_BADGES[LineState(line.state)]) if line.state != LineState.PENDING else ""
    return [
        format_html('<a class="text-link" href="{}">{}</a>', url, name),
        line.variant.sku,
        line.market,
        _format(line.old_price, line.old_compare_at_price, currency),
        _format(line.new_price, line.new_compare_at_price, currency) if is_changed else "–",
        format_html('<span class="shop-stack">{}<span>{}</span></span>', state, line.text) if line.text or state else "",
    ]


def _format(price: Any, compare_at: Any, currency: str) -> SafeString | str:
    """Return a price, and the compare-at price if there is one."""
    text = money.format_price(price, currency)
    if compare_at is None:
        return text
    before = money.format_price(compare_at, currency)
    return format_html('<span class="shop-stack"><span>{}</span><span class="shop-below">instead of {}</span></span>', text, before)
