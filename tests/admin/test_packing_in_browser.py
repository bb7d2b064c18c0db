"""An afternoon of packing in a real browser: slips, bulk shipping, a corrected address, a refund; on a phone and on a desktop"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from orders.models import Order, OrderEvent, Payment, Refund
from tests.admin.order_pages import ORDERS, copy_orders, make_cash_order
from tests.axe import find_violations
from tests.browser import launch_chromium

PASSWORD = "a staff of oak"
TO_PACK = f"{ORDERS}?todo=to_pack"
# The part of the list that is scrolled sideways, if it is too wide for the page.
MEASURE_LIST = """() => {
  const list = document.querySelector("#result_list");
  return list.scrollWidth - list.parentElement.clientWidth;
}"""


class CountedClicks:
    """Clicks through the pages, and counts the clicks."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def click(self, target: Locator, *, with_shift: bool = False) -> None:
        """Click once."""
        target.click(modifiers=["Shift"] if with_shift else [])
        self.count += 1

    def run(self, action: str) -> None:
        """Open the menu of actions, choose one, and run it: three clicks."""
        self.page.locator("select[name=action]").select_option(label=action)
        self.count += 2
        self.click(self.page.get_by_role("button", name="Run"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of this file."""
    with launch_chromium() as running:
        yield running


def open_admin(browser: Browser, live_server: LiveServer, colours: str = "light", width: int = 1280) -> Page:
    """Return a page of a browser in which a member of staff has signed in."""
    User.objects.create_superuser("staff@example.com", PASSWORD)
    context = browser.new_context(
        color_scheme="dark" if colours == "dark" else "light",
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
        base_url=live_server.url,
    )
    page = context.new_page()
    page.goto("/admin/login/")
    page.get_by_label("Email").fill("staff@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_url(f"{live_server.url}/admin/")
    return page


def correct_city_and_ship(page: Page, order: Order) -> None:
    """Correct the city of an order of the list, ship it, and go on to the next order of the list."""
    page.get_by_role("link", name=order.number).click()
    page.get_by_role("link", name="Correct the address").click()
    page.get_by_label("City").fill("Leeds")
    page.get_by_role("button", name="Correct the address").click()
    expect(page.get_by_text("The delivery address is corrected.")).to_be_visible()
    page.get_by_role("link", name="Ship", exact=True).click()
    page.get_by_role("button", name="Ship, then next order").click()
    expect(page.get_by_text(f"{order.number}: The order is marked as shipped")).to_be_visible()
    expect(page.get_by_role("link", name="Next order")).to_be_visible()


def refund_ten_rupees(page: Page, order: Order) -> None:
    """Refund a part of an order that was opened from the list of orders to pack."""
    page.goto(f"{ORDERS}{order.pk}/action/refund/?_changelist_filters=todo%3Dto_pack")
    page.get_by_label("Amount").fill("10")
    page.get_by_label("Reason").fill("a scratch")
    page.get_by_role("button", name="Refund", exact=True).click()
    expect(page.get_by_text("₹10.00: the refund is Succeeded.")).to_be_visible()


@pytest.mark.browser
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
def test_an_afternoon_of_packing(browser: Browser, live_server: LiveServer) -> None:
    first = make_cash_order(name="Grace")
    copies = copy_orders(first, 29)
    paid = copies[-1]
    Payment.objects.filter(order=paid).update(state="succeeded", captured_minor=6000)
    Order.objects.filter(pk=paid.pk).update(paid_at=paid.placed_at)
    page = open_admin(browser, live_server)
    clicks = CountedClicks(page)

    # Print the slips of all 30.
    clicks.click(page.get_by_role("link", name="Orders", exact=True))
    clicks.click(page.get_by_role("link", name="To pack", exact=True))
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option(label="Print packing slips")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("section")).to_have_count(30)
    page.go_back()
    page.reload()

    # Ship ten of them.
    boxes = page.locator("input.action-select")
    clicks.click(boxes.nth(1))
    clicks.click(boxes.nth(10), with_shift=True)
    clicks.run("Ship")
    expect(page.get_by_text("10 orders shipped.")).to_be_visible()
    expect(page.locator("input.action-select")).to_have_count(20)
    assert clicks.count <= 8

    correct_city_and_ship(page, first)
    refund_ten_rupees(page, paid)
    expect(page).to_have_url(f"{live_server.url}{TO_PACK}")

    # Ship the rest.
    page.locator("#action-toggle").check()
    CountedClicks(page).run("Ship")
    expect(page.get_by_text("19 orders shipped.")).to_be_visible()
    assert set(Order.objects.values_list("status", flat=True)) == {"shipped"}
    assert Order.objects.get(pk=first.pk).address["city"] == "Leeds"
    assert Refund.objects.get().amount_minor == 1000
    assert OrderEvent.objects.filter(kind="shipped").count() == 30
    page.context.close()


@pytest.mark.browser
@pytest.mark.node
@pytest.mark.once
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("colours", "width"), [("light", 390), ("dark", 390), ("light", 1280), ("dark", 1280)])
def test_the_pages_of_packing_fit_and_hold_wcag_aa(
    browser: Browser, live_server: LiveServer, packages: Path, colours: str, width: int
) -> None:
    order = make_cash_order(name="Aishwarya Venkataraman Krishnamurthy", note="Ring twice")
    order.items.filter(sku="LAMP").update(name="Lamp with a very long name – red, large, with a shade of linen")
    Order.objects.update(attention="late_payment", total="123456.00", address={**order.address, "city": "Thiruvananthapuram"})
    OrderEvent.objects.create(order=order, kind="note", actor_kind="staff", data={"text": "The bell rings twice"})
    copy_orders(order, 2)
    page = open_admin(browser, live_server, colours, width)
    problems = []

    for path in (TO_PACK, *(f"{ORDERS}{order.pk}/{name}/" for name in ("change", "action/address", "action/message", "slip"))):
        page.goto(path)
        problems += [f"{path} {problem}" for problem in find_violations(page, packages)]
        if (wide := page.evaluate("document.documentElement.scrollWidth - innerWidth")) > 0:
            problems.append(f"{path} is {wide} pixels too wide")
        if path == TO_PACK and (wide := page.evaluate(MEASURE_LIST)) > 0:
            problems.append(f"the list is {wide} pixels too wide")

    assert problems == []
    page.context.close()
