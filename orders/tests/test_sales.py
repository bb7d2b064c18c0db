"""Sales of today and this month, net of refunds, and what they are compared with"""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pytest_django import Settings

from orders import sales
from orders.models import Order, Payment, Refund

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)  # noon in India


@pytest.fixture(autouse=True)
def in_india(settings: Settings) -> None:
    """The shop's day begins at 18:30 UTC."""
    settings.TIME_ZONE = "Asia/Kolkata"


def make_order(at: datetime, total: str = "100.00", *, status: str = "processing", currency: str = "INR") -> Payment:
    """Create an order placed at this time; return its payment."""
    order = Order.objects.create(
        number=f"N{Order.objects.count()}",
        status=status,
        market="in",
        currency=currency,
        subtotal=Decimal(total),
        total=Decimal(total),
        created_at=at,
        placed_at=at,
    )
    return Payment.objects.create(order=order, provider="stripe", amount=order.total, currency=currency, amount_minor=10000)


def make_refund(payment: Payment, amount: str, at: datetime, *, state: str = "succeeded", source: str = "staff") -> None:
    """Record a refund made at this time."""
    Refund.objects.create(payment=payment, amount=Decimal(amount), amount_minor=1, state=state, source=source, created_at=at)


def utc(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """Return a time of 2026."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_each_period_begins_and_ends_by_the_shops_clock() -> None:
    for at in (
        utc(3, 9, 18, 30),  # the first moment of today
        utc(3, 9, 18, 29),  # yesterday, after noon
        utc(3, 9, 6, 30),  # yesterday at noon
        utc(3, 8, 18, 30),  # the first moment of yesterday
        utc(2, 28, 18, 30),  # the first moment of the month
        utc(2, 28, 18, 29),  # last month, after the 10th
        utc(2, 10, 6, 30),  # last month on the 10th at noon
        utc(2, 10, 6, 31),  # later
        utc(1, 31, 18, 30),  # the first moment of last month
        utc(1, 31, 18, 29),  # the month before it
    ):
        make_order(at)

    (rupees,) = sales.get_summaries(NOW)

    counts = (rupees.today.orders, rupees.yesterday.orders, rupees.month.orders, rupees.last_month.orders)
    assert counts == (1, 2, 5, 2)
    assert (rupees.yesterday.start, rupees.yesterday.end) == (utc(3, 8, 18, 30), utc(3, 9, 6, 30))
    assert f"{rupees.last_month.start:%B %d %H:%M}, {rupees.last_month.end:%B %d %H:%M}" == "February 01 00:00, February 10 12:00"
    assert (rupees.today.net, rupees.month.net) == (Decimal("100.00"), Decimal("500.00"))


def test_a_longer_month_is_compared_with_the_whole_of_a_shorter_one() -> None:
    make_order(utc(2, 28, 6, 30))

    (rupees,) = sales.get_summaries(utc(3, 31, 6, 30))

    assert (rupees.last_month.orders, rupees.last_month.end.day) == (1, 28)


def test_refunds_count_in_the_period_in_which_they_are_made() -> None:
    early = make_order(utc(2, 1, 0))
    late = make_order(utc(3, 10, 1))
    make_refund(early, "30.00", utc(3, 10, 2))
    make_refund(late, "10.00", utc(3, 10, 2), state="pending")
    make_refund(early, "7.00", utc(2, 2, 2))

    (rupees,) = sales.get_summaries(NOW)

    assert (rupees.today.orders, rupees.today.ordered, rupees.today.refunded) == (1, Decimal("100.00"), Decimal("40.00"))
    assert rupees.today.net == Decimal("60.00")
    assert (rupees.last_month.orders, rupees.last_month.ordered, rupees.last_month.refunded) == (
        1,
        Decimal("100.00"),
        Decimal("7.00"),
    )


@pytest.mark.parametrize(
    ("state", "source"), [("failed", "staff"), ("cancelled", "staff"), ("requested", "staff"), ("succeeded", "auto")]
)
def test_refunds_that_were_not_made_or_return_a_second_payment_do_not_count(state: str, source: str) -> None:
    make_refund(make_order(utc(3, 10, 1)), "30.00", utc(3, 10, 2), state=state, source=source)

    (rupees,) = sales.get_summaries(NOW)

    assert rupees.today.net == Decimal("100.00")


@pytest.mark.parametrize("status", ["pending", "cancelled", "expired"])
def test_an_order_that_is_no_sale_counts_neither_with_its_total_nor_with_its_refund(status: str) -> None:
    make_refund(make_order(utc(3, 10, 1), status=status), "100.00", utc(3, 10, 2))

    assert sales.get_summaries(NOW) == []


def test_currencies_are_apart_the_default_markets_first() -> None:
    make_order(utc(3, 10, 1), "9.99", currency="USD")
    make_order(utc(3, 10, 1), "500.00")

    rupees, dollars = sales.get_summaries(NOW)

    assert (rupees.currency, rupees.today.net) == ("INR", Decimal("500.00"))
    assert (dollars.currency, dollars.today.net) == ("USD", Decimal("9.99"))
