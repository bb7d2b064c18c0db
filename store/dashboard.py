"""The admin's first page: what was sold, what waits for somebody, what runs low. Nobody sees what he may not see elsewhere."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import money
from core.counted_rows import CountedRows, first_rows
from core.models import Job
from orders import reports
from orders.admin import badges
from orders.models import Order, Refund, StripeEvent
from products.admin.display import stock_badge
from products.catalog import stock_levels
from products.models import Variant
from store.navigation import may_see

SHOWN, WAITING = 10, 5
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


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the page's context what this member of staff may see; a constant number of statements."""
    context["waiting"] = _waiting(request)
    if may_see(request, "orders.order"):
        with_paid = request.user.has_perm("orders.view_payment")
        context["sales"] = [_plot(one, with_paid=with_paid) for one in reports.sales()]
        context["states"] = _states(reports.by_state())
        context["newest"] = _newest(reports.newest(SHOWN))
    if may_see(request, "products.stockofvariant"):
        context["low"] = _low(stock_levels.lowest(SHOWN))
    return context


def _plot(sales: reports.Sales, *, with_paid: bool) -> dict[str, Any]:
    """Bars of what was ordered and paid, with the same figures as text."""
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
    told = f"{sales.orders} order{'' if sales.orders == 1 else 's'}, {_amount(sales.ordered, sales)} {sales.currency}"
    return {
        "currency": sales.currency,
        "told": f"{told}; {_amount(sales.paid, sales)} {sales.currency} paid" if with_paid else told,
        "chart": json.dumps({"labels": labels, "datasets": [ordered, paid] if with_paid else [ordered]}),
        "options": json.dumps(OPTIONS),
        "table": {"headers": ["Day", "Orders", "Ordered", "Paid"][:columns], "rows": rows},
    }


def _amount(amount: Decimal, sales: reports.Sales) -> str:
    return f"{Decimal(money.text(amount, sales.currency)):,}"


def _states(found: dict[Order.Status, int]) -> list[dict[str, Any]]:
    """Each state with its part of the one that most orders are in."""
    most = max(found.values()) or 1
    orders = reverse("admin:orders_order_changelist")
    return [
        {
            **{"name": state.label, "count": count, "percent": 100 * count // most},
            "link": f"{orders}?status__exact={state.value}",
        }
        for state, count in found.items()
    ]


def _newest(orders: list[Order]) -> dict[str, Any]:
    rows = [
        [
            _link("orders_order", order.pk, order.number),
            f"{timezone.localtime(order.placed_at):%Y-%m-%d %H:%M}",
            order.name or order.email or order.phone or str(order.user or "\u2013"),
            f"{money.text(order.total, order.currency)} {order.currency}",
            badges.of_status(order),
        ]
        for order in orders
    ]
    return {"headers": ["Order", "Placed", "Buyer", "Total", "Status"], "rows": rows}


def _low(found: CountedRows[Variant]) -> dict[str, Any]:
    rows = [
        [
            _link("products_stockofvariant", variant.pk, f"{variant.product.name} {variant.name}".strip()),
            variant.sku,
            stock_badge(variant.available, variant.product.low_stock_threshold),
        ]
        for variant in found.rows
    ]
    return {"count": found.count, "table": {"headers": ["Product", "SKU", "Left"], "rows": rows}}


def _waiting(request: HttpRequest) -> list[dict[str, Any]]:
    """What needs attention: each kind with the first of it, and where all of it is."""
    kinds: list[dict[str, Any]] = []
    if may_see(request, "orders.order"):
        orders = reports.flagged(WAITING)
        kinds.append(
            _kind("Orders to look at", "orders_order", "attention__isempty=0", orders, [_flagged(one) for one in orders.rows])
        )
    if may_see(request, "orders.refund"):
        since = timezone.now() - timedelta(days=reports.DAYS)
        refunds = reports.stuck_refunds(WAITING, since)
        kinds.append(
            _kind(
                f"Refunds to look at, last {reports.DAYS} days",
                "orders_refund",
                urlencode({"state__in": ",".join(reports.STUCK), "updated_at__gte": since.isoformat()}),
                refunds,
                [_refund(one) for one in refunds.rows],
            )
        )
    if may_see(request, "orders.stripeevent"):
        events = reports.failed_events(WAITING)
        kinds.append(
            _kind(
                "Provider events that failed",
                "orders_stripeevent",
                "status__exact=failed",
                events,
                [_event(one) for one in events.rows],
            )
        )
    if may_see(request, "core.job"):
        jobs = first_rows(Job.objects.filter(failed_at__isnull=False).order_by("-failed_at", "-pk"), WAITING)
        kinds.append(_kind("Jobs given up", "core_job", "failed_at__isempty=0", jobs, [_job(one) for one in jobs.rows]))
    return kinds


def _kind(title: str, page: str, query: str, found: CountedRows[Any], rows: list[tuple[SafeString, str]]) -> dict[str, Any]:
    return {"title": title, "count": found.count, "rows": rows, "link": f"{reverse(f'admin:{page}_changelist')}?{query}"}


def _flagged(order: Order) -> tuple[SafeString, str]:
    return _link("orders_order", order.pk, order.number), badges.flag_words(order)


def _refund(refund: Refund) -> tuple[SafeString, str]:
    currency = refund.payment.currency
    words = f"{money.text(refund.amount, currency)} {currency} {refund.failure_code or refund.get_state_display()}"
    return _link("orders_refund", refund.pk, refund.payment.order.number), words


def _event(event: StripeEvent) -> tuple[SafeString, str]:
    return _link("orders_stripeevent", event.pk, event.type), event.last_error[:80]


def _job(job: Job) -> tuple[SafeString, str]:
    return _link("core_job", job.pk, str(job)), job.last_error[:80]


def _link(page: str, pk: Any, words: str) -> SafeString:
    return format_html('<a class="text-link" href="{}">{}</a>', reverse(f"admin:{page}_change", args=[pk]), words)
