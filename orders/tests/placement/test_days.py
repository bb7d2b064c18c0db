"""Days are those of the shop's time zone: in order numbers, in downloads, and in e-mails about low stock"""

import csv
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from carts.tests.factories import add_to_cart
from core.models import Job
from orders import tokens
from orders.models import Order
from orders.tests.factories import customer, placed
from products.models import StockMovement
from products.tests.factories import make_product
from tests.admin.staff_clients import make_superuser_client

pytestmark = pytest.mark.django_db
LATE_IN_UTC = datetime(2026, 11, 28, 20, 0, tzinfo=UTC)  # 01:30 on the 29th in India, 12:00 on the 28th in Los Angeles


@pytest.fixture
def in_india(settings: Settings) -> None:
    """The shop is in India."""
    settings.TIME_ZONE = "Asia/Kolkata"


@pytest.fixture
def at_night(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is night in India, and still yesterday in UTC."""
    monkeypatch.setattr("orders.placement.place.timezone.now", lambda: LATE_IN_UTC)


@pytest.mark.parametrize(
    ("zone", "day"),
    [("UTC", "261128"), ("Asia/Kolkata", "261129"), ("America/Los_Angeles", "261128"), ("Pacific/Kiritimati", "261129")],
)
def test_the_number_bears_the_day_in_the_shop(settings: Settings, zone: str, day: str) -> None:
    settings.TIME_ZONE = zone

    assert tokens.generate_order_number(LATE_IN_UTC)[:7] == f"{day}-"


def test_the_zone_of_a_request_does_not_matter(in_india: None) -> None:
    with timezone.override("America/Los_Angeles"):
        assert tokens.generate_order_number(LATE_IN_UTC).startswith("261129-")


def test_an_order_of_the_night_has_the_day_of_the_shop(in_india: None, at_night: None, settings: Settings) -> None:
    settings.SHOP_EMAIL = "owner@shop.example"
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=7), 4)

    order = placed(client)

    assert order["number"].startswith("261129-")
    assert Job.objects.get(payload__kind="low_stock").dedupe_key == "low_stock:LAMP:2026-11-29"
    assert order["placed_at"].startswith("2026-11-28T20:00:00")  # the API tells the moment, in UTC


def test_downloads_have_the_time_of_the_shop(in_india: None) -> None:
    client = customer()
    add_to_cart(client, make_product(sku="LAMP", stock=5))
    placed(client)
    Order.objects.update(placed_at=LATE_IN_UTC)
    StockMovement.objects.update(created_at=LATE_IN_UTC)
    staff = make_superuser_client()

    def read(page: str, pks: list[int]) -> list[dict[str, Any]]:
        response = staff.post(page, {"action": "as_csv", "_selected_action": pks})
        return list(csv.DictReader(StringIO(response.getvalue().decode("utf-8-sig"))))

    orders = read("/admin/orders/order/", [Order.objects.get().pk])
    movements = read("/admin/products/stockmovement/", list(StockMovement.objects.values_list("pk", flat=True)))
    assert [row["placed_at"] for row in orders] == ["2026-11-29T01:30:00+05:30"]
    assert {row["at"] for row in movements} == {"2026-11-29T01:30:00+05:30"}
    slip = staff.get(f"/admin/orders/order/{Order.objects.get().pk}/slip/").content.decode()
    assert "of 29 Nov 2026" in slip
