"""A merchant's day in a real browser, from the home page: orders, a delivery, prices, and a new product

The day is recorded as a trace of Playwright, with a picture of each step: `playwright show-trace .pytest_cache/merchants-day.zip`.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from orders.models import Order, OrderEvent, Payment, Refund
from products.models import Delivery, Product, Variant
from products.tests.editors import get_variant, list_movements, list_prices, make_tee
from products.tests.factories import make_product
from tests.admin import catalog_steps, order_steps, product_steps
from tests.admin.order_pages import ORDERS, copy_orders, make_cash_order
from tests.admin.order_steps import CountedClicks
from tests.admin.staff_browser import open_admin
from tests.browser import launch_chromium
from tests.processes import ROOT

RECORDING = ROOT / ".pytest_cache" / "merchants-day.zip"
COLOURS = ("Red", "Blue", "Green", "Black")
CLICKS_FOR_TEN_ORDERS = 8


@pytest.mark.browser
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_a_merchants_day(live_server: LiveServer, tmp_path: Path) -> None:
    with launch_chromium() as browser:
        first, paid = prepare_orders(30)
        page = open_admin(browser, live_server)
        page.context.tracing.start(screenshots=True)

        work_on_orders(page, first, paid)
        receive_and_reduce(page)
        create_tee(page, tmp_path)

        page.context.tracing.stop(path=RECORDING)


def prepare_orders(count: int) -> tuple[Order, Order]:
    """Place orders to pack; return the first, and one that is paid."""
    first = make_cash_order(name="Grace")
    paid = copy_orders(first, count - 1)[-1]
    Payment.objects.filter(order=paid).update(state="succeeded", captured_minor=6000)
    Order.objects.filter(pk=paid.pk).update(paid_at=paid.placed_at)
    return first, paid


def work_on_orders(page: Page, first: Order, paid: Order) -> None:
    """Pack 30 orders, correct one, refund a part of another, and ship all."""
    clicks = CountedClicks(page)
    clicks.click(page.get_by_role("link", name="To pack"))
    order_steps.print_slips(page, 30)
    order_steps.ship_ten(clicks)
    expect(page.locator("input.action-select")).to_have_count(20)
    assert clicks.count <= CLICKS_FOR_TEN_ORDERS

    order_steps.correct_city_and_ship(page, first)
    order_steps.refund_ten_rupees(page, paid)
    expect(page).to_have_url(f"{page.url.partition('/admin')[0]}{ORDERS}?todo=to_pack")
    order_steps.ship_all(page, 19)

    assert set(Order.objects.values_list("status", flat=True)) == {"shipped"}
    assert Order.objects.get(pk=first.pk).address["city"] == "Leeds"
    assert Refund.objects.get().amount_minor == 1000
    assert OrderEvent.objects.filter(kind="shipped").count() == 30


def receive_and_reduce(page: Page) -> None:
    """Receive a delivery, change prices in bulk, and correct the stock in the list."""
    make_tee()
    make_product("Vase", sku="V-1", stock=0)
    catalog_steps.receive_delivery(page, "DN-7", {"V-1": 12, "TEE-S": 3})
    catalog_steps.change_prices_in_bulk(page, "Tee", "Vase")
    catalog_steps.correct_stock_in_the_list(page, "Vase", 10)

    assert (list_prices("TEE-S"), list_prices("TEE-M"), list_prices("V-1")[-1]) == (["20.00", "17.99"], ["25.00", "22.99"], "17.99")
    assert (get_variant("TEE-S").stock, Delivery.objects.get().units) == (7, 15)
    assert list_movements("V-1") == [(12, "received", ""), (-2, "correction", "")]


def create_tee(page: Page, folder: Path) -> None:
    """Create a product with twelve combinations and pictures."""
    page.goto("/admin/")
    product_steps.create_product_with_pictures(page, folder, "Pocket tee", "POCKET", price="899", colours=COLOURS)
    product_steps.make_all_combinations(page, f"Size: S, M, L\nColour: {', '.join(COLOURS)}", stock="5")
    product_steps.choose_picture_by_option(
        page, {f"Colour: {colour}": f"{number}: Pocket tee" for number, colour in enumerate(COLOURS, 1)}
    )

    tee = Product.objects.get(name="Pocket tee")
    assert (tee.variants.count(), tee.images.count()) == (12, 4)
    variant = Variant.objects.select_related("image").get(sku="POCKET-M-BLUE")
    assert (variant.name, variant.stock, variant.image and variant.image.position) == ("M / Blue", 5, 1)
