"""/admin/: the figures of the home page, who sees which, and how many queries they take"""

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.tests.factories import make_user
from carts.tests.factories import add_to_cart
from core.actors import SYSTEM
from core.models import Job
from orders import sales
from orders.fulfilment import shipping
from orders.fulfilment.parcels import outcomes, packing, sending
from orders.models import Order, Payment, Refund, Shipment, StripeEvent
from orders.tests.factories import placed
from products.models import Product, Variant
from products.tests.factories import make_product
from tests.admin.staff_clients import make_staff_client, make_superuser_client
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unthrottled")]


@pytest.fixture
def staff_client() -> Client:
    """The client of a superuser."""
    return make_superuser_client()


def place_order(product: Product, *, units: int = 1, market: str = "in", at: datetime | None = None) -> Order:
    """Order units of a product as a guest at this time."""
    client = SchemaClient(headers={"X-Market": market})
    add_to_cart(client, product, units)
    number = placed(client, name="Ada")["number"]
    if at is not None:
        Order.objects.filter(number=number).update(placed_at=at)
    return Order.objects.get(number=number)


def get_dashboard(client: Client) -> str:
    """Return the dashboard's HTML with whitespace collapsed."""
    response = client.get("/admin/")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def get_charts(page: str) -> list[dict[str, list[str]]]:
    """Return the data of a page's charts by label."""
    drawn = [json.loads(unescape(value)) for value in re.findall(r'data-value="([^"]*)"', page)]
    return [{"days": chart["labels"], **{line["label"]: line["data"] for line in chart["datasets"]}} for chart in drawn]


def test_sales_are_drawn_by_day_and_currency_the_default_markets_first(staff_client: Client) -> None:
    now = timezone.now()
    lamp = make_product(price="19.99", prices={"us": "0.10"}, stock=50)
    for _ in range(3):
        place_order(lamp, market="us", at=now - timedelta(days=29))
    place_order(lamp, units=2, at=now)
    place_order(lamp, at=now - timedelta(days=2))
    place_order(lamp, at=now - timedelta(days=30))

    page = get_dashboard(staff_client)

    rupees, dollars = get_charts(page)
    assert (len(rupees["days"]), len(dollars["days"])) == (30, 30)
    assert rupees["days"][-1] == f"{now.day} {now:%b}"
    assert (rupees["Ordered"][-1], rupees["Ordered"][-3], set(rupees["Ordered"][:-3])) == ("39.98", "19.99", {"0"})
    assert (dollars["Ordered"][0], set(dollars["Ordered"][1:])) == ("0.30", {"0"})
    assert "2 orders, ₹59.97; ₹0.00 paid." in page
    assert "3 orders, $0.30; $0.00 paid." in page


def test_money_by_card_counts_in_stripes_minor_units_and_cash_in_the_currencys(db: None) -> None:
    first, second = (place_order(make_product(name)) for name in ("Lamp", "Mug"))
    Order.objects.update(paid_at=timezone.now(), currency="ISK", subtotal=Decimal(500), total=Decimal(500))
    collected = {"state": "delivered", "delivered_at": timezone.now(), "cod_due_minor": 500, "cod_collected_minor": 500}
    Shipment.objects.create(order=first, number=1, **collected)
    second.payments.update(currency="ISK", captured_minor=50000, provider="stripe")

    (kronur,) = sales.get_daily_sales()

    assert (kronur.currency, kronur.paid) == ("ISK", Decimal(1000))


def test_money_counts_on_the_day_on_which_it_came(staff_client: Client) -> None:
    now = timezone.now()
    sent = place_order(make_product(price="20.00"), at=now - timedelta(days=40))
    shipping.ship_order(SYSTEM, sent.pk)
    shipping.deliver_order(SYSTEM, sent.pk)

    (rupees,) = get_charts(get_dashboard(staff_client))

    assert set(rupees["Ordered"]) == {"0"}
    assert (rupees["Paid"][-1], set(rupees["Paid"][:-1])) == ("20.00", {"0"})


def test_cash_counts_on_the_day_of_each_delivery_also_where_it_is_short(staff_client: Client) -> None:
    now = timezone.now()
    order = place_order(make_product(price="20.00", stock=9), units=3, at=now - timedelta(days=40))
    for units, collected, days in (({order.items.get().pk: 1}, 2000, 2), (None, 3500, 0)):
        parcel = packing.pack_parcel(SYSTEM, order.pk, units)
        assert parcel is not None
        sending.ship_parcel(SYSTEM, parcel.pk)
        outcomes.deliver_parcel(SYSTEM, parcel.pk, collected=collected)
        Shipment.objects.filter(pk=parcel.pk).update(delivered_at=now - timedelta(days=days))

    (rupees,) = get_charts(get_dashboard(staff_client))

    assert (rupees["Paid"][-1], rupees["Paid"][-3]) == ("35.00", "20.00")
    assert Order.objects.get().paid_at is None


def test_what_waits_for_its_money_expired_was_cancelled_or_came_back_is_no_sale(staff_client: Client) -> None:
    lamp = make_product(stock=50)
    for status in ("pending", "expired", "cancelled", "returned"):
        Order.objects.filter(pk=place_order(lamp).pk).update(status=status)

    page = get_dashboard(staff_client)

    assert get_charts(page) == []
    assert "No sales." in page


def test_a_day_is_a_day_of_the_shops_clock(settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Kolkata"
    lamp = make_product(price="20.00", stock=50)
    for at in (datetime(2026, 3, 9, 18, 29, tzinfo=UTC), datetime(2026, 3, 9, 18, 30, tzinfo=UTC)):
        place_order(lamp, at=at)

    (rupees,) = sales.get_daily_sales(date(2026, 3, 10), days=2)

    twenty, none = Decimal("20.00"), Decimal(0)
    assert rupees.days == [
        sales.DailySales(date(2026, 3, 9), 1, twenty, none),
        sales.DailySales(date(2026, 3, 10), 1, twenty, none),
    ]
    assert (rupees.orders, rupees.ordered, rupees.paid) == (2, Decimal("40.00"), none)


def test_what_runs_low_is_listed_least_first_ten_at_most(staff_client: Client) -> None:
    for left in range(12):
        make_product(f"Lamp {left:02}", sku=f"LAMP-{left:02}", stock=left + 3)
    Variant.objects.filter(sku="LAMP-11").update(reserved=14)
    Product.objects.update(low_stock_threshold=12)
    Product.objects.filter(name="Lamp 03").update(is_active=False)
    make_product("Plenty", stock=13)

    page = get_dashboard(staff_client)

    assert re.findall(r">(Lamp \d+|Plenty)</a>", page) == [f"Lamp {left:02}" for left in (11, 0, 1, 2, 4, 5, 6, 7, 8, 9)]
    assert "10 at or below the threshold." in page
    assert "sold out" in page
    variant = Variant.objects.get(sku="LAMP-00")
    assert f"/admin/products/stockofvariant/{variant.pk}/change/" in page


def test_what_needs_attention_is_counted_and_linked(staff_client: Client) -> None:
    lamp = make_product(stock=50)
    flagged = [place_order(lamp) for _ in range(7)]
    Order.objects.update(attention="amount_mismatch")
    refund = Refund.objects.create(
        payment=Payment.objects.filter(order=flagged[0]).get(), amount=5, amount_minor=500, state="failed", source="staff"
    )
    Refund.objects.create(payment=refund.payment, amount=5, amount_minor=500, state="succeeded", source="staff")
    event = StripeEvent.objects.create(event_id="e", type="charge.refunded", created=timezone.now(), payload="{}", status="failed")
    StripeEvent.objects.create(event_id="f", type="x", created=timezone.now(), payload="{}", status="done")
    asked = Refund.objects.create(payment=refund.payment, amount=5, amount_minor=500, state="requires_action", source="staff")
    old = Refund.objects.create(payment=refund.payment, amount=5, amount_minor=500, state="failed", source="staff")
    Refund.objects.filter(pk=old.pk).update(updated_at=timezone.now() - timedelta(days=31))
    job = Job.objects.create(kind="mail", failed_at=timezone.now(), last_error="Nobody <answers>")

    page = get_dashboard(staff_client)

    for path in (f"orders/refund/{refund.pk}", f"orders/refund/{asked.pk}", f"orders/stripeevent/{event.pk}", f"core/job/{job.pk}"):
        assert f"/admin/{path}/change/" in page
    assert [f"/admin/orders/order/{flagged_order.pk}/change/" in page.split("Newest orders")[0] for flagged_order in flagged] == [
        False
    ] * 2 + [True] * 5
    assert "All 7" in page
    (all_refunds,) = re.findall(r'href="(/admin/orders/refund/\?[^"]*)"', page)
    listed = staff_client.get(unescape(all_refunds)).content.decode()
    assert [f"/admin/orders/refund/{flagged_order.pk}/change/" in listed for flagged_order in (refund, asked, old)] == [
        True,
        True,
        False,
    ]
    assert "amount mismatch" in page
    assert "Nobody &lt;answers&gt;" in page
    assert '<a class="font-semibold text-important" href="/admin/core/job/?failed_at__isempty=0">Failed jobs</a>' in page


def test_the_newest_orders_are_listed(staff_client: Client) -> None:
    lamp = make_product(stock=50)
    numbers = [place_order(lamp).number for _ in range(11)]

    newest = get_dashboard(staff_client).split("Newest orders")[1]

    assert re.findall(r">(\d{6}-\w{6})</a>", newest) == numbers[:0:-1]


def test_the_dashboard_costs_the_same_for_one_order_and_for_twenty(staff_client: Client) -> None:
    def make(number: int) -> None:
        order_row = place_order(make_product(f"Lamp {number}", stock=1))
        Order.objects.filter(pk=order_row.pk).update(attention="dispute", user=make_user(f"ada{number}@example.com"))
        Refund.objects.create(payment=order_row.payments.get(), amount=5, amount_minor=500, state="failed", source="staff")
        Job.objects.create(kind="mail", failed_at=timezone.now())

    make(0)
    staff_client.get("/admin/")
    with CaptureQueriesContext(connection) as order_row:
        staff_client.get("/admin/")
    for number in range(1, 20):
        make(number)

    with CaptureQueriesContext(connection) as twenty:
        staff_client.get("/admin/")

    assert len(twenty) == len(order_row) == 26


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("rights", "seen"),
    [
        (("view_order", "view_payment"), {"Sales in INR", "paid.", "Newest orders", "Alerts", "Orders that need attention"}),
        (("view_order",), {"Sales in INR", "Newest orders", "Alerts", "Orders that need attention"}),
        (("view_stockofvariant",), {"Low stock", "Sold out"}),
        (("view_job",), {"Failed e-mails", "Failed jobs", "Background work has stopped"}),
        (("view_refund",), {"Refunds that need attention"}),
        (("view_stripeevent",), {"Failed provider events"}),
        ((), {"Choose a page"}),
    ],
)
def test_staff_see_what_their_rights_cover(rights: tuple[str, ...], seen: set[str]) -> None:
    order = place_order(make_product())
    Order.objects.update(attention="dispute")
    Refund.objects.create(payment=order.payments.get(), amount=5, amount_minor=500, state="failed", source="staff")
    StripeEvent.objects.create(event_id="e", type="x", created=timezone.now(), payload="{}", status="failed")
    Job.objects.create(kind="order_mail", failed_at=timezone.now())
    Job.objects.create(kind="order_mail", run_at=timezone.now() - timedelta(minutes=6))
    every = {"Sales in INR", "paid.", "Newest orders", "Alerts", "Orders that need attention", "Low stock", "Sold out"}
    every |= {"Failed e-mails", "Failed jobs", "Background work has stopped", "Refunds that need attention"}
    every |= {"Failed provider events", "Choose a page"}

    page = get_dashboard(make_staff_client(*rights))

    assert {text for text in every if text in page} == seen


@pytest.mark.parametrize(
    ("rights", "pages"),
    [
        (("view_order",), ["/admin/", "/admin/orders/order/", "/admin/orders/shipment/"]),
        (("change_product",), ["/admin/", "/admin/products/product/"]),
        ((), ["/admin/"]),
    ],
)
def test_the_sidebar_shows_what_may_be_seen(rights: tuple[str, ...], pages: list[str]) -> None:
    sidebar = get_dashboard(make_staff_client(*rights)).split('id="nav-sidebar-apps"')[1].split("</ol> </div> </div>")[0]

    assert re.findall(r'<a href="([^"]*)" class="flex h-\[38px\]', sidebar) == pages


def test_every_page_of_the_admin_is_in_the_sidebar(staff_client: Client) -> None:
    links: Any = staff_client.get("/admin/").context["sidebar_navigation"]
    apps: Any = staff_client.get("/admin/").context["app_list"]

    listed = {item["link"] for group in links for item in group["items"]} - {"/admin/"}
    assert listed == {model["admin_url"] for app in apps for model in app["models"]}
