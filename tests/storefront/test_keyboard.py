"""Buying by keyboard alone: the focus is always visible, and each step moves it to where reading continues"""

import pytest
from playwright.sync_api import Page, expect

from carts.tests.factories import make_shirt
from products.tests.factories import make_product
from tests.emulator.processes import Emulator
from tests.storefront.steps import ADDRESS, EMAIL, wait_for_cart_count, wait_for_heading, wait_for_notice, wait_for_order

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
GET_FOCUSED = """() => {
    const one = document.activeElement;
    const style = getComputedStyle(one);
    const words = one.getAttribute("aria-label") ?? one.labels?.[0]?.innerText ?? one.innerText;
    return [words.trim().replace(/\\s+/g, " "), style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
}"""


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press Tab until the control with this name has the focus; every control on the way must show its focus."""
    for _ in range(40):
        page.keyboard.press(key)
        focused_name, is_visible = page.evaluate(GET_FOCUSED)
        assert is_visible, f"{focused_name!r} does not show its focus"
        if focused_name == name:
            return
    raise AssertionError(f"{key} does not reach {name!r}")


def wait_for_focused_heading(page: Page, text: str) -> None:
    """Wait for a page whose heading has the focus."""
    wait_for_heading(page, text)
    expect(page.locator("h1")).to_be_focused()


def open_shirt_page(page: Page) -> None:
    """Search for the shirt and open its page."""
    page.goto("/")
    wait_for_focused_heading(page, "Catalog")
    tab_to(page, "Search the catalog", "Shift+Tab")
    page.keyboard.type("shirt")
    page.keyboard.press("Enter")
    wait_for_focused_heading(page, "Results for “shirt”")
    tab_to(page, "Shirt")
    page.keyboard.press("Enter")
    wait_for_focused_heading(page, "Shirt")


def test_a_guest_buys_by_keyboard_alone(page: Page, payment_emulator: Emulator) -> None:
    make_shirt()
    make_product("Lamp")

    open_shirt_page(page)
    tab_to(page, "S")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("M", exact=True)).to_be_checked()
    expect(page.locator(".price.large")).to_have_text("₹25.00")
    tab_to(page, "Quantity")
    page.keyboard.press("ArrowUp")
    tab_to(page, "Add to cart")
    page.keyboard.press("Space")
    wait_for_notice(page, "Item added to cart successfully.")
    wait_for_cart_count(page, 2)
    expect(page.get_by_role("button", name="Add to cart")).to_be_focused()
    tab_to(page, "Cart, 2 items", "Shift+Tab")
    page.keyboard.press("Enter")
    wait_for_focused_heading(page, "Cart")
    tab_to(page, "Checkout")
    page.keyboard.press("Enter")
    wait_for_focused_heading(page, "Checkout")
    for label, text in {**ADDRESS, "E-mail": EMAIL}.items():
        tab_to(page, label, "Shift+Tab" if label == "E-mail" else "Tab")
        page.keyboard.type(text)
    tab_to(page, "By card ₹50.00")
    tab_to(page, "Place order")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{payment_emulator.url}/**")
    tab_to(page, "Pay")
    page.keyboard.press("Enter")

    order = wait_for_order(page, "Being packed – paid")
    wait_for_focused_heading(page, f"Order {order.number}")
    assert order.total == 50


def test_the_first_key_leads_past_the_header(page: Page) -> None:
    page.goto("/cart")
    wait_for_focused_heading(page, "Cart")
    page.evaluate("document.activeElement.blur()")

    tab_to(page, "Skip to content", "Shift+Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()
    wait_for_heading(page, "Cart")


def test_choosing_from_a_list_keeps_the_focus_in_it(page: Page) -> None:
    make_product("Lamp", price="20.00")
    make_product("Mug", price="10.00")
    page.goto("/")
    wait_for_focused_heading(page, "Catalog")

    tab_to(page, "Sort by")
    page.keyboard.press("ArrowDown")

    expect(page.locator(".grid h2")).to_have_text(["Mug", "Lamp"])
    expect(page.get_by_label("Sort by")).to_be_focused()
    tab_to(page, "In stock only")
    page.keyboard.press("Space")
    page.wait_for_url("**in_stock=true*")
    expect(page.get_by_label("In stock only")).to_be_focused()
