"""Steps of work on orders in a browser, for tests that show a merchant's day."""

from playwright.sync_api import Locator, Page, expect

from orders.models import Order
from tests.admin.order_pages import ORDERS


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


def print_slips(page: Page, count: int) -> None:
    """Print the slips of all orders of the open list, and return to it."""
    page.locator("#action-toggle").check()
    CountedClicks(page).run("Print packing slips")
    expect(page.locator("section")).to_have_count(count)
    page.go_back()
    expect(page.get_by_role("button", name="Run")).to_be_visible()
    page.locator("#action-toggle").uncheck()


def ship_ten(clicks: CountedClicks) -> None:
    """Ship ten orders of the open list, from the second on."""
    boxes = clicks.page.locator("input.action-select")
    clicks.click(boxes.nth(1))
    clicks.click(boxes.nth(10), with_shift=True)
    clicks.run("Ship")
    expect(clicks.page.get_by_text("10 orders shipped.")).to_be_visible()


def ship_all(page: Page, count: int) -> None:
    """Ship all orders of the open list."""
    page.locator("#action-toggle").check()
    CountedClicks(page).run("Ship")
    expect(page.get_by_text(f"{count} orders shipped.")).to_be_visible()


def correct_city_and_ship(page: Page, order: Order) -> None:
    """Correct the city of an order of the list, ship it, and go on to the next order of the list."""
    page.get_by_role("link", name=order.number).click()
    page.get_by_role("link", name="Correct address or phone").click()
    page.get_by_label("City").fill("Leeds")
    page.get_by_role("button", name="Correct address or phone").click()
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
