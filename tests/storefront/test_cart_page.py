"""The cart page: quantities, lines saved for later, and changes since the cart was filled"""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from carts.models import CartItem
from products.tests.factories import make_product, set_price, update_product, update_variant
from tests.storefront.page_monitor import PageMonitor
from tests.storefront.steps import (
    add_to_cart_by_api,
    block_storage,
    click_button,
    place_order,
    wait_for_cart_count,
    wait_for_heading,
    wait_for_order,
)

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


def open_cart(page: Page) -> None:
    """Open the cart page."""
    page.goto("/cart")
    wait_for_heading(page, "Cart")


def get_units() -> int:
    """Return the stored quantity of the only line."""
    return CartItem.objects.get().quantity


def test_a_quantity_is_stepped_and_typed_and_the_focus_stays(page: Page) -> None:
    add_to_cart_by_api(page, make_product("Lamp", price="20.00"))
    open_cart(page)
    quantity = page.get_by_label("Quantity of Lamp", exact=True)

    more = page.get_by_role("button", name="One more of Lamp")
    more.focus()
    more.press("Enter")
    wait_for_cart_count(page, 2)
    expect(more).to_be_focused()
    expect(page.locator("#subtotal")).to_have_text("₹40.00")
    less = page.get_by_role("button", name="One less of Lamp")
    less.press("Space")
    wait_for_cart_count(page, 1)
    expect(less).to_have_attribute("aria-disabled", "true")
    expect(less).to_be_focused()
    less.press("Space")
    quantity.fill("7")
    quantity.press("Enter")
    wait_for_cart_count(page, 7)
    expect(quantity).to_be_focused()

    expect(page.locator("#subtotal")).to_have_text("₹140.00")
    assert get_units() == 7


def test_two_steps_in_a_row_both_count(page: Page) -> None:
    add_to_cart_by_api(page, make_product("Lamp", price="20.00"))
    open_cart(page)

    page.get_by_role("button", name="One more of Lamp").dblclick()

    wait_for_cart_count(page, 3)
    expect(page.get_by_label("Quantity of Lamp", exact=True)).to_have_value("3")
    assert get_units() == 3


@pytest.mark.parametrize("typed", ["11", ""])
def test_a_quantity_that_cannot_be_is_refused_and_the_old_one_shown(page: Page, monitor: PageMonitor, typed: str) -> None:
    add_to_cart_by_api(page, make_product("Lamp", stock=10), 2)
    open_cart(page)
    monitor.expected = {400}
    quantity = page.get_by_label("Quantity of Lamp", exact=True)

    quantity.fill(typed)
    page.set_viewport_size({"width": 390, "height": 300})
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.keyboard.press("Enter")

    expect(page.locator("#notices .bad")).to_be_in_viewport()
    expect(quantity).to_have_value("2")
    expect(quantity).to_be_focused()
    assert get_units() == 2


def test_a_line_is_saved_for_later_and_comes_back_and_goes(page: Page) -> None:
    add_to_cart_by_api(page, make_product("Lamp"), 2)
    add_to_cart_by_api(page, make_product("Mug"))
    open_cart(page)

    click_button(page.locator(".line", has_text="Lamp"), "Save for later")
    wait_for_heading(page, "Cart")
    expect(page.get_by_role("heading", name="Saved for later")).to_be_visible()
    wait_for_cart_count(page, 1)
    click_button(page.locator(".line", has_text="Lamp"), "Move to cart")
    wait_for_cart_count(page, 2)
    expect(page.get_by_role("heading", name="Saved for later")).to_have_count(0)
    click_button(page, "Remove Lamp")
    expect(page.locator(".line")).to_have_count(1)
    click_button(page, "Clear cart")
    expect(page.locator("main")).to_contain_text("Your cart is empty.")

    wait_for_cart_count(page, 0)
    expect(page.locator("h1")).to_be_focused()
    assert not CartItem.objects.exists()


def test_a_new_price_is_shown_and_accepted(page: Page) -> None:
    lamp = make_product("Lamp", price="20.00")
    add_to_cart_by_api(page, lamp)
    set_price(lamp, "25.00")

    open_cart(page)
    expect(page.locator("main")).to_contain_text("Some prices have changed since you added them.")
    expect(page.locator(".line")).to_contain_text("₹25.00 each, was ₹20.00 when you added it")
    click_button(page, "Accept the new prices")
    expect(page.get_by_role("button", name="Accept the new prices")).to_have_count(0)

    expect(page.locator(".line")).to_contain_text("₹25.00 each")
    expect(page.locator("main")).not_to_contain_text("have changed")
    assert CartItem.objects.get().price_at_addition == 25


def test_shortages_and_withdrawn_products_are_shown_at_their_line(page: Page) -> None:
    lamp, mug = make_product("Lamp", sku="LAMP"), make_product("Mug")
    add_to_cart_by_api(page, lamp, 5)
    add_to_cart_by_api(page, mug)
    update_variant("LAMP", stock=3)
    update_product(mug, is_active=False)

    open_cart(page)

    expect(page.locator(".line", has_text="Lamp").locator(".wrong")).to_have_text("Insufficient stock. Only 3 available")
    expect(page.locator(".line", has_text="Mug").locator(".wrong")).to_have_text("Product is no longer available")
    expect(page.locator("#subtotal")).to_have_text("₹100.00")


def test_lost_cookies_are_made_good_by_the_copy_of_the_key(page: Page, context: BrowserContext) -> None:
    add_to_cart_by_api(page, make_product("Lamp"), 3)
    open_cart(page)
    context.clear_cookies()

    page.goto("/cart")

    wait_for_cart_count(page, 3)
    expect(page.get_by_label("Quantity of Lamp", exact=True)).to_have_value("3")
    assert {cookie["name"] for cookie in context.cookies()} == {"cart_token", "sessionid"}


@pytest.mark.parametrize("storage", ["cleared", "blocked"])
def test_cookies_alone_do(page: Page, context: BrowserContext, storage: str) -> None:
    lamp = make_product("Lamp")
    if storage == "blocked":
        block_storage(context)
    add_to_cart_by_api(page, lamp, 3)
    if storage == "cleared":
        open_cart(page)
        page.evaluate("localStorage.clear()")

    page.goto("/cart")
    wait_for_cart_count(page, 3)
    place_order(page, "Cash on Delivery")

    wait_for_order(page, "Being packed – pay on delivery")
    wait_for_cart_count(page, 0)
