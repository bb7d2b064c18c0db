"""Promotion codes in the storefront: in the cart and at the checkout, and on the pages and in the mail that follow"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from pytest_django import Settings

from accounts.tests.factories import PASSWORD, make_user
from carts.models import CartCode
from carts.tests.factories import add_to_cart
from core import outbox
from orders.models import Order
from orders.tests.factories import placed
from pricing.models import Promotion
from pricing.tests.factories import change_promotion, make_promotion
from products.tests.factories import make_product
from tests.emulator.processes import Emulator
from tests.schema_client import SchemaClient
from tests.storefront.conftest import TIMEOUT
from tests.storefront.page_monitor import PageMonitor
from tests.storefront.screen_sizes import DESKTOP, PHONE
from tests.storefront.steps import (
    EMAIL,
    add_to_cart_by_api,
    click_button,
    fill_address,
    wait_for_heading,
    wait_for_notice,
    wait_for_order,
)
from tests.storefront.storefront_server import Storefront

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
STAFF = "boss@example.com"
TO_PACK = "Being packed – pay on delivery"


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def context(request: pytest.FixtureRequest, browser: Browser, storefront: Storefront) -> Iterator[BrowserContext]:
    """A browser context of this size."""
    context = browser.new_context(base_url=storefront.origin, viewport=request.param, reduced_motion="reduce")
    context.set_default_timeout(TIMEOUT)
    yield context
    context.close()


def open_page(page: Page, address: str, heading: str) -> None:
    """Open a page of the storefront."""
    page.goto(address)
    wait_for_heading(page, heading)


def enter_code(page: Page, code: str) -> None:
    """Type a code and press Enter."""
    page.get_by_label("Promotion code").fill(code)
    page.get_by_label("Promotion code").press("Enter")


def get_row(page: Page, code: str) -> Locator:
    """Return the row of a code."""
    return page.locator(".code", has_text=code)


def expect_sums(page: Page, sums: dict[str, str]) -> None:
    """Expect exactly these rows of sums: amounts by name."""
    expect(page.locator(".sums > div")).to_have_text([name + amount for name, amount in sums.items()])


def order_by_cash(page: Page) -> None:
    """Fill in the checkout page and order."""
    open_page(page, "/checkout", "Checkout")
    fill_address(page)
    page.get_by_label("Cash on Delivery").check()
    click_button(page, "Place order")


def refund_a_lamp(browser: Browser, storefront: Storefront, order: Order) -> None:
    """Refund one of the three lamps in the admin, for the amount that its page proposes."""
    context = browser.new_context(base_url=storefront.api)
    staff = context.new_page()
    staff.goto(f"/admin/orders/order/{order.pk}/action/refund/")
    staff.get_by_label("Email").fill(STAFF)
    staff.get_by_label("Password").fill(PASSWORD)
    staff.get_by_role("button", name="Log in").click()
    expect(staff.locator("#content")).to_contain_text("₹53.97 was paid for 3")
    staff.get_by_label("Units of Lamp").fill("1")
    staff.get_by_label("Reason").fill("a scratch")
    staff.get_by_role("button", name="Refund", exact=True).click()
    expect(staff.get_by_label("Amount")).to_have_value("17.99")
    staff.get_by_role("button", name="Refund", exact=True).click()
    staff.get_by_text("₹17.99: the refund is Succeeded.").wait_for()
    context.close()


def get_letters() -> list[str]:
    """Send what is to be sent, and return the mails that the buyer has received."""
    outbox.run_due()
    return [str(message.body) for message in mail.outbox if message.to == [EMAIL]]


def test_a_code_counts_from_the_cart_to_the_paid_order_its_mail_and_its_refund(
    browser: Browser, storefront: Storefront, page: Page, payment_emulator: Emulator, settings: Settings
) -> None:
    make_user(email=STAFF, is_staff=True, is_superuser=True)
    settings.SHIPPING = {"in": (Decimal("50.00"), None)}
    make_promotion("Autumn", code="TEN")
    add_to_cart_by_api(page, make_product("Lamp", price="19.99"), 3)
    add_to_cart_by_api(page, make_product("Mug", price="5.00"))

    open_page(page, "/cart", "Cart")
    enter_code(page, " ten ")
    wait_for_notice(page, "Code applied.")
    expect(page.locator(".line > .price")).to_have_text(
        ["Discounted price: ₹53.97before: ₹59.97", "Discounted price: ₹4.50before: ₹5.00"]
    )
    estimates = {"Shipping (estimate)": "₹50.00", "Total (estimate)": "₹108.47"}
    expect_sums(page, {"Subtotal": "₹64.97", "Autumn (TEN)": "−₹6.50", **estimates})
    page.get_by_role("link", name="Checkout").click()
    wait_for_heading(page, "Checkout")
    sums = {"Subtotal": "₹64.97", "Autumn (TEN)": "−₹6.50", "Shipping": "₹50.00", "Total": "₹108.47"}
    expect_sums(page, sums)
    fill_address(page)
    page.get_by_label("By card").check()
    click_button(page, "Place order")
    expect(page.locator("body")).to_contain_text("108.47")
    click_button(page, "Pay")

    order = wait_for_order(page, "Being packed – paid")
    expect_sums(page, sums)
    expect(page.locator(".line > .price").first).to_have_text("Discounted price: ₹53.97before: ₹59.97")
    open_page(page, "/orders", "Orders")
    expect(page.locator(".line")).to_contain_text("You saved ₹6.50")
    expect(page.locator(".line > .price")).to_have_text("₹108.47")
    assert (order.discount_total, order.total, order.payments.get().captured_minor) == (Decimal("6.50"), Decimal("108.47"), 10847)
    assert not CartCode.objects.exists()
    (letter,) = get_letters()
    for line in ("3 × Lamp: ₹59.97", "Autumn (TEN): -₹6.50", "Shipping: ₹50.00", "Total: ₹108.47"):
        assert line in letter
    refund_a_lamp(browser, storefront, order)
    page.goto(f"/orders/{order.number}")
    wait_for_order(page, "Being packed – partly refunded")
    expect_sums(page, sums)
    assert "₹17.99" in get_letters()[-1]
    assert order.payments.get().refunds.get().amount_minor == 1799


def test_codes_say_in_the_cart_why_they_wait_and_that_they_have_ended_and_are_removed(page: Page, monitor: PageMonitor) -> None:
    make_promotion("Autumn", code="AUTUMN")
    make_promotion("Big", code="BIG", min_subtotals={"in": "100.00"})
    add_to_cart_by_api(page, make_product("Lamp", price="20.00"))
    open_page(page, "/cart", "Cart")
    monitor.expected = {400, 404}

    field = page.get_by_label("Promotion code")
    for typed, message in (("AUTMN", "This code is not valid"), (" ", "This field may not be blank.")):
        enter_code(page, typed)
        expect(field).to_have_accessible_description(message)
        expect(field).to_be_focused()
        expect(field).to_have_value(typed)
    enter_code(page, "big")
    wait_for_notice(page, "Code saved. Add items for ₹80.00 more.")
    expect(get_row(page, "BIG")).to_contain_text("Add items for ₹80.00 more")
    enter_code(page, "autumn")
    expect(get_row(page, "AUTUMN")).to_contain_text("Applied")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    change_promotion(ends_at=timezone.now())
    page.reload()
    expect(get_row(page, "AUTUMN")).to_contain_text("This code has ended")
    expect_sums(page, {"Subtotal": "₹20.00", "Shipping (estimate)": "Free", "Total (estimate)": "₹20.00"})
    remove = page.get_by_role("button", name="Remove code AUTUMN")
    remove.focus()
    remove.press("Enter")
    wait_for_notice(page, "Code removed.")

    expect(page.locator(".code")).to_have_count(1)
    expect(field).to_be_focused()
    assert list(CartCode.objects.values_list("code__code", flat=True)) == ["BIG"]


def test_codes_stay_with_an_emptied_cart_and_are_removed_there(page: Page) -> None:
    make_promotion("Autumn", code="AUTUMN")
    add_to_cart_by_api(page, make_product("Lamp"))
    open_page(page, "/cart", "Cart")
    enter_code(page, "AUTUMN")
    expect(get_row(page, "AUTUMN")).to_contain_text("Applied")

    click_button(page, "Clear cart")
    expect(page.locator("main")).to_contain_text("Your cart is empty.")
    expect(get_row(page, "AUTUMN")).to_contain_text("Your cart has no items that this code is for")
    click_button(page, "Remove code AUTUMN")
    wait_for_notice(page, "Code removed.")

    expect(page.locator(".codes")).to_have_count(0)
    expect(page.locator("h1")).to_be_focused()
    assert not CartCode.objects.exists()


def test_a_code_that_ends_before_the_order_is_named_and_the_higher_total_is_agreed_to(page: Page, monitor: PageMonitor) -> None:
    make_promotion("Autumn", code="TEN")
    add_to_cart_by_api(page, make_product("Lamp", price="20.00"))
    open_page(page, "/checkout", "Checkout")
    enter_code(page, "TEN")
    expect_sums(page, {"Subtotal": "₹20.00", "Autumn (TEN)": "−₹2.00", "Shipping": "Free", "Total": "₹18.00"})
    fill_address(page)
    page.get_by_label("Cash on Delivery").check()
    change_promotion(ends_at=timezone.now())
    monitor.expected = {409}

    click_button(page, "Place order")
    changes = page.get_by_role("alert").filter(has_text="your order was not placed").locator("li")
    expect(changes).to_have_text(["The total: now ₹20.00 instead of ₹18.00", "Code TEN: ended"])
    expect_sums(page, {"Subtotal": "₹20.00", "Shipping": "Free", "Total": "₹20.00"})
    expect(get_row(page, "TEN")).to_contain_text("This code has ended")
    assert not Order.objects.exists()
    click_button(page, "Place order")

    order = wait_for_order(page, TO_PACK)
    assert (order.discount_total, order.total) == (0, 20)


@pytest.mark.parametrize("code", ["ONCE", ""])
def test_a_discount_that_the_buyer_has_had_before_is_taken_out_and_the_order_placed(
    page: Page, monitor: PageMonitor, code: str
) -> None:
    make_promotion("Welcome", code=code, per_customer=1)
    lamp = make_product("Lamp", price="20.00")
    name = f"Welcome ({code})" if code else "Welcome"
    earlier = SchemaClient()
    add_to_cart(earlier, lamp)
    assert placed(earlier, email=EMAIL, codes=[code] if code else [])["total"] == "18.00"
    monitor.expected = {409}

    add_to_cart_by_api(page, lamp)
    if code:
        open_page(page, "/cart", "Cart")
        enter_code(page, code)
        expect(get_row(page, code)).to_contain_text("Applied")
    order_by_cash(page)
    changes = page.get_by_role("alert").filter(has_text="your order was not placed").locator("li")
    refused = ["Code ONCE: used up"] if code else []
    expect(changes).to_have_text(["The total: now ₹20.00 instead of ₹18.00", *refused])
    lost = {"Discounts that do not apply": "₹2.00"}
    expect_sums(page, {"Subtotal": "₹20.00", name: "−₹2.00", **lost, "Shipping": "Free", "Total": "₹20.00"})
    if code:
        expect(get_row(page, code)).to_contain_text("You cannot use this code for this order")
    click_button(page, "Place order")

    assert wait_for_order(page, TO_PACK).total == 20
    assert sorted(Order.objects.values_list("total", flat=True)) == [18, 20]


def test_a_code_is_removed_at_the_checkout_and_the_form_keeps_what_was_typed(page: Page) -> None:
    make_promotion("Autumn", code="TEN", starts_at=timezone.now() - timedelta(days=1))
    add_to_cart_by_api(page, make_product("Lamp", price="20.00"))
    open_page(page, "/checkout", "Checkout")
    enter_code(page, "TEN")
    fill_address(page)
    page.get_by_label("Cash on Delivery").check()

    click_button(page, "Remove code TEN")
    expect_sums(page, {"Subtotal": "₹20.00", "Shipping": "Free", "Total": "₹20.00"})
    expect(page.get_by_label("Promotion code")).to_be_focused()
    click_button(page, "Place order")

    assert wait_for_order(page, TO_PACK).total == 20
    assert Promotion.objects.get().used == 0
