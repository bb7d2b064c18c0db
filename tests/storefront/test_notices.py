"""Messages: they cover neither what was pressed nor the header, and go with their page"""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.tests.factories import make_user
from products.tests.factories import make_product
from tests.storefront.steps import add_to_cart, click_button, sign_in, wait_for_heading, wait_for_notice

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("size", [(390, 844), (390, 500), (1280, 900)], ids=str)
def test_a_message_covers_neither_the_header_nor_the_button_just_pressed(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    add_to_cart(page, make_product("Lamp", description="A lamp.\n" * 40))

    boxes = [locator.bounding_box() for locator in (page.locator("header"), page.get_by_role("button", name="Add to cart"))]
    notice = page.locator("#notices .notice").bounding_box()

    assert notice
    for box in boxes:
        assert box
        assert box["y"] + box["height"] <= notice["y"]
    expect(page.locator("#notices .notice")).to_be_in_viewport(ratio=1)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    footer, notice = page.locator("footer").bounding_box(), page.locator("#notices .notice").bounding_box()
    assert footer
    assert notice
    assert footer["y"] + footer["height"] <= notice["y"]


def test_a_message_goes_with_its_page_unless_it_is_meant_for_the_next(page: Page, context: BrowserContext) -> None:
    make_user("ada@example.com", first_name="Ada")
    add_to_cart(page, make_product("Lamp"))

    page.locator("#cart-link").click()
    wait_for_heading(page, "Cart")
    assert page.locator("#notices .notice").count() == 0  # now, not after its eight seconds
    sign_in(page, address="/sign-in?next=/account")
    wait_for_heading(page, "Hello Ada")
    click_button(page, "Sign out")
    wait_for_heading(page, "Catalog")
    wait_for_notice(page, "You are signed out.")
    page.locator("#cart-link").click()
    wait_for_heading(page, "Cart")

    assert page.locator("#notices .notice").count() == 0


def test_a_message_takes_the_place_of_the_one_before(page: Page) -> None:
    add_to_cart(page, make_product("Lamp"))
    first = page.locator("#notices .notice").element_handle()

    click_button(page, "Add to cart")

    page.wait_for_function("notice => !notice.isConnected", arg=first, timeout=4_000)  # it would go after eight seconds
    expect(page.locator("#notices .notice")).to_have_count(1)
