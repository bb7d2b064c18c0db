"""What a newcomer does first: buys as a guest by card, makes an account, sends the order in the admin, and sees it sent"""

import pytest
from playwright.sync_api import Browser, Page

from accounts.tests.factories import PASSWORD, make_user
from orders.models import Order
from products.models import Variant
from products.tests.factories import make_product
from tests.browsing.front import Front
from tests.browsing.steps import add, heading, in_cart, ordered, place, press, says
from tests.browsing.watching import Watch
from tests.emulator.processes import Emulator

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
STAFF = "boss@example.com"


def test_a_guest_pays_by_card_signs_up_and_sees_the_order_that_staff_have_sent(
    browser: Browser, front: Front, cards: Emulator, page: Page, watch: Watch
) -> None:
    lamp = make_product(sku="LAMP", stock=5)
    make_user(email=STAFF, is_staff=True, is_superuser=True)

    add(page, lamp, 2)
    place(page)
    press(page, "Pay")
    order = ordered(page, "Being packed – paid")
    in_cart(page, 0)
    _sign_up(page)
    page.goto(f"/orders/{order.number}")
    press(page, "Add to my account")
    says(page, "The order is in your account now.")
    _ship(browser, front, order)

    page.goto("/orders")
    page.get_by_role("link", name=f"Order {order.number}").click()
    ordered(page, "On its way – paid")
    sent = Order.objects.get()
    assert sent.user is not None
    assert (sent.user.email, sent.status) == ("grace@example.com", "shipped")
    assert Variant.objects.values_list("stock", "reserved").get() == (3, 0)


def _sign_up(page: Page) -> None:
    page.goto("/sign-up")
    page.get_by_label("First name").fill("Grace")
    page.get_by_label("E-mail").fill("grace@example.com")
    page.get_by_label("Password", exact=True).fill("a lamp on the hill")
    press(page, "Make an account")
    heading(page, "Catalog")


def _ship(browser: Browser, front: Front, order: Order) -> None:
    """Send the order in the admin, in a browser of staff."""
    context = browser.new_context(base_url=front.api)
    desk = context.new_page()
    desk.goto("/admin/")
    desk.get_by_label("Email").fill(STAFF)
    desk.get_by_label("Password").fill(PASSWORD)
    desk.get_by_role("button", name="Log in").click()
    desk.goto(f"/admin/orders/order/?q={order.number}")
    desk.get_by_role("link", name=order.number).click()
    desk.get_by_role("link", name="Ship", exact=True).click()
    desk.get_by_role("button", name="Ship", exact=True).click()
    desk.get_by_text("The order is marked as sent").wait_for()
    context.close()
