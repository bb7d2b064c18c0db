"""/admin/pricing/sale/ in a real browser: a sale is planned, watched, and ended by clicks"""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from pricing.models import Sale
from pricing.tests.sales.planned_sales import run_jobs
from products.tests.editors import list_prices
from products.tests.factories import make_category, make_product
from tests.admin.test_pages_in_browser import MonitoredTab, browser, tab
from tests.axe import find_violations

__all__ = ["browser", "tab"]  # fixtures
SALES = "/admin/pricing/sale/"


@pytest.mark.browser
@pytest.mark.node
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("tab", [("light", 390), ("dark", 1280)], indirect=True)
def test_a_sale_is_planned_and_ended_by_clicks(tab: MonitoredTab, packages: Path) -> None:
    page, lamps = tab.page, make_category("Lamps")
    make_product("Lamp", sku="LAMP", price="20.00", prices={"us": "2.00"}, category=lamps)
    make_product("Chair", sku="CHAIR", price="30.00")
    end = timezone.localtime() + timedelta(days=2)

    tab.open(f"{SALES}add/")
    problems = find_violations(page, packages)
    page.get_by_label("Name").fill("Lamp week")
    page.get_by_label("Percent off").fill("25")
    page.locator("#id_ends_at_0").fill(f"{end:%Y-%m-%d}")
    page.locator("#id_ends_at_1").fill("12:00:00")
    page.locator(".field-categories .select2-selection").click()
    page.locator(".select2-search__field:focus").press_sequentially("lam")
    page.get_by_role("option", name="Lamps").click()
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("The sale is planned. Below is what it would change now.")).to_be_visible()
    expect(page.get_by_text("₹15.00")).to_be_visible()
    expect(page.get_by_text("CHAIR")).to_have_count(0)
    problems += find_violations(page, packages)
    run_jobs()
    tab.open(f"{SALES}{Sale.objects.get().pk}/change/")
    problems += find_violations(page, packages)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.get_by_role("button", name="End now").click()
    expect(page.get_by_text("The sale ends now. Its prices are restored in the background.")).to_be_visible()
    run_jobs()

    assert list_prices("LAMP") == ["20.00", "15.00", "20.00"]
    assert (problems, wide) == ([], 0)


@pytest.mark.browser
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_the_page_follows_the_prices_until_the_sale_has_ended(tab: MonitoredTab) -> None:
    make_product("Lamp", sku="LAMP", price="20.00")
    tab.open(f"{SALES}add/")
    page, end = tab.page, timezone.localtime() + timedelta(days=2)
    page.get_by_label("Name").fill("Winter sale")
    page.get_by_label("Percent off").fill("10")
    page.get_by_label("All products").check()
    page.locator("#id_ends_at_0").fill(f"{end:%Y-%m-%d}")
    page.locator("#id_ends_at_1").fill("12:00:00")
    page.get_by_role("button", name="Save", exact=True).click()
    run_jobs()
    Sale.objects.update(state="ending")

    tab.open(f"{SALES}{Sale.objects.get().pk}/change/")
    expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
    Sale.objects.update(state="ended", ended_at=timezone.now())

    expect(page.get_by_role("progressbar", name="Progress")).to_have_count(0)
