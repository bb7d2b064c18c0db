"""The figures of the admin dashboard: sales by day, orders by status, and what needs attention."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from core import markets, money
from core.counted_rows import CountedRows, fetch_first_rows
from orders import minor_units
from orders.models import Order, OrderItem, Payment, Refund, StripeEvent

DEFAULT_DAYS = 30
Status = Order.Status
STUCK_REFUND_STATES = (Refund.State.FAILED, Refund.State.REQUIRES_ACTION)
SOLD_STATUSES = (Status.PROCESSING, Status.SHIPPED, Status.DELIVERED)


@dataclass(frozen=True, slots=True)
class DailySales:
    """The orders of a day, their total, and the amount paid on that day."""

    date: date
    orders: int
    ordered: Decimal
    paid: Decimal


@dataclass(frozen=True, slots=True)
class Sales:
    """The sales in one currency, oldest day first, without gaps."""

    currency: str
    days: list[DailySales]

    @property
    def orders(self) -> int:
        """Return the number of orders."""
        return sum(day.orders for day in self.days)

    @property
    def ordered(self) -> Decimal:
        """Return the total of the orders."""
        return sum((day.ordered for day in self.days), Decimal(0))

    @property
    def paid(self) -> Decimal:
        """Return the amount paid."""
        return sum((day.paid for day in self.days), Decimal(0))


def get_sales(until: date | None = None, days: int = DEFAULT_DAYS) -> list[Sales]:
    """Return the sales of the last days, in the shop's time zone, for each currency with sales; two statements.

    An order counts on the day it was placed, unless it awaits payment, expired or was cancelled. A payment counts on
    the day it was made, refunded or not.
    """
    last_day = until or timezone.localdate(timezone=timezone.get_default_timezone())
    dates = [last_day - timedelta(days=age) for age in reversed(range(days))]
    placed, paid = _placed_by_day(dates[0]), _paid_by_day(dates[0])
    currencies = _sort_currencies({currency for currency, day in (*placed, *paid) if day <= last_day})
    return [
        Sales(
            currency,
            [
                DailySales(day, *placed.get((currency, day), (0, Decimal(0))), paid.get((currency, day), Decimal(0)))
                for day in dates
            ],
        )
        for currency in currencies
    ]


def _placed_by_day(first: date) -> dict[tuple[str, date], tuple[int, Decimal]]:
    start = _midnight(first)
    # Orders are placed when their row is created, and created_at has an index.
    orders = Order.objects.filter(created_at__gte=start - timedelta(days=1), placed_at__gte=start, status__in=SOLD_STATUSES)
    rows = orders.values_list("currency", _truncate_to_day("placed_at")).annotate(Count("pk"), Sum("total")).order_by()
    return {(currency, day): (count, _quantize(total, currency)) for currency, day, count, total in rows}


def _paid_by_day(first: date) -> dict[tuple[str, date], Decimal]:
    captured = Payment.objects.filter(order__paid_at__gte=_midnight(first), captured_minor__gt=0)
    rows = (
        captured.values_list("provider", "currency", _truncate_to_day("order__paid_at")).annotate(Sum("captured_minor")).order_by()
    )
    paid: dict[tuple[str, date], Decimal] = {}
    for provider, currency, day, minor in rows:
        amount = minor_units.to_major(minor, provider, currency)
        paid[currency, day] = paid.get((currency, day), Decimal(0)) + amount
    return {key: _quantize(total, key[0]) for key, total in paid.items()}


def _truncate_to_day(column: str) -> TruncDate:
    return TruncDate(column, tzinfo=timezone.get_default_timezone())


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def _quantize(total: Any, currency: str) -> Decimal:
    """Round a sum to the currency's digits, because SQLite adds floats."""
    return Decimal(total).quantize(Decimal(1).scaleb(-money.exponent(currency)))


def _sort_currencies(currencies: Iterable[str]) -> list[str]:
    """Sort currencies in the order of the markets, the default market first."""
    known = [market.currency for market in markets.get_markets().values()]
    return sorted(currencies, key=lambda code: (known.index(code) if code in known else len(known), code))


def count_orders_by_status() -> dict[Status, int]:
    """Return the number of orders in each status, in the order of the order's life cycle."""
    counts = dict(Order.objects.order_by().values_list("status").annotate(Count("pk")))
    return {status: counts.get(status, 0) for status in Status}


def count_unpaid_reservations() -> tuple[int, int]:
    """Return how many unpaid orders reserve stock, and how many units; one statement."""
    reserved = Order.objects.filter(stock_state=Order.StockState.RESERVED)
    counts = reserved.aggregate(orders=Count("pk", distinct=True), units=Sum("items__quantity"))
    return counts["orders"], counts["units"] or 0


def list_reserved_items(variant_id: int, limit: int) -> list[OrderItem]:
    """Return the lines of unpaid orders that reserve units of a variant, with their orders, most units first."""
    items = OrderItem.objects.filter(variant=variant_id, order__stock_state=Order.StockState.RESERVED)
    return list(items.select_related("order").order_by("-quantity", "pk")[:limit])


def list_newest_orders(limit: int) -> list[Order]:
    """Return the newest orders with their users."""
    return list(Order.objects.select_related("user").order_by("-created_at", "-id")[:limit])


def list_orders_with_alerts(limit: int) -> CountedRows[Order]:
    """Return the orders with an open alert, newest first."""
    return fetch_first_rows(Order.objects.exclude(attention="").order_by("-created_at", "-id"), limit)


def list_failed_events(limit: int) -> CountedRows[StripeEvent]:
    """Return the provider events that failed, newest first."""
    return fetch_first_rows(StripeEvent.objects.filter(status=StripeEvent.Status.FAILED).defer("payload").order_by("-id"), limit)


def list_stuck_refunds(limit: int, since: datetime) -> CountedRows[Refund]:
    """Return the refunds that have failed or required action since then, newest first."""
    stuck: QuerySet[Refund] = Refund.objects.filter(state__in=STUCK_REFUND_STATES, updated_at__gte=since)
    return fetch_first_rows(stuck.select_related("payment__order").order_by("-created_at", "-pk"), limit)
