"""The cart's page: quantities, what is saved for later, and what has changed since it was filled"""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from carts.models import CartItem
from products.tests.factories import change, change_price, change_variant, make_product
from tests.browsing.steps import block_storage, choose, heading, in_cart, ordered, place, press
from tests.browsing.watching import Watch

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


def open_cart(page: Page) -> None:
    """Go to the cart."""
    page.goto("/cart")
    heading(page, "Cart")


def units() -> int:
    """Return the units of the only line, as the shop has them."""
    return CartItem.objects.get().quantity


def test_a_quantity_is_stepped_and_typed_and_the_focus_stays(page: Page) -> None:
    choose(page, make_product("Lamp", price="20.00"))
    open_cart(page)
    quantity = page.get_by_label("Quantity of Lamp", exact=True)

    more = page.get_by_role("button", name="One more of Lamp")
    more.focus()
    more.press("Enter")
    in_cart(page, 2)
    expect(more).to_be_focused()
    expect(page.locator("#subtotal")).to_have_text("₹40.00")
    less = page.get_by_role("button", name="One less of Lamp")
    less.press("Space")
    in_cart(page, 1)
    expect(less).to_have_attribute("aria-disabled", "true")
    expect(less).to_be_focused()
    less.press("Space")
    quantity.fill("7")
    quantity.press("Enter")
    in_cart(page, 7)
    expect(quantity).to_be_focused()

    expect(page.locator("#subtotal")).to_have_text("₹140.00")
    assert units() == 7


def test_two_steps_in_a_row_both_count(page: Page) -> None:
    choose(page, make_product("Lamp", price="20.00"))
    open_cart(page)

    page.get_by_role("button", name="One more of Lamp").dblclick()

    in_cart(page, 3)
    expect(page.get_by_label("Quantity of Lamp", exact=True)).to_have_value("3")
    assert units() == 3


@pytest.mark.parametrize("typed", ["11", ""])
def test_a_quantity_that_cannot_be_is_refused_and_the_old_one_shown(page: Page, watch: Watch, typed: str) -> None:
    choose(page, make_product("Lamp", stock=10), 2)
    open_cart(page)
    watch.intended = {400}
    quantity = page.get_by_label("Quantity of Lamp", exact=True)

    quantity.fill(typed)
    page.set_viewport_size({"width": 390, "height": 300})
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.keyboard.press("Enter")

    expect(page.locator("#notices .bad")).to_be_in_viewport()
    expect(quantity).to_have_value("2")
    expect(quantity).to_be_focused()
    assert units() == 2


def test_a_line_is_saved_for_later_and_comes_back_and_goes(page: Page) -> None:
    choose(page, make_product("Lamp"), 2)
    choose(page, make_product("Mug"))
    open_cart(page)

    press(page.locator(".line", has_text="Lamp"), "Save for later")
    heading(page, "Cart")
    expect(page.get_by_role("heading", name="Saved for later")).to_be_visible()
    in_cart(page, 1)
    press(page.locator(".line", has_text="Lamp"), "Move to cart")
    in_cart(page, 2)
    expect(page.get_by_role("heading", name="Saved for later")).to_have_count(0)
    press(page, "Remove Lamp")
    expect(page.locator(".line")).to_have_count(1)
    press(page, "Clear the cart")
    expect(page.locator("main")).to_contain_text("Your cart is empty.")

    in_cart(page, 0)
    expect(page.locator("h1")).to_be_focused()
    assert not CartItem.objects.exists()


def test_a_new_price_is_told_and_accepted(page: Page) -> None:
    lamp = make_product("Lamp", price="20.00")
    choose(page, lamp)
    change_price(lamp, "25.00")

    open_cart(page)
    expect(page.locator("main")).to_contain_text("Some prices have changed since you added them.")
    expect(page.locator(".line")).to_contain_text("₹25.00 each, was ₹20.00 when you added it")
    press(page, "Accept the new prices")
    expect(page.get_by_role("button", name="Accept the new prices")).to_have_count(0)

    expect(page.locator(".line")).to_contain_text("₹25.00 each")
    expect(page.locator("main")).not_to_contain_text("have changed")
    assert CartItem.objects.get().price_at_addition == 25


def test_what_is_short_and_what_is_gone_is_told_at_its_line(page: Page) -> None:
    lamp, mug = make_product("Lamp", sku="LAMP"), make_product("Mug")
    choose(page, lamp, 5)
    choose(page, mug)
    change_variant("LAMP", stock=3)
    change(mug, is_active=False)

    open_cart(page)

    expect(page.locator(".line", has_text="Lamp").locator(".wrong")).to_have_text("Insufficient stock. Only 3 available")
    expect(page.locator(".line", has_text="Mug").locator(".wrong")).to_have_text("Product is no longer available")
    expect(page.locator("#subtotal")).to_have_text("₹100.00")


def test_lost_cookies_are_made_good_by_the_copy_of_the_key(page: Page, context: BrowserContext) -> None:
    choose(page, make_product("Lamp"), 3)
    open_cart(page)
    context.clear_cookies()

    page.goto("/cart")

    in_cart(page, 3)
    expect(page.get_by_label("Quantity of Lamp", exact=True)).to_have_value("3")
    assert {cookie["name"] for cookie in context.cookies()} == {"cart_token", "sessionid"}


@pytest.mark.parametrize("storage", ["cleared", "blocked"])
def test_cookies_alone_do(page: Page, context: BrowserContext, storage: str) -> None:
    lamp = make_product("Lamp")
    if storage == "blocked":
        block_storage(context)
    choose(page, lamp, 3)
    if storage == "cleared":
        open_cart(page)
        page.evaluate("localStorage.clear()")

    page.goto("/cart")
    in_cart(page, 3)
    place(page, "Cash on Delivery")

    ordered(page, "Being packed – not paid")
    in_cart(page, 0)
