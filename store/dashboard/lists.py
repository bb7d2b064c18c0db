"""The lists of the home page: what needs attention, low stock and the newest orders."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import money
from core.admin import format_time
from core.counted_rows import CountedRows, fetch_first_rows
from core.models import Job
from orders import reports
from orders.admin import badges, permissions
from orders.admin.columns import get_buyer
from orders.models import Order, Refund, StripeEvent
from products.admin.display import render_stock_badge
from products.models import Variant
from store.navigation import can_view

Row = TypeVar("Row", bound=Model)
ALERT_LIMIT = 5
STUCK_REFUND_DAYS = 30


def build_newest_orders(orders: list[Order]) -> dict[str, Any]:
    """Return the table of the newest orders."""
    rows = [
        [
            _link("orders_order", order.pk, order.number),
            format_time(order.placed_at),
            get_buyer(order),
            money.format_price(order.total, order.currency),
            badges.order_badge(order),
        ]
        for order in orders
    ]
    return {"headers": ["Order", "Placed", "Buyer", "Total", "Status"], "rows": rows}


def build_low_stock(variants: CountedRows[Variant]) -> dict[str, Any]:
    """Return the table of the variants that run low, and how many there are in all."""
    rows = [
        [
            _link("products_stockofvariant", variant.pk, f"{variant.product.name} {variant.name}".strip()),
            variant.sku,
            render_stock_badge(variant.available, variant.product.low_stock_threshold),
        ]
        for variant in variants.rows
    ]
    return {"count": variants.count, "table": {"headers": ["Product", "SKU", "Left"], "rows": rows}}


def build_attention_groups(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what needs attention: each kind that has rows, with the first of them, their count and a link to all of them."""
    groups: list[dict[str, Any]] = []
    if can_view(request, "orders.order") and permissions.can_see_work(request.user, permissions.REFUND):
        orders = fetch_first_rows(reports.list_orders_with_alerts(), ALERT_LIMIT)
        groups.append(_alert_group("Orders that need attention", "orders_order", "attention__isempty=0", orders, _order_row))
    if can_view(request, "orders.refund"):
        since = timezone.now() - timedelta(days=STUCK_REFUND_DAYS)
        refunds = reports.list_stuck_refunds(ALERT_LIMIT, since)
        title = f"Refunds that need attention, last {STUCK_REFUND_DAYS} days"
        query = urlencode({"state__in": ",".join(reports.STUCK_REFUND_STATES), "updated_at__gte": since.isoformat()})
        groups.append(_alert_group(title, "orders_refund", query, refunds, _refund_row))
    if can_view(request, "orders.stripeevent"):
        events = reports.list_failed_events(ALERT_LIMIT)
        groups.append(_alert_group("Failed provider events", "orders_stripeevent", "status__exact=failed", events, _event_row))
    if can_view(request, "core.job"):
        jobs = fetch_first_rows(Job.objects.filter(failed_at__isnull=False).order_by("-failed_at", "-pk"), ALERT_LIMIT)
        groups.append(_alert_group("Failed jobs", "core_job", "failed_at__isempty=0", jobs, _job_row))
    return [group for group in groups if group["rows"]]


def _alert_group(
    title: str, page: str, query: str, counted: CountedRows[Row], build_row: Callable[[Row], tuple[SafeString, str]]
) -> dict[str, Any]:
    return {
        "title": title,
        "count": counted.count,
        "rows": [build_row(row) for row in counted.rows],
        "link": f"{reverse(f'admin:{page}_changelist')}?{query}",
    }


def _order_row(order: Order) -> tuple[SafeString, str]:
    return _link("orders_order", order.pk, order.number), badges.alert_label(order)


def _refund_row(refund: Refund) -> tuple[SafeString, str]:
    currency = refund.payment.currency
    text = f"{money.format_price(refund.amount, currency)} {refund.failure_code or refund.get_state_display()}"
    return _link("orders_refund", refund.pk, refund.payment.order.number), text


def _event_row(event: StripeEvent) -> tuple[SafeString, str]:
    return _link("orders_stripeevent", event.pk, event.type), event.last_error[:80]


def _job_row(job: Job) -> tuple[SafeString, str]:
    return _link("core_job", job.pk, str(job)), job.last_error[:80]


def _link(page: str, pk: Any, text: str) -> SafeString:
    return format_html('<a class="text-link" href="{}">{}</a>', reverse(f"admin:{page}_change", args=[pk]), text)
