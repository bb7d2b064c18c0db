"""The page Cash on Delivery: what carriers owe, by carrier and currency, with the parcels behind each number"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from orders.fulfilment.parcels import outcomes
from orders.models import Order, Remittance, Shipment
from orders.tests.parcels.parcels import STAFF
from orders.tests.remittances.remittances import import_file, make_lamp, make_parcel
from store.environment_carriers import parse_carriers
from tests.admin.order_pages import read
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.query_capture import capture_statements

pytestmark = pytest.mark.django_db
CASH, EXPORT = "/admin/orders/cashparcel/", "/admin/orders/cashparcel/export/"


@pytest.fixture
def parcels(tmp_path: Path) -> list[Shipment]:
    """Parcels of a lamp for 20.00: paid, paid short, short at the door, overdue, on the way, sent before there were parcels."""
    lamp = make_lamp()
    found = [make_parcel(lamp, f"buyer{number}@example.com", is_delivered=False) for number in range(6)]
    for parcel in (*found[:2], found[3], found[5]):
        outcomes.deliver_parcel(STAFF, parcel.pk)
    outcomes.deliver_parcel(STAFF, found[2].pk, collected=1900)
    import_file(tmp_path, f"awb,amount,charges\n{found[0].tracking_number},20,1.25\n{found[1].tracking_number},15,0\n")
    Shipment.objects.filter(pk=found[3].pk).update(delivered_at=timezone.now() - timedelta(days=15))
    Shipment.objects.filter(pk=found[5].pk).update(settled_before=True)
    return found


def get_rows(response: Any) -> list[list[str]]:
    """Return the table of carriers, as text."""
    table = response.context["balances"]
    return [[re.sub("<[^>]*>", "", cell) for cell in row] for row in table["rows"]] if table else []


def list_shown(client: Client, query: str) -> set[str]:
    """Return the labels of the parcels that the list shows."""
    return {parcel.label for parcel in client.get(f"{CASH}?{query}").context["cl"].result_list}


def test_the_table_adds_up_for_each_carrier(parcels: list[Shipment]) -> None:
    response = make_superuser_client().get(CASH)

    currency = parcels[0].order.currency
    sign = "₹" if currency == "INR" else "$"
    assert get_rows(response) == [
        [
            *(f"Post, {currency}", f"{sign}20.00", f"{sign}79.00", f"{sign}1.00", f"{sign}35.00", f"{sign}5.00", f"{sign}39.00"),
            *(f"{sign}20.00", f"{sign}1.25"),
        ]
    ]


def test_carriers_have_their_names_and_those_without_cash_are_left_out(parcels: list[Shipment], settings: Settings) -> None:
    settings.CARRIERS = parse_carriers("post|India Post")
    Shipment.objects.update(carrier="post")
    Remittance.objects.update(carrier="post")
    Shipment.objects.filter(pk=parcels[4].pk).update(carrier="", state="packed")

    response = make_superuser_client().get(CASH)

    currency = parcels[4].order.currency
    assert [row[0] for row in get_rows(response)] == [f"India Post, {currency}"]
    page = read(response)
    assert parcels[4].label in page
    assert page.count("<span>India Post</span>") == 4


def test_each_number_leads_to_its_parcels(parcels: list[Shipment]) -> None:
    staff, currency = make_superuser_client(), parcels[0].order.currency
    expected = {
        "on_the_way": {4},
        "collected": {0, 1, 2, 3},
        "remitted": {0, 1},
        "short_at_door": {2},
        "short_by_carrier": {1},
        "open": {2, 3},
        "overdue": {3},
    }

    shown = {kind: list_shown(staff, f"carrier=Post&currency={currency}&cash={kind}") for kind in expected}

    assert shown == {kind: {parcels[number].label for number in numbers} for kind, numbers in expected.items()}
    assert list_shown(staff, "carrier=-") == set()
    for kind in expected:
        assert f"cash={kind}" in staff.get(CASH).content.decode()


def test_the_days_until_cash_is_overdue_are_a_setting(parcels: list[Shipment], settings: Any) -> None:
    settings.COD_REMITTANCE_DAYS = 16

    assert list_shown(make_superuser_client(), "cash=overdue") == set()


def test_the_table_and_the_list_are_of_one_period(parcels: list[Shipment]) -> None:
    Shipment.objects.exclude(pk=parcels[3].pk).update(created_at=timezone.now() - timedelta(days=40))

    rows = get_rows(make_superuser_client().get(f"{CASH}?created_at_in=7-days"))

    assert [cell[1:] for cell in rows[0][1:]] == ["", "20.00", "", "", "", "20.00", "20.00", "1.25"]


def test_the_export_has_the_parcels_of_the_list(parcels: list[Shipment]) -> None:
    content = b"".join(make_superuser_client().get(f"{EXPORT}?cash=short_by_carrier").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]

    header, row = content.splitlines()
    assert header == (
        "parcel,carrier,tracking_number,state,delivered_at,currency,due,collected,short_at_door,remitted,short_by_carrier,open"
    )
    assert row.startswith(f"'{parcels[1].label},Post," if row.startswith("'") else f"{parcels[1].label},Post,")
    assert row.endswith("20.00,20.00,0.00,15.00,5.00,0.00")


def test_the_page_has_the_same_statements_for_more_parcels(parcels: list[Shipment]) -> None:
    staff = make_superuser_client()
    Shipment.objects.filter(pk__gt=parcels[1].pk).update(settled_before=True)
    with capture_statements() as few:
        staff.get(CASH)
    Shipment.objects.update(settled_before=False)

    with capture_statements() as many:
        staff.get(CASH)

    assert len(few) == len(many)


@pytest.mark.parametrize(
    ("permissions", "status", "may_upload"),
    [
        (["view_order", "ship_order"], 403, False),
        (["refund_order", "view_remittance"], 403, False),
        (["view_order", "view_remittance"], 200, False),
        (["view_order", "refund_order"], 200, True),
    ],
)
def test_staff_who_deal_with_money_view_the_cash(
    permissions: list[str], status: int, may_upload: bool, parcels: list[Shipment]
) -> None:
    staff = make_staff_client(*permissions)

    page = staff.get(CASH)

    assert (page.status_code, staff.get(EXPORT).status_code) == (status, status)
    assert ("Upload a remittance" in page.content.decode()) is may_upload
    assert staff.get("/admin/orders/remittance/upload/").status_code == (200 if may_upload else 403)


def test_the_home_page_shows_overdue_cash_to_those_who_deal_with_money(parcels: list[Shipment]) -> None:
    page = make_superuser_client().get("/admin/").content.decode()

    assert "Overdue cash" in page
    assert "/admin/orders/cashparcel/?cash=overdue" in page
    assert "Overdue cash" not in make_staff_client("view_order", "ship_order").get("/admin/").content.decode()


@pytest.mark.parametrize("query", ["cash=unknown", "created_at_in=never"])
def test_unknown_filters_are_refused(query: str, parcels: list[Shipment]) -> None:
    response = make_superuser_client().get(f"{CASH}?{query}")

    assert response.status_code == 302
    assert Order.objects.count() == 6


def test_a_carrier_of_the_settings_has_its_name_and_one_row_with_the_parcels_from_before(settings: Settings) -> None:
    lamp = make_lamp()
    early = make_parcel(lamp)
    settings.CARRIERS = {"ip": ("Post", "", "")}
    late = make_parcel(lamp, "bob@example.com")
    client = make_superuser_client()

    response = client.get(CASH)

    (row,) = get_rows(response)
    assert row[0] == f"Post, {early.order.currency}"
    assert list_shown(client, "carrier=ip&cash=collected") == {early.label, late.label}
    assert "ip" not in {parcel.split(",")[1] for parcel in b"".join(client.get(EXPORT)).decode().splitlines()}
