"""Stock and prices in a real browser: a bulk price change, a delivery, the list; on a phone and on a desktop"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from products.models import BulkPriceChange
from products.tests.editors import make_tee
from products.tests.factories import add_picture, make_category, make_product
from tests.admin.catalog_steps import PRODUCTS
from tests.admin.staff_browser import MEASURE_LIST, open_admin
from tests.axe import find_violations
from tests.browser import launch_chromium

LONG_NAME = "Lamp with a very long name – red, large, with a shade of linen"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with launch_chromium() as running:
        yield running


def run_action(page: Page, action: str) -> None:
    """Run an action on all products of the list."""
    page.goto(PRODUCTS)
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option(label=action)
    page.get_by_role("button", name="Run").click()


@pytest.mark.browser
@pytest.mark.node
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("colours", "width"), [("light", 390), ("dark", 1280)])
def test_the_pages_of_stock_and_prices_fit_and_hold_wcag_aa(
    browser: Browser, live_server: LiveServer, packages: Path, colours: str, width: int
) -> None:
    category = make_category("Bedside lamps", "Home and living", "Lighting")
    add_picture(make_product(LONG_NAME, sku="L-" + "1" * 60, price="123456.00", stock=2, category=category))
    make_tee(category=category)
    page = open_admin(browser, live_server, colours, width)
    problems: list[str] = []

    def check() -> None:
        problems.extend(f"{page.url} {problem}" for problem in find_violations(page, packages))
        if (wide := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            problems.append(f"{page.url} is {wide} pixels too wide")

    page.goto(PRODUCTS)
    check()
    if (wide := page.evaluate(MEASURE_LIST)) > 0:
        problems.append(f"the list is {wide} pixels too wide")
    run_action(page, "Set the category")
    expect(page.locator(".select2-selection")).to_be_visible()
    check()
    run_action(page, "Change prices")
    check()
    page.get_by_label("By").fill("10")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("Nothing has changed yet.")).to_be_visible()
    check()
    page.goto(f"/admin/products/bulkpricechange/{BulkPriceChange.objects.get().pk}/change/?problems")
    check()
    page.goto("/admin/products/delivery/add/")
    page.get_by_label("Reference").fill("DN-7")
    page.get_by_label("SKU, line 1").fill("L-" + "1" * 60)
    page.get_by_label("Units, line 1").fill("5")
    page.get_by_label("SKU, line 2").fill("NOPE")
    check()
    page.get_by_role("button", name="Preview").click()
    check()

    assert problems == []
    page.context.close()
