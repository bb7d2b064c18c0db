"""The checkout page: the total shown is the total charged, and refusals are explained"""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts.tests.factories import make_user
from orders.models import Address, Order
from orders.tests.factories import ADDRESS
from products.models import Product
from products.tests.factories import make_product, set_price, update_product, update_variant
from tests.storefront.page_monitor import PageMonitor
from tests.storefront.steps import (
    EMAIL,
    add_to_cart_by_api,
    click_button,
    fill_address,
    sign_in,
    wait_for_heading,
    wait_for_notice,
    wait_for_order,
)

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
TOTAL = ".summary .sums div:last-child dd"


def open_checkout(page: Page, product: Product, units: int = 1) -> None:
    """Add units to the cart and fill in the checkout page."""
    add_to_cart_by_api(page, product, units)
    page.goto("/checkout")
    wait_for_heading(page, "Checkout")
    fill_address(page)
    page.get_by_label("Cash on Delivery").check()


def wait_for_changes(page: Page, *texts: str) -> None:
    """Wait until the page's alert names exactly these changes."""
    alert = page.get_by_role("alert").filter(has_text="your order was not placed")
    expect(alert.locator("li")).to_have_text(list(texts))


def test_a_price_that_rose_meanwhile_is_named_and_agreed_to_by_a_second_click(page: Page, monitor: PageMonitor) -> None:
    lamp = make_product("Lamp", price="20.00")
    open_checkout(page, lamp, 2)
    set_price(lamp, "25.00")
    monitor.expected = {409}

    click_button(page, "Place order")
    wait_for_changes(page, "Lamp: now ₹25.00 instead of ₹20.00", "The total: now ₹50.00 instead of ₹40.00")
    assert not Order.objects.exists()
    expect(page.locator(TOTAL)).to_have_text("₹50.00")
    click_button(page, "Place order")

    assert wait_for_order(page, "Being packed – pay on delivery").total == 50


def test_a_price_that_fell_meanwhile_is_charged_and_shown(page: Page) -> None:
    lamp = make_product("Lamp", price="20.00")
    open_checkout(page, lamp)
    set_price(lamp, "15.00")

    click_button(page, "Place order")

    assert wait_for_order(page, "Being packed – pay on delivery").total == 15
    wait_for_notice(page, "fell")


def test_what_is_sold_out_meanwhile_is_named_and_nothing_is_ordered(page: Page, monitor: PageMonitor) -> None:
    lamp = make_product("Lamp", sku="LAMP")
    open_checkout(page, lamp, 2)
    update_variant("LAMP", stock=0)
    monitor.expected = {409}

    click_button(page, "Place order")

    wait_for_changes(page, "Lamp: sold out")
    assert not Order.objects.exists()


def test_what_is_withdrawn_meanwhile_is_named_and_can_be_taken_out(page: Page, monitor: PageMonitor) -> None:
    lamp = make_product("Lamp")
    add_to_cart_by_api(page, make_product("Mug", price="5.00"))
    open_checkout(page, lamp)
    update_product(lamp, is_active=False)
    monitor.expected = {409}

    click_button(page, "Place order")
    wait_for_changes(page, "Lamp: no longer available")
    page.get_by_role("link", name="edit your cart").click()
    click_button(page, "Remove Lamp")
    page.get_by_role("link", name="Checkout").click()
    fill_address(page)
    page.get_by_label("Cash on Delivery").check()
    click_button(page, "Place order")

    assert wait_for_order(page, "Being packed – pay on delivery").total == 5


def test_what_is_wrong_stands_at_its_field_and_the_focus_goes_there(page: Page, monitor: PageMonitor) -> None:
    open_checkout(page, make_product("Lamp"))
    monitor.expected = {400}
    messages = {
        "E-mail": ("no address", "Enter a valid e-mail address"),
        "Postal code": ("SW1Y", "Enter a valid postal code, such as EC1Y 8SY"),
        "Town or city": ("", "Enter a town or city"),
        "Phone": ("", "A phone number is needed for Cash on Delivery"),
        "Street and number": ("", "A street and number are needed"),
        "Name": ("", "A name is needed"),
    }

    for label, (text, message) in messages.items():
        fill_address(page, **{label: text})
        click_button(page, "Place order")
        control = page.get_by_label(label, exact=True)
        expect(control).to_be_focused()
        expect(control).to_have_accessible_description(message)
        expect(page.locator("[aria-invalid=true]")).to_have_count(1)

    fill_address(page, **dict.fromkeys(("Name", "Street and number", "E-mail", "Phone"), ""))
    click_button(page, "Place order")
    expect(page.locator("[aria-invalid=true]")).to_have_count(3)
    assert not Order.objects.exists()


def test_a_payment_that_was_not_chosen_is_asked_for(page: Page, monitor: PageMonitor) -> None:
    open_checkout(page, make_product("Lamp"))
    page.evaluate("document.querySelectorAll('[type=radio]').forEach((one) => (one.checked = false))")
    monitor.expected = {400}

    click_button(page, "Place order")

    expect(page.get_by_role("group", name="Payment")).to_have_accessible_description("Must be cod or stripe")
    expect(page.get_by_role("radio").first).to_be_focused()
    assert not Order.objects.exists()


def test_the_total_with_shipping_is_shown_and_charged(page: Page, settings: Settings) -> None:
    settings.SHIPPING = {"in": (Decimal("50.00"), Decimal("999.00"))}
    open_checkout(page, make_product("Lamp", price="499.50"))

    expect(page.locator(TOTAL)).to_have_text("₹549.50")
    page.goto("/cart")
    page.get_by_role("button", name="One more of Lamp").click()
    expect(page.locator("#subtotal")).to_have_text("₹999.00")
    page.get_by_role("link", name="Checkout").click()
    expect(page.locator(TOTAL)).to_have_text("₹999.00")
    page.goto("/cart")
    page.get_by_role("button", name="One less of Lamp").click()
    expect(page.locator("#subtotal")).to_have_text("₹499.50")
    page.get_by_role("link", name="Checkout").click()
    fill_address(page)
    page.get_by_label("Cash on Delivery").check()
    click_button(page, "Place order")

    order = wait_for_order(page, "Being packed – pay on delivery")
    assert (order.shipping_total, order.total) == (50, Decimal("549.50"))
    expect(page.locator(".sums")).to_contain_text("₹549.50")


def test_a_customers_address_is_filled_in(page: Page) -> None:
    user = make_user(EMAIL)
    Address.objects.create(user=user, is_default=True, **ADDRESS)
    sign_in(page)
    add_to_cart_by_api(page, make_product("Lamp"))

    page.goto("/checkout")

    expect(page.get_by_label("Street and number")).to_have_value(ADDRESS["line1"])
    expect(page.get_by_label("E-mail", exact=True)).to_have_value(EMAIL)
    click_button(page, "Place order")
    assert wait_for_order(page, "Being packed – pay on delivery").address["city"] == "London"
