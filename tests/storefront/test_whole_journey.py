"""A first tour of the shop: buy as a guest by card, register, ship the order in the admin, and see it shipped"""

import pytest
from playwright.sync_api import Browser, Page

from accounts.tests.factories import PASSWORD, make_user
from orders.models import Order
from products.models import Variant
from products.tests.factories import make_product
from tests.emulator.processes import Emulator
from tests.storefront.page_monitor import PageMonitor
from tests.storefront.steps import (
    add_to_cart,
    click_button,
    place_order,
    wait_for_cart_count,
    wait_for_heading,
    wait_for_notice,
    wait_for_order,
)
from tests.storefront.storefront_server import Storefront

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
STAFF = "boss@example.com"


def test_a_guest_pays_by_card_signs_up_and_sees_the_order_that_staff_have_sent(
    browser: Browser, storefront: Storefront, payment_emulator: Emulator, page: Page, monitor: PageMonitor
) -> None:
    lamp = make_product(sku="LAMP", stock=5)
    make_user(email=STAFF, is_staff=True, is_superuser=True)

    add_to_cart(page, lamp, 2)
    place_order(page)
    click_button(page, "Pay")
    order = wait_for_order(page, "Being packed – paid")
    wait_for_cart_count(page, 0)
    _sign_up(page)
    page.goto(f"/orders/{order.number}")
    click_button(page, "Add to my account")
    wait_for_notice(page, "The order has been added to your account.")
    _ship(browser, storefront, order)

    page.goto("/orders")
    page.get_by_role("link", name=f"Order {order.number}").click()
    wait_for_order(page, "On its way – paid")
    sent = Order.objects.get()
    assert sent.user is not None
    assert (sent.user.email, sent.status) == ("grace@example.com", "shipped")
    assert Variant.objects.values_list("stock", "reserved").get() == (3, 0)


def _sign_up(page: Page) -> None:
    page.goto("/sign-up")
    page.get_by_label("First name").fill("Grace")
    page.get_by_label("E-mail").fill("grace@example.com")
    page.get_by_label("Password", exact=True).fill("a lamp on the hill")
    click_button(page, "Create an account")
    wait_for_heading(page, "Catalog")


def _ship(browser: Browser, storefront: Storefront, order: Order) -> None:
    """Ship the order in the admin, in a staff browser."""
    context = browser.new_context(base_url=storefront.api)
    superuser_client = context.new_page()
    superuser_client.goto("/admin/")
    superuser_client.get_by_label("Email").fill(STAFF)
    superuser_client.get_by_label("Password").fill(PASSWORD)
    superuser_client.get_by_role("button", name="Log in").click()
    superuser_client.goto(f"/admin/orders/order/?q={order.number}")
    superuser_client.get_by_role("link", name=order.number).click()
    superuser_client.get_by_role("link", name="Ship", exact=True).click()
    superuser_client.get_by_role("button", name="Ship", exact=True).click()
    superuser_client.get_by_text("The order is marked as shipped").wait_for()
    context.close()
