"""Sales by day and by period, in the shop's time zone.

An order counts when it was placed, unless it awaits payment, expired, was cancelled, or came back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Count, Q, QuerySet, Sum, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from core import markets, money
from orders import minor_units
from orders.models import Order, Payment, Refund, Shipment

DEFAULT_DAYS = 30


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


@dataclass(frozen=True, slots=True)
class PeriodSales:
    """The orders of a period, their total, and the refunds made in that period, whenever the order was placed.

    `start` and `end` are its first and last moment, in the shop's time zone.
    """

    start: datetime
    end: datetime
    orders: int
    ordered: Decimal
    refunded: Decimal

    @property
    def net(self) -> Decimal:
        """Return the sales less the refunds."""
        return self.ordered - self.refunded


@dataclass(frozen=True, slots=True)
class SalesSummary:
    """The sales in one currency, today and this month, and what they are compared with."""

    currency: str
    today: PeriodSales
    yesterday: PeriodSales
    month: PeriodSales
    last_month: PeriodSales


def get_daily_sales(until: date | None = None, days: int = DEFAULT_DAYS) -> list[Sales]:
    """Return the sales of the last days, in the shop's time zone, for each currency with sales; two statements.

    A payment counts on the day it was made, refunded or not, and what a carrier collects on the day of the delivery.
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
    orders = _list_sold_since(start)
    rows = orders.values_list("currency", _truncate_to_day("placed_at")).annotate(Count("pk"), Sum("total")).order_by()
    return {(currency, day): (count, _quantize(total, currency)) for currency, day, count, total in rows}


def _list_sold_since(start: datetime) -> QuerySet[Order]:
    # Orders are placed when their row is created, and created_at has an index.
    sold = Order.objects.filter(status__in=Order.SOLD_STATUSES)
    return sold.filter(created_at__gte=start - timedelta(days=1), placed_at__gte=start)


def _paid_by_day(first: date) -> dict[tuple[str, date], Decimal]:
    """Return what was paid on each day, by currency and day; one statement.

    Cash on Delivery is paid in parts: the cash of each parcel counts on the day of its delivery.
    """
    start = _midnight(first)
    captured = Payment.objects.filter(order__paid_at__gte=start, captured_minor__gt=0).exclude(provider=Order.Method.COD)
    by_card = captured.values_list("provider", "currency", _truncate_to_day("order__paid_at")).annotate(Sum("captured_minor"))
    collected = Shipment.objects.filter(delivered_at__gte=start, cod_collected_minor__gt=0)
    in_cash = collected.values_list(Value(str(Order.Method.COD)), "order__currency", _truncate_to_day("delivered_at")).annotate(
        Sum("cod_collected_minor")
    )
    paid: dict[tuple[str, date], Decimal] = {}
    for provider, currency, day, minor in by_card.order_by().union(in_cash.order_by(), all=True):
        amount = minor_units.to_major(minor, provider, currency)
        paid[currency, day] = paid.get((currency, day), Decimal(0)) + amount
    return {key: _quantize(total, key[0]) for key, total in paid.items()}


def get_summaries(now: datetime | None = None) -> list[SalesSummary]:
    """Return the sales of today and this month, for each currency with sales since the start of last month; two statements.

    They are compared with yesterday and last month up to the same time of the day and day of the month.
    """
    periods = _get_periods(now or timezone.now())
    start = periods["last_month"][0]
    placed = _list_sold_since(start)
    # A refund by the shop itself returns a payment that came twice: the order is still sold.
    made = Refund.objects.filter(created_at__gte=start, state__in=Refund.REFUNDED_STATES).exclude(source=Refund.Source.AUTO)
    refunds = made.filter(payment__order__status__in=Order.SOLD_STATUSES)
    sold = {row["currency"]: row for row in _sum_periods(placed, periods, currency="currency", at="placed_at", amount="total")}
    returned = {
        row["payment__currency"]: row
        for row in _sum_periods(refunds, periods, currency="payment__currency", at="created_at", amount="amount")
    }
    return [
        SalesSummary(
            currency,
            **{
                name: _build_period(name, bounds, currency, sold=sold.get(currency), returned=returned.get(currency))
                for name, bounds in periods.items()
            },
        )
        for currency in _sort_currencies({*sold, *returned})
    ]


def _get_periods(now: datetime) -> dict[str, tuple[datetime, datetime]]:
    """Return the first and last moment of each period of a `SalesSummary`."""
    zone = timezone.get_default_timezone()
    local = timezone.localtime(now, zone)
    first = local.date().replace(day=1)
    last_of_previous = first - timedelta(days=1)
    yesterday = local.date() - timedelta(days=1)
    same_day = last_of_previous.replace(day=min(local.day, last_of_previous.day))
    return {
        "today": (_midnight(local.date()), local),
        "yesterday": (_midnight(yesterday), timezone.make_aware(datetime.combine(yesterday, local.time()), zone)),
        "month": (_midnight(first), local),
        "last_month": (
            _midnight(last_of_previous.replace(day=1)),
            timezone.make_aware(datetime.combine(same_day, local.time()), zone),
        ),
    }


def _sum_periods(
    rows: QuerySet[Any], periods: dict[str, tuple[datetime, datetime]], *, currency: str, at: str, amount: str
) -> list[dict[str, Any]]:
    """Return count and sum of the rows of each period, as `today_count` and `today_sum`, by currency."""
    sums: dict[str, Aggregate] = {}
    for period, (start, end) in periods.items():
        within = Q((f"{at}__gte", start), (f"{at}__lte", end))
        sums |= {f"{period}_count": Count("pk", filter=within), f"{period}_sum": Sum(amount, filter=within)}
    return list(rows.order_by().values(currency).annotate(**sums))


def _build_period(
    name: str, bounds: tuple[datetime, datetime], currency: str, *, sold: dict[str, Any] | None, returned: dict[str, Any] | None
) -> PeriodSales:
    ordered, refunded = ((row or {}).get(f"{name}_sum") or 0 for row in (sold, returned))
    count = (sold or {}).get(f"{name}_count", 0)
    return PeriodSales(*bounds, count, _quantize(ordered, currency), _quantize(refunded, currency))


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
