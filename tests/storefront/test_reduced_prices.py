"""Reduced prices: a compare-at price is struck through only if it is higher than the price"""

import pytest
from playwright.sync_api import Page, expect

from products.tests.factories import make_product, make_variant
from tests.storefront.steps import wait_for_heading

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("compare_at", "struck"), [("25.00", 1), ("20.00", 0), ("15.00", 0), ("0.00", 0), (None, 0)])
def test_only_a_higher_price_is_struck_through(page: Page, compare_at: str | None, struck: int) -> None:
    make_product("Lamp", variants=[make_variant("LMP", price="20.00", compare_at=compare_at)])

    for address, heading in (("/", "Catalog"), ("/product/lamp", "Lamp")):
        page.goto(address)
        wait_for_heading(page, heading)
        expect(page.get_by_text("₹20.00").first).to_be_visible()
        expect(page.locator("del")).to_have_count(struck)
