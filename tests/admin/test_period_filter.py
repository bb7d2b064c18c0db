"""The filter of the admin's lists by period, in the shop's time zone"""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from orders.models import Order
from tests.admin.order_pages import ORDERS, copy_orders, list_numbers, make_cash_order, read
from tests.admin.staff_clients import make_superuser_client

pytestmark = pytest.mark.django_db
CREATED = (  # Kolkata is 5:30 hours ahead, so each pair stands on both sides of a midnight there
    *(datetime(2024, 3, 31, 18, 29, tzinfo=UTC), datetime(2024, 2, 29, 18, 30, tzinfo=UTC)),
    *(datetime(2024, 2, 29, 18, 29, tzinfo=UTC), datetime(2023, 12, 31, 18, 30, tzinfo=UTC)),
    datetime(2023, 12, 31, 18, 29, tzinfo=UTC),
)


@pytest.fixture
def staff_client(settings: Settings) -> Client:
    """The client of a superuser of a shop in Kolkata."""
    settings.TIME_ZONE = "Asia/Kolkata"
    return make_superuser_client()


@pytest.mark.parametrize(
    ("period", "numbers"),
    [
        ("2024-03", ["COPY-0", "COPY-1"]),
        ("2024", ["COPY-0", "COPY-1", "COPY-2", "COPY-3"]),
        ("2023-12", ["COPY-4"]),
    ],
)
def test_a_month_and_a_year_are_those_of_the_shops_clock(staff_client: Client, period: str, numbers: list[str]) -> None:
    copies = copy_orders(make_cash_order(), len(CREATED))
    for copy, created_at in zip(copies, CREATED, strict=True):
        Order.objects.filter(pk=copy.pk).update(created_at=created_at)

    assert list_numbers(staff_client, f"?created_at_in={period}") == numbers


def test_the_last_days_end_with_today(staff_client: Client) -> None:
    copies = copy_orders(make_cash_order(), 4)
    midnight = timezone.localtime(timezone.now(), timezone.get_default_timezone()).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    moments = (midnight, midnight - timedelta(seconds=1), midnight - timedelta(days=6), midnight - timedelta(days=6, seconds=1))
    Order.objects.exclude(number__startswith="COPY").delete()
    for copy, moment in zip(copies, moments, strict=True):
        Order.objects.filter(pk=copy.pk).update(created_at=moment)

    assert list_numbers(staff_client, "?created_at_in=today") == ["COPY-0"]
    assert list_numbers(staff_client, "?created_at_in=7-days") == ["COPY-0", "COPY-1", "COPY-2"]


def test_months_are_offered_back_to_the_oldest_row_and_then_years(staff_client: Client) -> None:
    order = make_cash_order()
    today = timezone.localdate(timezone=timezone.get_default_timezone())

    page = read(staff_client.get(ORDERS))

    assert f"?created_at_in={today:%Y-%m}" in page
    assert page.count("?created_at_in=") == 4

    Order.objects.filter(pk=order.pk).update(created_at=datetime(2023, 5, 6, tzinfo=UTC))

    page = read(staff_client.get(ORDERS))

    assert "?created_at_in=2023" in page
    assert "?created_at_in=2023-05" not in page


def test_the_counts_of_the_other_filters_are_shown_beside_it(staff_client: Client) -> None:
    make_cash_order()

    assert "Processing (1)" in read(staff_client.get(f"{ORDERS}?_facets=True"))


@pytest.mark.parametrize("period", ["2024-13", "2024-1", "last week", "9999"])
def test_an_unknown_period_shows_the_whole_list(staff_client: Client, period: str) -> None:
    response = staff_client.get(f"{ORDERS}?created_at_in={period}")

    assert (response.status_code, response["Location"]) == (302, f"{ORDERS}?e=1")
