"""A merchant's afternoon in a real browser: parcels, from packing to the last of them, without a shell

Ten Cash on Delivery orders are packed and sent with a file of tracking numbers; two come back and are counted, one is lost, the
rest are delivered.
"""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from carts.tests.factories import add_to_cart
from orders import integrity
from orders.models import Order, Payment, Shipment
from orders.tests.factories import customer, placed
from products.models import Variant
from products.tests.factories import make_product
from tests.admin.order_steps import CountedClicks
from tests.admin.parcel_pages import PARCELS
from tests.admin.staff_browser import MEASURE_LIST, open_admin
from tests.browser import launch_chromium

COUNT = 10


@pytest.mark.browser
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_merchants_afternoon(live_server: LiveServer, tmp_path: Path) -> None:
    with launch_chromium() as browser:
        orders = place_orders()
        stock = get_stock()
        page = open_admin(browser, live_server)

        pack_in_parts(page, orders[0])
        send_with_file(page, tmp_path)
        bring_back(page, orders[1])
        bring_back(page, orders[2])
        lose(page, orders[3])
        deliver_rest(page)

        check_end(orders, stock)


def place_orders() -> list[Order]:
    """Place the orders, each of two lamps and a mug."""
    lamp, mug = make_product("Lamp", sku="LAMP", stock=50), make_product("Mug", sku="MUG", stock=50)
    orders = []
    for number in range(COUNT):
        client = customer(f"buyer{number}@example.com")
        add_to_cart(client, lamp, 2)
        add_to_cart(client, mug, 1)
        orders.append(Order.objects.get(number=placed(client, name=f"Buyer {number}")["number"]))
    return orders


def get_stock() -> int:
    """Return the stock of the lamp."""
    return Variant.objects.get(sku="LAMP").stock


def open_tab(page: Page, tab: str) -> None:
    """Open a tab of the list of parcels."""
    page.get_by_role("link", name="Parcels", exact=True).first.click()
    page.get_by_label("Parcels by what is to be done").get_by_role("link", name=tab, exact=True).click()


def pack_in_parts(page: Page, order: Order) -> None:
    """Pack the lamps of an order into one parcel and the mug into another."""
    page.get_by_role("link", name="To pack").first.click()
    page.get_by_role("link", name=order.number).click()
    for units in ("0", None):
        page.get_by_role("link", name="Pack a parcel").click()
        if units is not None:
            page.get_by_label("Units of Mug").fill(units)
        page.get_by_role("button", name="Pack a parcel").click()
    expect(page.get_by_text(f"{order.number}-2", exact=True)).to_be_visible()


def send_with_file(page: Page, folder: Path) -> None:
    """Download what is to be sent, fill in a tracking number for each row, and upload it."""
    open_tab(page, "To send")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download what is to be sent").click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    file = folder / "numbers.csv"
    with file.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["order", "carrier", "tracking_number"])
        writer.writerows([row["order"], "Post", f"RR{number:03}"] for number, row in enumerate(rows))
        writer.writerow(["NOBODY", "Post", "RR999"])

    page.get_by_role("link", name="Upload tracking numbers").click()
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("there is no order with this number")).to_be_visible()
    assert not Shipment.objects.filter(state="shipped").exists()
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text(f"{COUNT + 1} sent, 0 reports recorded, 1 refused.")).to_be_visible()
    assert set(Order.objects.values_list("status", flat=True)) == {"shipped"}


def open_parcel(page: Page, order: Order, tab: str) -> None:
    """Open the first parcel of an order from a tab of the list."""
    open_tab(page, tab)
    expect(page.locator("#result_list")).to_be_visible()
    assert page.evaluate(MEASURE_LIST) <= 0
    page.get_by_role("link", name=f"{order.number}-1").click()


def bring_back(page: Page, order: Order) -> None:
    """Record that a parcel was refused, comes back, and is counted: one of its lamps is broken."""
    open_parcel(page, order, "On the way")
    page.get_by_role("link", name="Delivery failed").click()
    page.get_by_label("Reason").fill("refused")
    page.get_by_role("button", name="Delivery failed").click()
    open_parcel(page, order, "Failed")
    page.get_by_role("link", name="Coming back", exact=True).last.click()
    page.get_by_role("button", name="Coming back").click()
    open_parcel(page, order, "Coming back")
    page.get_by_role("link", name="Back in the shop").click()
    page.get_by_label("Into stock: Lamp").fill("1")
    page.get_by_label("Into stock: Mug").fill("1")
    page.get_by_role("button", name="Back in the shop").click()
    expect(page.get_by_text("The parcel is back in the shop.")).to_be_visible()


def lose(page: Page, order: Order) -> None:
    """Record that a parcel is lost."""
    open_parcel(page, order, "On the way")
    page.get_by_role("link", name="Lost", exact=True).click()
    page.get_by_role("button", name="Lost").click()
    expect(page.get_by_text("The parcel is recorded as lost.")).to_be_visible()


def deliver_rest(page: Page) -> None:
    """Mark all parcels that are on their way as delivered."""
    open_tab(page, "On the way")
    page.locator("#action-toggle").check()
    CountedClicks(page).run("Mark as delivered")
    expect(page.get_by_text(f"{COUNT + 1 - 3} parcels delivered.")).to_be_visible()
    assert page.url.endswith(f"{PARCELS}?todo=on_the_way")


def check_end(orders: list[Order], stock: int) -> None:
    """Check that statuses, cash and stock are right."""
    statuses = [Order.objects.get(pk=order.pk).status for order in orders]
    assert statuses == ["delivered", *["returned"] * 3, *["delivered"] * (COUNT - 4)]
    payments = [Payment.objects.get(order=order) for order in orders]
    assert [(payment.state, payment.captured_minor) for payment in payments] == [
        ("cancelled", 0) if status == "returned" else ("succeeded", 6000) for status in statuses
    ]
    assert get_stock() == stock + 2
    assert [str(problem) for problem in integrity.find_problems()] == []
