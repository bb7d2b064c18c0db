"""What staff see at a glance: sales by day, orders by state, and what waits for somebody."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from core import markets, money
from core.counted_rows import CountedRows, first_rows
from orders.models import Order, Payment, Refund, StripeEvent
from orders.payments import stripe_gateway

DAYS = 30
Status = Order.Status
STUCK = (Refund.State.FAILED, Refund.State.REQUIRES_ACTION)
SOLD = (Status.PROCESSING, Status.SHIPPED, Status.DELIVERED)


@dataclass(frozen=True, slots=True)
class Day:
    """A day's orders that stand, what they come to, and what was paid on that day."""

    date: date
    orders: int
    ordered: Decimal
    paid: Decimal


@dataclass(frozen=True, slots=True)
class Sales:
    """The days of one currency, oldest first and without a gap."""

    currency: str
    days: list[Day]

    @property
    def orders(self) -> int:
        """The number of orders."""
        return sum(day.orders for day in self.days)

    @property
    def ordered(self) -> Decimal:
        """What they come to."""
        return sum((day.ordered for day in self.days), Decimal(0))

    @property
    def paid(self) -> Decimal:
        """What was paid."""
        return sum((day.paid for day in self.days), Decimal(0))


def sales(until: date | None = None, days: int = DAYS) -> list[Sales]:
    """Return the last days, by the shop's own clock, of each currency in which something was sold; two statements.

    A sale counts on the day on which it was placed, unless it waits for its payment, expired or was cancelled. What was
    paid counts on the day of the payment, refunded or not.
    """
    last = until or timezone.localdate(timezone=timezone.get_default_timezone())
    dates = [last - timedelta(days=back) for back in reversed(range(days))]
    placed, paid = _placed(dates[0]), _paid(dates[0])
    return [
        Sales(
            currency, [Day(on, *placed.get((currency, on), (0, Decimal(0))), paid.get((currency, on), Decimal(0))) for on in dates]
        )
        for currency in _in_order({currency for currency, on in (*placed, *paid) if on <= last})
    ]


def _placed(first: date) -> dict[tuple[str, date], tuple[int, Decimal]]:
    start = _midnight(first)
    # An order is placed when it is made, and for that there is an index.
    stand = Order.objects.filter(created_at__gte=start - timedelta(days=1), placed_at__gte=start, status__in=SOLD)
    rows = stand.values_list("currency", _day("placed_at")).annotate(Count("pk"), Sum("total")).order_by()
    return {(currency, on): (count, _exact(total, currency)) for currency, on, count, total in rows}


def _paid(first: date) -> dict[tuple[str, date], Decimal]:
    captured = Payment.objects.filter(order__paid_at__gte=_midnight(first), captured_minor__gt=0)
    rows = captured.values_list("provider", "currency", _day("order__paid_at")).annotate(Sum("captured_minor")).order_by()
    paid: dict[tuple[str, date], Decimal] = {}
    for provider, currency, on, minor in rows:  # Stripe's minor units are not always the currency's
        digits = stripe_gateway.digits_of(currency) if provider == Order.Method.STRIPE else money.exponent(currency)
        paid[currency, on] = paid.get((currency, on), Decimal(0)) + Decimal(minor).scaleb(-digits)
    return {key: _exact(total, key[0]) for key, total in paid.items()}


def _day(column: str) -> TruncDate:
    return TruncDate(column, tzinfo=timezone.get_default_timezone())


def _midnight(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on, time.min), timezone.get_default_timezone())


def _exact(total: Any, currency: str) -> Decimal:
    """Give a sum the currency's digits: SQLite adds floats."""
    return Decimal(total).quantize(Decimal(1).scaleb(-money.exponent(currency)))


def _in_order(currencies: Iterable[str]) -> list[str]:
    """The default market's first, then those of the others."""
    known = [market.currency for market in markets.table().values()]
    return sorted(currencies, key=lambda one: (known.index(one) if one in known else len(known), one))


def by_state() -> dict[Status, int]:
    """Return how many orders are in each state, in the order in which they come to it."""
    found = dict(Order.objects.order_by().values_list("status").annotate(Count("pk")))
    return {state: found.get(state, 0) for state in Status}


def newest(limit: int) -> list[Order]:
    """Return the latest orders with their users."""
    return list(Order.objects.select_related("user").order_by("-created_at", "-id")[:limit])


def flagged(limit: int) -> CountedRows[Order]:
    """Return orders that somebody has to look at, newest first."""
    return first_rows(Order.objects.exclude(attention="").order_by("-created_at", "-id"), limit)


def failed_events(limit: int) -> CountedRows[StripeEvent]:
    """Return the provider's events that could not be worked through, newest first."""
    return first_rows(StripeEvent.objects.filter(status=StripeEvent.Status.FAILED).defer("payload").order_by("-id"), limit)


def stuck_refunds(limit: int, since: datetime) -> CountedRows[Refund]:
    """Return the refunds that failed since then, or wait for somebody to act, newest first."""
    stuck: QuerySet[Refund] = Refund.objects.filter(state__in=STUCK, updated_at__gte=since)
    return first_rows(stuck.select_related("payment__order").order_by("-created_at", "-pk"), limit)
