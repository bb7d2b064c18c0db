"""The checkout's page: what it shows is what is charged, and what it says when the shop refuses"""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts.tests.factories import make_user
from orders.models import Address, Order
from orders.tests.factories import ADDRESS
from products.models import Product
from products.tests.factories import change, change_price, change_variant, make_product
from tests.browsing.steps import EMAIL, choose, fill_address, heading, ordered, press, says, sign_in
from tests.browsing.watching import Watch

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
TOTAL = ".summary .sums div:last-child dd"


def checkout_of(page: Page, product: Product, units: int = 1) -> None:
    """Put units into the cart, and fill in the checkout's page."""
    choose(page, product, units)
    page.goto("/checkout")
    heading(page, "Checkout")
    fill_address(page)
    page.get_by_label("Cash on Delivery").check()


def changes(page: Page, *texts: str) -> None:
    """Wait until the page names these changes, and no others, in words that are read out."""
    said = page.get_by_role("alert").filter(has_text="Nothing was ordered")
    expect(said.locator("li")).to_have_text(list(texts))


def test_a_price_that_rose_meanwhile_is_named_and_agreed_to_by_a_second_click(page: Page, watch: Watch) -> None:
    lamp = make_product("Lamp", price="20.00")
    checkout_of(page, lamp, 2)
    change_price(lamp, "25.00")
    watch.intended = {409}

    press(page, "Place order")
    changes(page, "Lamp: ₹25.00 now, not ₹20.00", "The total: ₹50.00 now, not ₹40.00")
    assert not Order.objects.exists()
    expect(page.locator(TOTAL)).to_have_text("₹50.00")
    press(page, "Place order")

    assert ordered(page, "Being packed – not paid").total == 50


def test_a_price_that_fell_meanwhile_is_charged_and_told(page: Page) -> None:
    lamp = make_product("Lamp", price="20.00")
    checkout_of(page, lamp)
    change_price(lamp, "15.00")

    press(page, "Place order")

    assert ordered(page, "Being packed – not paid").total == 15
    says(page, "fell")


def test_what_is_sold_out_meanwhile_is_named_and_nothing_is_ordered(page: Page, watch: Watch) -> None:
    lamp = make_product("Lamp", sku="LAMP")
    checkout_of(page, lamp, 2)
    change_variant("LAMP", stock=0)
    watch.intended = {409}

    press(page, "Place order")

    changes(page, "Lamp: sold out")
    assert not Order.objects.exists()


def test_what_is_withdrawn_meanwhile_is_named_and_can_be_taken_out(page: Page, watch: Watch) -> None:
    lamp = make_product("Lamp")
    choose(page, make_product("Mug", price="5.00"))
    checkout_of(page, lamp)
    change(lamp, is_active=False)
    watch.intended = {409}

    press(page, "Place order")
    changes(page, "Lamp: not sold any more")
    page.get_by_role("link", name="change the cart").click()
    press(page, "Remove Lamp")
    page.get_by_role("link", name="Checkout").click()
    fill_address(page)
    page.get_by_label("Cash on Delivery").check()
    press(page, "Place order")

    assert ordered(page, "Being packed – not paid").total == 5


def test_what_is_wrong_stands_at_its_field_and_the_focus_goes_there(page: Page, watch: Watch) -> None:
    checkout_of(page, make_product("Lamp"))
    watch.intended = {400}
    said = {
        "E-mail": ("no address", "Enter a valid e-mail address"),
        "Country": ("x" * 61, "Must be a text of at most 60 characters"),
        "Street and number": ("", "Where shall it be sent? A street and number are needed"),
        "Name": ("", "A name is needed"),
    }

    for label, (text, words) in said.items():
        fill_address(page, **{label: text})
        press(page, "Place order")
        control = page.get_by_label(label, exact=True)
        expect(control).to_be_focused()
        expect(control).to_have_accessible_description(words)
        expect(page.locator("[aria-invalid=true]")).to_have_count(1)

    fill_address(page, **dict.fromkeys(("Name", "Street and number", "E-mail", "Phone"), ""))
    press(page, "Place order")
    expect(page.locator("[aria-invalid=true]")).to_have_count(3)
    assert not Order.objects.exists()


def test_a_payment_that_was_not_chosen_is_asked_for(page: Page, watch: Watch) -> None:
    checkout_of(page, make_product("Lamp"))
    page.evaluate("document.querySelectorAll('[type=radio]').forEach((one) => (one.checked = false))")
    watch.intended = {400}

    press(page, "Place order")

    expect(page.get_by_role("group", name="Payment")).to_have_accessible_description("Must be cod or stripe")
    expect(page.get_by_role("radio").first).to_be_focused()
    assert not Order.objects.exists()


def test_the_total_with_shipping_is_shown_and_charged(page: Page, settings: Settings) -> None:
    settings.SHIPPING = {"in": (Decimal("50.00"), Decimal("999.00"))}
    checkout_of(page, make_product("Lamp", price="499.50"))

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
    press(page, "Place order")

    order = ordered(page, "Being packed – not paid")
    assert (order.shipping_total, order.total) == (50, Decimal("549.50"))
    expect(page.locator(".sums")).to_contain_text("₹549.50")


def test_a_customer_finds_his_address_filled_in(page: Page) -> None:
    user = make_user(EMAIL)
    Address.objects.create(user=user, is_default=True, **ADDRESS)
    sign_in(page)
    choose(page, make_product("Lamp"))

    page.goto("/checkout")

    expect(page.get_by_label("Street and number")).to_have_value(ADDRESS["line1"])
    expect(page.get_by_label("E-mail", exact=True)).to_have_value(EMAIL)
    press(page, "Place order")
    assert ordered(page, "Being packed – not paid").address["city"] == "London"
