"""The order page of a Cash on Delivery order whose phone has to be confirmed"""

from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts.tests.phones import SentTexts, make_wrong_code, use_sms_file
from orders.models import Order
from products.tests.factories import make_product
from tests.storefront.page_monitor import PageMonitor
from tests.storefront.screen_sizes import DESKTOP, PHONE
from tests.storefront.steps import add_to_cart_by_api, click_button, place_order, wait_for_notice, wait_for_order

pytestmark = [
    *(pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)),
    pytest.mark.usefixtures("unthrottled"),
]
WAITING = "Waiting for your phone number to be confirmed – pay on delivery"


@pytest.fixture(autouse=True)
def texts(settings: Settings, tmp_path: Path) -> SentTexts:
    """In India, phones are confirmed above 100; text messages go to a file."""
    settings.COD_RULES = {"in": (Decimal(100), None)}
    return use_sms_file(tmp_path, settings)


def order_lamp(page: Page) -> Order:
    """Order a lamp of 200.00 as a guest, to be paid on delivery."""
    add_to_cart_by_api(page, make_product("Lamp", price="200.00"))
    place_order(page, "Cash on Delivery")
    return wait_for_order(page, WAITING)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_buyer_confirms_the_phone_right_after_the_checkout(page: Page, texts: SentTexts, size: dict[str, int]) -> None:
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    order = order_lamp(page)
    expect(page.locator("main")).to_contain_text("There is one more step before we pack it")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    click_button(page, "Send me a code")
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    page.get_by_label("Code", exact=True).fill(texts.code())
    page.get_by_label("Code", exact=True).press("Enter")

    wait_for_notice(page, "Your phone number is confirmed, and your order will be packed.")
    wait_for_order(page, "Being packed – pay on delivery")
    expect(page.locator("#confirm-phone")).to_have_count(0)
    order.refresh_from_db()
    assert order.phone_confirm_until is None


def test_a_wrong_code_is_told_at_its_field_and_another_can_be_sent(page: Page, monitor: PageMonitor, texts: SentTexts) -> None:
    order = order_lamp(page)
    page.goto(f"/orders/{order.number}")
    click_button(page, "Send me a code")
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    monitor.expected = {400}

    page.get_by_label("Code", exact=True).fill(make_wrong_code(texts.code()))
    click_button(page, "Confirm")
    expect(page.locator("#confirm-phone")).to_contain_text("The code is wrong or has expired")
    click_button(page, "Send another code")
    expect(page.locator("#confirm-phone")).not_to_contain_text("The code is wrong")
    page.get_by_label("Code", exact=True).fill(texts.code())
    click_button(page, "Confirm")

    wait_for_order(page, "Being packed – pay on delivery")


def test_a_shop_without_text_messages_says_that_it_calls(page: Page, settings: Settings) -> None:
    settings.SMS_BACKEND = ""

    order_lamp(page)

    expect(page.locator("#confirm-phone")).to_contain_text("We will call you at +44 20 7946 0958 before we pack your order.")
    expect(page.get_by_role("button", name="Send me a code")).to_have_count(0)
