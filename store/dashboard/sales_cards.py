"""The sales of the home page: a card for each currency, with the figures of today and this month and a chart of the last days."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from core import money
from orders.sales import PeriodSales, Sales, SalesSummary

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


def build_cards(summaries: Sequence[SalesSummary], daily: Sequence[Sales], *, with_paid: bool) -> list[dict[str, Any]]:
    """Return a card for each currency; `with_paid` adds the paid amounts to the chart."""
    charts = {sales.currency: sales for sales in daily}
    summary_of = {summary.currency: summary for summary in summaries}
    return [
        {
            "currency": currency,
            "periods": _describe_periods(summary_of[currency]) if currency in summary_of else [],
            "chart": _build_chart(charts[currency], with_paid=with_paid) if currency in charts else None,
        }
        for currency in dict.fromkeys((*summary_of, *charts))
    ]


def _describe_periods(summary: SalesSummary) -> list[dict[str, str]]:
    """Return today and this month as text, each with the period that it is compared with."""
    yesterday, month, last_month = summary.yesterday, summary.month, summary.last_month
    until = f"{last_month.start:%B} 1 to {last_month.end.day}"
    return [
        _describe_period("Today", summary.today, f"Yesterday by {yesterday.end:%H:%M}", yesterday, summary.currency),
        _describe_period(f"{month.start:%B}", month, until, last_month, summary.currency),
    ]


def _describe_period(title: str, period: PeriodSales, compared: str, before: PeriodSales, currency: str) -> dict[str, str]:
    orders = f"{period.orders} order{'' if period.orders == 1 else 's'}"
    refunded = f", {money.format_price(period.refunded, currency)} refunded" if period.refunded else ""
    return {
        "title": title,
        "net": money.format_price(period.net, currency),
        "details": f"{orders}{refunded}",
        "before": f"{compared}: {money.format_price(before.net, currency)}",
        "change": f"{round(100 * (period.net - before.net) / before.net):+d} %" if before.net > 0 else "",
        "direction": "success" if period.net >= before.net else "warning",
    }


def _build_chart(sales: Sales, *, with_paid: bool) -> dict[str, Any]:
    """Return a bar chart of ordered and paid amounts, with the same figures as text."""
    ordered, paid = (
        {"label": label, "data": [str(amount) for amount in amounts], "backgroundColor": colour, "borderRadius": 3}
        for label, colour, amounts in (
            ("Ordered", GREEN, [day.ordered for day in sales.days]),
            ("Paid", BLUE, [day.paid for day in sales.days]),
        )
    )
    columns = 4 if with_paid else 3
    rows = [
        [f"{day.date:%a} {_format_day(day.date)}", day.orders, _amount(day.ordered, sales), _amount(day.paid, sales)][:columns]
        for day in reversed(sales.days)
        if day.orders or day.paid
    ]
    summary = f"{sales.orders} order{'' if sales.orders == 1 else 's'}, {_amount(sales.ordered, sales)}"
    labels = [_format_day(day.date) for day in sales.days]
    return {
        "summary": f"{summary}; {_amount(sales.paid, sales)} paid" if with_paid else summary,
        "data": json.dumps({"labels": labels, "datasets": [ordered, paid] if with_paid else [ordered]}),
        "options": json.dumps(OPTIONS),
        "table": {"headers": ["Day", "Orders", "Ordered", "Paid"][:columns], "rows": rows},
    }


def _format_day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _amount(amount: Decimal, sales: Sales) -> str:
    return money.format_price(amount, sales.currency)
