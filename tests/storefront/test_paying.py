"""Paying by card with double clicks, two tabs, declined cards and interruptions: one order and one payment"""

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from carts.models import CartItem
from orders.models import Order, Payment
from products.tests.factories import make_product
from tests.emulator.processes import Emulator
from tests.storefront.page_monitor import CONNECTION_FAILED, PageMonitor
from tests.storefront.steps import (
    add_to_cart_by_api,
    block_storage,
    click_button,
    fill_address,
    place_order,
    wait_for_cart_count,
    wait_for_heading,
    wait_for_notice,
    wait_for_order,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def order_lamp_by_card(page: Page, payment_emulator: Emulator) -> str:
    """Order a lamp by card and return the URL of its payment page."""
    add_to_cart_by_api(page, make_product("Lamp", price="20.00"))
    place_order(page)
    return wait_for_payment_page(page, payment_emulator)


def wait_for_payment_page(page: Page, payment_emulator: Emulator) -> str:
    """Wait for the payment page and return its URL."""
    page.wait_for_url(f"{payment_emulator.url}/**")
    return page.url


def check_sold_once() -> None:
    """Assert that there is one order with one payment, and that it is paid."""
    assert Order.objects.get().status == "processing"
    assert Payment.objects.get().state == "succeeded"
    assert not CartItem.objects.exists()


def test_a_double_click_orders_once(page: Page, payment_emulator: Emulator, monitor: PageMonitor) -> None:
    add_to_cart_by_api(page, make_product("Lamp"))
    page.goto("/checkout")
    fill_address(page)

    page.get_by_role("button", name="Place order").dblclick()
    wait_for_payment_page(page, payment_emulator)

    assert monitor.count_calls("POST", "/api/orders/create/") == 1
    assert Order.objects.count() == Payment.objects.count() == 1


def test_two_tabs_with_the_same_cart_lead_to_one_payment(page: Page, context: BrowserContext, payment_emulator: Emulator) -> None:
    add_to_cart_by_api(page, make_product("Lamp"))
    other = context.new_page()
    for tab in (page, other):
        tab.goto("/checkout")
        fill_address(tab)

    for tab in (page, other):
        tab.evaluate("document.querySelector('form.stack button.main').click()")

    assert wait_for_payment_page(page, payment_emulator) == wait_for_payment_page(other, payment_emulator)
    click_button(other, "Pay")
    wait_for_order(other, "Being packed – paid")
    click_link(page, "Back to the shop")
    wait_for_order(page, "Being packed – paid")
    check_sold_once()


def click_link(page: Page, name: str) -> None:
    """Follow a link."""
    page.get_by_role("link", name=name).click()


def test_the_back_button_leads_to_the_checkout_and_from_there_to_the_same_payment(page: Page, payment_emulator: Emulator) -> None:
    card_payments = order_lamp_by_card(page, payment_emulator)

    page.go_back()
    wait_for_heading(page, "Checkout")
    wait_for_cart_count(page, 1)
    fill_address(page)
    click_button(page, "Place order")
    assert wait_for_payment_page(page, payment_emulator) == card_payments
    click_button(page, "Pay")

    wait_for_order(page, "Being packed – paid")
    check_sold_once()


def test_a_card_is_declined_and_the_next_one_is_not(page: Page, payment_emulator: Emulator, monitor: PageMonitor) -> None:
    order_lamp_by_card(page, payment_emulator)
    monitor.expected = {402}

    click_button(page, "Pay with a card that is declined")
    expect(page.get_by_role("alert")).to_contain_text("declined")
    click_button(page, "Pay")

    wait_for_order(page, "Being packed – paid")
    check_sold_once()


def test_a_shopper_who_leaves_the_payment_page_can_pay_later(page: Page, payment_emulator: Emulator) -> None:
    card_payments = order_lamp_by_card(page, payment_emulator)

    click_link(page, "Back to the shop")
    wait_for_order(page, "Awaiting payment")
    wait_for_cart_count(page, 1)
    click_button(page, "Pay now")
    assert wait_for_payment_page(page, payment_emulator) == card_payments
    click_button(page, "Pay")

    wait_for_order(page, "Being packed – paid")
    check_sold_once()


def test_a_shopper_who_leaves_the_payment_page_can_cancel(page: Page, payment_emulator: Emulator, monitor: PageMonitor) -> None:
    card_payments = order_lamp_by_card(page, payment_emulator)

    click_link(page, "Back to the shop")
    click_button(page, "Cancel order")
    wait_for_notice(page, "Your order has been cancelled.")
    wait_for_order(page, "Cancelled")
    wait_for_cart_count(page, 1)
    place_order(page)

    assert wait_for_payment_page(page, payment_emulator) != card_payments
    assert sorted(Order.objects.values_list("status", flat=True)) == ["cancelled", "pending"]


def test_an_order_cancelled_in_another_tab_is_placed_again(page: Page, context: BrowserContext, payment_emulator: Emulator) -> None:
    card_payments = order_lamp_by_card(page, payment_emulator)
    other = context.new_page()
    other.goto(f"/orders/{Order.objects.get().number}")
    click_button(other, "Cancel order")
    wait_for_order(other, "Cancelled")

    page.bring_to_front()
    page.go_back()
    wait_for_heading(page, "Checkout")
    fill_address(page)
    click_button(page, "Place order")

    page.wait_for_url(lambda url: url.startswith(payment_emulator.url) and url != card_payments)
    assert sorted(Order.objects.values_list("status", flat=True)) == ["cancelled", "pending"]


def test_the_page_of_an_order_waits_for_money_that_comes_later(page: Page, payment_emulator: Emulator) -> None:
    order_lamp_by_card(page, payment_emulator)

    click_button(page, "Pay by a method whose money comes later")
    wait_for_order(page, "Payment being confirmed")
    wait_for_cart_count(page, 1)
    expect(page.get_by_role("button", name="Pay now")).to_have_count(0)
    page.reload()
    wait_for_order(page, "Payment being confirmed")
    payment_emulator.async_succeed(str(Payment.objects.get().session_id))

    wait_for_order(page, "Being packed – paid")
    wait_for_cart_count(page, 0)
    check_sold_once()


def test_the_page_of_an_order_goes_on_waiting_after_a_lost_call_and_a_reload(
    page: Page, payment_emulator: Emulator, monitor: PageMonitor
) -> None:
    order_lamp_by_card(page, payment_emulator)
    payment_emulator.set_faults({"match": {"type": "."}, "times": -1, "do": {"drop": True}})
    monitor.expected = {CONNECTION_FAILED, 503}
    asked: list[str] = []

    def lose(route: Route) -> None:
        # The first call is lost, the second reaches a proxy whose shop is restarting.
        asked.append(route.request.url)
        if len(asked) == 1:
            route.abort()
        elif len(asked) == 2:
            route.fulfill(status=503, json={"message": "no healthy upstream"})
        else:
            route.continue_()

    page.route("**/api/orders/verify-payment/**", lose)
    page.goto(get_return_url(payment_emulator))
    wait_for_order(page, "Awaiting payment")
    page.reload()
    wait_for_order(page, "Awaiting payment")
    payment_emulator.pay(str(Payment.objects.get().session_id))

    wait_for_order(page, "Being packed – paid")
    assert len(asked) >= 3
    check_sold_once()


def get_return_url(payment_emulator: Emulator) -> str:
    """Return the URL to which the payment page returns, before anything is paid."""
    payment = Payment.objects.get()
    session = payment_emulator.api("GET", f"/v1/checkout/sessions/{payment.session_id}").json
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", str(payment.session_id))


def test_a_guest_without_browser_storage_is_told_where_the_order_is(
    page: Page, context: BrowserContext, payment_emulator: Emulator, monitor: PageMonitor
) -> None:
    block_storage(context)
    order_lamp_by_card(page, payment_emulator)
    monitor.expected = {404}

    click_button(page, "Pay")

    wait_for_heading(page, "Please sign in")
    expect(page.locator("main")).to_contain_text("open the link in the e-mail about your order")
    assert payment_emulator.wait_for_deliveries()
    check_sold_once()


def test_a_second_tab_hears_of_a_payment_in_the_first(page: Page, context: BrowserContext, payment_emulator: Emulator) -> None:
    order_lamp_by_card(page, payment_emulator)
    other = context.new_page()
    other.goto(f"/orders/{Order.objects.get().number}")
    wait_for_order(other, "Awaiting payment")

    click_button(page, "Pay")

    wait_for_order(page, "Being packed – paid")
    wait_for_order(other, "Being packed – paid")
    expect(other.get_by_role("button", name="Pay now")).to_have_count(0)


def test_an_answer_that_was_lost_is_asked_for_again_with_the_same_key(
    page: Page, payment_emulator: Emulator, monitor: PageMonitor
) -> None:
    add_to_cart_by_api(page, make_product("Lamp"))
    keys: list[str] = []
    monitor.expected = {CONNECTION_FAILED}

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/orders/create/", lose)
    place_order(page)
    expect(page.get_by_role("alert").filter(has_text="The shop cannot be reached.")).to_be_visible()
    click_button(page, "Place order")
    wait_for_payment_page(page, payment_emulator)

    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert Order.objects.count() == Payment.objects.count() == 1
