"""Promotions in a real browser: the form shows what the discount needs; a promotion is created, used and tried"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from carts.tests.factories import add_to_cart, get_cart
from pricing.models import Promotion
from pricing.tests.factories import make_promotion
from products.tests.factories import make_product
from tests.admin.promotion_pages import CODES, PROMOTIONS, REDEMPTIONS
from tests.admin.staff_browser import open_admin
from tests.axe import find_violations
from tests.browser import launch_chromium
from tests.schema_client import SchemaClient

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
LONG_NAME = "Ten percent off every lamp that is not reduced, for buyers who pay by card, until the end of the summer"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with launch_chromium() as running:
        yield running


def list_fields(page: Page) -> list[str]:
    """Return the fields that the form shows of those that depend on others."""
    names = ("percent", "buy_quantity", "get_percent", "amount", "categories", "new_codes")
    return [name for name in names if page.locator(f".field-{name}").first.is_visible()]


def test_the_form_shows_what_the_discount_needs(browser: Browser, live_server: LiveServer) -> None:
    page = open_admin(browser, live_server)
    page.goto(f"{PROMOTIONS}add/")

    assert list_fields(page) == ["percent", "new_codes"]
    page.get_by_label("What it does").select_option("Buy some, get some free or cheaper")
    assert list_fields(page) == ["buy_quantity", "get_percent", "new_codes"]
    page.get_by_label("What it does").select_option("An amount off each item")
    page.get_by_label("Applies").select_option("Automatic")
    assert list_fields(page) == ["amount"]
    page.get_by_label("What it does").select_option("Free shipping")
    page.locator("#id_all_products").uncheck(force=True)
    assert list_fields(page) == ["categories"]
    assert page.get_by_text("Amount off", exact=True).is_hidden()
    page.context.close()


def test_a_promotion_with_a_code_is_created_and_tried(browser: Browser, live_server: LiveServer) -> None:
    client = SchemaClient()
    add_to_cart(client, make_product("Lamp", price="600.00"))
    page = open_admin(browser, live_server)
    page.get_by_role("link", name="Promotions", exact=True).click()
    page.get_by_role("link", name="Add promotion").first.click()
    page.get_by_label("Name").fill("Summer")
    page.get_by_label("Percentage", exact=True).fill("10")
    page.get_by_label("Codes to add").fill("summer10")
    page.get_by_label("From a value of goods of, INR (in)").fill("500")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.get_by_text("was added successfully")).to_be_visible()

    page.get_by_role("link", name="Try it").click()
    page.get_by_label("Cart").fill(str(get_cart(client)["id"]))
    page.get_by_role("button", name="Try it").click()

    expect(page.get_by_text("This is what it would cost with SUMMER10.")).to_be_visible()
    expect(page.get_by_role("row", name="Lamp").get_by_text("₹540.00")).to_be_visible()
    expect(page.get_by_role("row", name="Summer").get_by_text("₹60.00")).to_be_visible()
    client.post("/api/cart/codes/", {"code": "Summer10"})
    assert get_cart(client)["discount_total"] == "60.00"
    page.context.close()


@pytest.mark.node
@pytest.mark.parametrize(("colours", "width"), [("light", 390), ("dark", 390), ("light", 1280), ("dark", 1280)])
def test_the_pages_of_promotions_fit_and_hold_wcag_aa(
    browser: Browser, live_server: LiveServer, packages: Path, colours: str, width: int
) -> None:
    lamps = [make_product(f"{LONG_NAME} {number}") for number in range(2)]
    client = SchemaClient()
    add_to_cart(client, lamps[0])
    promotion = make_promotion(LONG_NAME[:100], code="SUMMER-" + "X" * 33, products=lamps, effect="amount", amounts={"in": "5"})
    make_promotion("By itself")
    Promotion.objects.update(payment_methods=["stripe"])
    page = open_admin(browser, live_server, colours, width)
    problems = []

    pages = (f"{PROMOTIONS}add/", f"{PROMOTIONS}{promotion.pk}/change/", f"{PROMOTIONS}{promotion.pk}/delete/")
    trial = f"{REDEMPTIONS}try/{promotion.pk}/?cart={get_cart(client)['id']}"
    for path in (PROMOTIONS, *pages, CODES, REDEMPTIONS, trial):
        page.goto(path)
        problems += [f"{path} {problem}" for problem in find_violations(page, packages)]
        if (wide := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            problems.append(f"{path} is {wide} pixels too wide")

    assert not problems, "\n".join(problems)
    page.context.close()
