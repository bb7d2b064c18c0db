"""The admin's dashboard: sales, alerts and low stock. Staff see only what they may also see on the other pages."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import money
from core.counted_rows import CountedRows, fetch_first_rows
from core.models import Job
from orders import reports
from orders.admin import badges
from orders.models import Order, Refund, StripeEvent
from products.admin.display import render_stock_badge
from products.catalog import stock_levels
from products.models import Variant
from store.navigation import can_view

Row = TypeVar("Row", bound=Model)
ROW_LIMIT, ALERT_LIMIT = 10, 5
GREEN, BLUE, FAINT = "#2f8f76", "#3b82f6", "rgba(156, 163, 175, .25)"
TICKS = {"maxRotation": 0}
OPTIONS = {
    **{"animation": False, "responsive": True, "maintainAspectRatio": False, "interaction": {"mode": "index", "intersect": False}},
    "plugins": {"legend": {"align": "end", "labels": {"boxWidth": 10, "boxHeight": 10}}},
    "scales": {
        "x": {"grid": {"display": False}, "ticks": {**TICKS, "maxTicksLimit": 10}},
        "y": {"beginAtZero": True, "grid": {"color": FAINT}, "border": {"display": False}, "ticks": {**TICKS, "maxTicksLimit": 5}},
    },
}


def add_dashboard_context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the data that this user may see to the template context, in a constant number of queries."""
    context["waiting"] = _alert_groups(request)
    if can_view(request, "orders.order"):
        with_paid = request.user.has_perm("orders.view_payment")
        context["sales"] = [_sales_chart(sales, with_paid=with_paid) for sales in reports.get_sales()]
        context["states"] = _status_shares(reports.count_orders_by_status())
        context["unpaid"] = _describe_unpaid_reservations(*reports.count_unpaid_reservations())
        context["newest"] = _newest_orders_table(reports.list_newest_orders(ROW_LIMIT))
    if can_view(request, "products.stockofvariant"):
        context["low"] = _low_stock_table(stock_levels.get_low_stock(ROW_LIMIT))
    return context


def _sales_chart(sales: reports.Sales, *, with_paid: bool) -> dict[str, Any]:
    """Return a bar chart of ordered and paid amounts, with the same figures as text."""
    ordered, paid = (
        {"label": label, "data": [str(amount) for amount in amounts], "backgroundColor": colour, "borderRadius": 3}
        for label, colour, amounts in (
            ("Ordered", GREEN, [day.ordered for day in sales.days]),
            ("Paid", BLUE, [day.paid for day in sales.days]),
        )
    )
    labels = [f"{day.date.day} {day.date:%b}" for day in sales.days]
    columns = 4 if with_paid else 3
    rows = [
        [f"{day.date:%a} {day.date.day} {day.date:%b}", day.orders, _amount(day.ordered, sales), _amount(day.paid, sales)][:columns]
        for day in reversed(sales.days)
        if day.orders or day.paid
    ]
    summary = f"{sales.orders} order{'' if sales.orders == 1 else 's'}, {_amount(sales.ordered, sales)}"
    return {
        "currency": sales.currency,
        "summary": f"{summary}; {_amount(sales.paid, sales)} paid" if with_paid else summary,
        "chart": json.dumps({"labels": labels, "datasets": [ordered, paid] if with_paid else [ordered]}),
        "options": json.dumps(OPTIONS),
        "table": {"headers": ["Day", "Orders", "Ordered", "Paid"][:columns], "rows": rows},
    }


def _amount(amount: Decimal, sales: reports.Sales) -> str:
    return money.format_price(amount, sales.currency)


def _status_shares(counts: dict[Order.Status, int]) -> list[dict[str, Any]]:
    """Return each status with its count, as a percentage of the most common one."""
    largest = max(counts.values()) or 1
    orders = reverse("admin:orders_order_changelist")
    return [
        {
            **{"name": state.label, "count": count, "percent": 100 * count // largest},
            "link": f"{orders}?status__exact={state.value}",
        }
        for state, count in counts.items()
    ]


def _describe_unpaid_reservations(orders: int, units: int) -> dict[str, str]:
    """Return what unpaid orders hold, and a link to them."""
    text = f"Units reserved by unpaid orders: {units} ({orders} order{'' if orders == 1 else 's'})"
    query = urlencode({"stock_state__exact": Order.StockState.RESERVED})
    return {"text": text, "link": f"{reverse('admin:orders_order_changelist')}?{query}"}


def _newest_orders_table(orders: list[Order]) -> dict[str, Any]:
    rows = [
        [
            _link("orders_order", order.pk, order.number),
            f"{timezone.localtime(order.placed_at):%Y-%m-%d %H:%M}",
            order.name or order.email or order.phone or str(order.user or "\u2013"),
            money.format_price(order.total, order.currency),
            badges.order_badge(order),
        ]
        for order in orders
    ]
    return {"headers": ["Order", "Placed", "Buyer", "Total", "Status"], "rows": rows}


def _low_stock_table(variants: CountedRows[Variant]) -> dict[str, Any]:
    rows = [
        [
            _link("products_stockofvariant", variant.pk, f"{variant.product.name} {variant.name}".strip()),
            variant.sku,
            render_stock_badge(variant.available, variant.product.low_stock_threshold),
        ]
        for variant in variants.rows
    ]
    return {"count": variants.count, "table": {"headers": ["Product", "SKU", "Left"], "rows": rows}}


def _alert_groups(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what needs attention: each kind with its first rows, its count and a link to all of them."""
    groups: list[dict[str, Any]] = []
    if can_view(request, "orders.order"):
        orders = reports.list_orders_with_alerts(ALERT_LIMIT)
        groups.append(_alert_group("Orders that need attention", "orders_order", "attention__isempty=0", orders, _order_row))
    if can_view(request, "orders.refund"):
        since = timezone.now() - timedelta(days=reports.DEFAULT_DAYS)
        refunds = reports.list_stuck_refunds(ALERT_LIMIT, since)
        title = f"Refunds that need attention, last {reports.DEFAULT_DAYS} days"
        query = urlencode({"state__in": ",".join(reports.STUCK_REFUND_STATES), "updated_at__gte": since.isoformat()})
        groups.append(_alert_group(title, "orders_refund", query, refunds, _refund_row))
    if can_view(request, "orders.stripeevent"):
        events = reports.list_failed_events(ALERT_LIMIT)
        groups.append(_alert_group("Failed provider events", "orders_stripeevent", "status__exact=failed", events, _event_row))
    if can_view(request, "core.job"):
        jobs = fetch_first_rows(Job.objects.filter(failed_at__isnull=False).order_by("-failed_at", "-pk"), ALERT_LIMIT)
        groups.append(_alert_group("Failed jobs", "core_job", "failed_at__isempty=0", jobs, _job_row))
    return groups


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
