"""Buying by keyboard alone: the focus is always to be seen, and after each step it is where one goes on reading"""

import pytest
from playwright.sync_api import Page, expect

from carts.tests.factories import make_shirt
from products.tests.factories import make_product
from tests.browsing.steps import ADDRESS, EMAIL, heading, in_cart, ordered, says
from tests.emulator.processes import Emulator

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
FOCUSED = """() => {
    const one = document.activeElement;
    const style = getComputedStyle(one);
    const words = one.getAttribute("aria-label") ?? one.labels?.[0]?.innerText ?? one.innerText;
    return [words.trim(), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
}"""


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press Tab until the control of this name has the focus; every control on the way shows that it has."""
    for _ in range(40):
        page.keyboard.press(key)
        words, is_seen = page.evaluate(FOCUSED)
        assert is_seen, f"no focus is to be seen at {words!r}"
        if words == name:
            return
    raise AssertionError(f"no way by {key} to {name!r}")


def arrived(page: Page, text: str) -> None:
    """Wait for a page whose heading has the focus."""
    heading(page, text)
    expect(page.locator("h1")).to_be_focused()


def find_the_shirt(page: Page) -> None:
    """Search for it, and go to its page."""
    page.goto("/")
    arrived(page, "Catalog")
    tab_to(page, "Search the catalog", "Shift+Tab")
    page.keyboard.type("shirt")
    page.keyboard.press("Enter")
    arrived(page, "Results for “shirt”")
    tab_to(page, "Shirt")
    page.keyboard.press("Enter")
    arrived(page, "Shirt")


def test_a_guest_buys_by_keyboard_alone(page: Page, cards: Emulator) -> None:
    make_shirt()
    make_product("Lamp")

    find_the_shirt(page)
    tab_to(page, "S")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("M", exact=True)).to_be_checked()
    expect(page.locator(".price.large")).to_have_text("₹25.00")
    tab_to(page, "Quantity")
    page.keyboard.press("ArrowUp")
    tab_to(page, "Add to cart")
    page.keyboard.press("Space")
    says(page, "Item added to cart successfully.")
    in_cart(page, 2)
    expect(page.get_by_role("button", name="Add to cart")).to_be_focused()
    tab_to(page, "Cart, 2 items", "Shift+Tab")
    page.keyboard.press("Enter")
    arrived(page, "Cart")
    tab_to(page, "Checkout")
    page.keyboard.press("Enter")
    arrived(page, "Checkout")
    for label, text in {**ADDRESS, "E-mail": EMAIL}.items():
        tab_to(page, label, "Shift+Tab" if label == "E-mail" else "Tab")
        page.keyboard.type(text)
    tab_to(page, "By card")
    tab_to(page, "Place order")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{cards.url}/**")
    tab_to(page, "Pay")
    page.keyboard.press("Enter")

    order = ordered(page, "Being packed – paid")
    arrived(page, f"Order {order.number}")
    assert order.total == 50


def test_the_first_key_leads_past_the_header(page: Page) -> None:
    page.goto("/cart")
    arrived(page, "Cart")
    page.evaluate("document.activeElement.blur()")

    tab_to(page, "Skip to the content", "Shift+Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()
    heading(page, "Cart")


def test_who_chooses_from_a_list_stays_in_it(page: Page) -> None:
    make_product("Lamp", price="20.00")
    make_product("Mug", price="10.00")
    page.goto("/")
    arrived(page, "Catalog")

    tab_to(page, "Order")
    page.keyboard.press("ArrowDown")

    expect(page.locator(".grid h2")).to_have_text(["Mug", "Lamp"])
    expect(page.get_by_label("Order")).to_be_focused()
    tab_to(page, "In stock only")
    page.keyboard.press("Space")
    page.wait_for_url("**in_stock=true*")
    expect(page.get_by_label("In stock only")).to_be_focused()
