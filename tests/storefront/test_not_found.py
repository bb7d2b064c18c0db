"""The page for addresses that do not exist"""

import pytest
from playwright.sync_api import Page

from products.tests.factories import make_product
from tests.storefront.page_monitor import PageMonitor
from tests.storefront.steps import wait_for_heading

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


def test_the_page_helps_to_find_on(page: Page, monitor: PageMonitor) -> None:
    make_product("Lamp")
    monitor.expected = {404}

    page.goto("/nowhere")
    wait_for_heading(page, "Not found")
    page.get_by_label("Search for a product").fill("lamp")
    page.get_by_label("Search for a product").press("Enter")

    wait_for_heading(page, "Results for “lamp”")
