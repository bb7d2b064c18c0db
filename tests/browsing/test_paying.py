"""Paying by card: clicked twice, in two tabs, left, declined, come back to; one order and one payment"""

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from carts.models import CartItem
from orders.models import Order, Payment
from products.tests.factories import make_product
from tests.browsing.steps import block_storage, choose, fill_address, heading, in_cart, ordered, place, press, says
from tests.browsing.watching import LOST, Watch
from tests.emulator.processes import Emulator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def lamp_to_pay(page: Page, cards: Emulator) -> str:
    """Order a lamp by card, and return the address of its payment page."""
    choose(page, make_product("Lamp", price="20.00"))
    place(page)
    return at_the_till(page, cards)


def at_the_till(page: Page, cards: Emulator) -> str:
    """Wait for the payment page, and return its address."""
    page.wait_for_url(f"{cards.url}/**")
    return page.url


def sold_once() -> None:
    """There is one order with one payment, and it is paid."""
    assert Order.objects.get().status == "processing"
    assert Payment.objects.get().state == "succeeded"
    assert not CartItem.objects.exists()


def test_a_double_click_orders_once(page: Page, cards: Emulator, watch: Watch) -> None:
    choose(page, make_product("Lamp"))
    page.goto("/checkout")
    fill_address(page)

    page.get_by_role("button", name="Place order").dblclick()
    at_the_till(page, cards)

    assert watch.asked("POST", "/api/orders/create/") == 1
    assert Order.objects.count() == Payment.objects.count() == 1


def test_two_tabs_with_the_same_cart_lead_to_one_payment(page: Page, context: BrowserContext, cards: Emulator) -> None:
    choose(page, make_product("Lamp"))
    other = context.new_page()
    for tab in (page, other):
        tab.goto("/checkout")
        fill_address(tab)

    for tab in (page, other):
        tab.evaluate("document.querySelector('form.stack button.main').click()")

    assert at_the_till(page, cards) == at_the_till(other, cards)
    press(other, "Pay")
    ordered(other, "Being packed – paid")
    press_link(page, "Back to the shop")
    ordered(page, "Being packed – paid")
    sold_once()


def press_link(page: Page, name: str) -> None:
    """Follow a link."""
    page.get_by_role("link", name=name).click()


def test_the_back_button_leads_to_the_checkout_and_from_there_to_the_same_payment(page: Page, cards: Emulator) -> None:
    till = lamp_to_pay(page, cards)

    page.go_back()
    heading(page, "Checkout")
    in_cart(page, 1)
    fill_address(page)
    press(page, "Place order")
    assert at_the_till(page, cards) == till
    press(page, "Pay")

    ordered(page, "Being packed – paid")
    sold_once()


def test_a_card_is_declined_and_the_next_one_is_not(page: Page, cards: Emulator, watch: Watch) -> None:
    lamp_to_pay(page, cards)
    watch.intended = {402}

    press(page, "Pay with a card that is declined")
    expect(page.get_by_role("alert")).to_contain_text("declined")
    press(page, "Pay")

    ordered(page, "Being packed – paid")
    sold_once()


def test_who_leaves_the_payment_page_can_pay_later(page: Page, cards: Emulator) -> None:
    till = lamp_to_pay(page, cards)

    press_link(page, "Back to the shop")
    ordered(page, "Waiting for the payment – not paid")
    in_cart(page, 1)
    press(page, "Pay now")
    assert at_the_till(page, cards) == till
    press(page, "Pay")

    ordered(page, "Being packed – paid")
    sold_once()


def test_who_leaves_the_payment_page_can_cancel(page: Page, cards: Emulator, watch: Watch) -> None:
    till = lamp_to_pay(page, cards)

    press_link(page, "Back to the shop")
    press(page, "Cancel the order")
    says(page, "The order is cancelled.")
    ordered(page, "Cancelled – not paid")
    in_cart(page, 1)
    place(page)

    assert at_the_till(page, cards) != till
    assert sorted(Order.objects.values_list("status", flat=True)) == ["cancelled", "pending"]


def test_what_was_cancelled_in_another_tab_is_ordered_anew(page: Page, context: BrowserContext, cards: Emulator) -> None:
    till = lamp_to_pay(page, cards)
    other = context.new_page()
    other.goto(f"/orders/{Order.objects.get().number}")
    press(other, "Cancel the order")
    ordered(other, "Cancelled – not paid")

    page.bring_to_front()
    page.go_back()
    heading(page, "Checkout")
    fill_address(page)
    press(page, "Place order")

    page.wait_for_url(lambda url: url.startswith(cards.url) and url != till)
    assert sorted(Order.objects.values_list("status", flat=True)) == ["cancelled", "pending"]


def test_the_page_of_an_order_waits_for_money_that_comes_later(page: Page, cards: Emulator) -> None:
    lamp_to_pay(page, cards)

    press(page, "Pay by a method whose money comes later")
    ordered(page, "Waiting for the payment – the money is on its way")
    in_cart(page, 1)
    expect(page.get_by_role("button", name="Pay now")).to_have_count(0)
    page.reload()
    ordered(page, "Waiting for the payment – the money is on its way")
    cards.async_succeed(str(Payment.objects.get().session_id))

    ordered(page, "Being packed – paid")
    in_cart(page, 0)
    sold_once()


def test_the_page_of_an_order_goes_on_waiting_after_a_lost_call_and_a_reload(page: Page, cards: Emulator, watch: Watch) -> None:
    lamp_to_pay(page, cards)
    cards.faults({"match": {"type": "."}, "times": -1, "do": {"drop": True}})
    watch.intended = {LOST, 503}
    asked: list[str] = []

    def lose(route: Route) -> None:
        # The first call is lost on its way, the second finds a proxy whose shop is being restarted.
        asked.append(route.request.url)
        if len(asked) == 1:
            route.abort()
        elif len(asked) == 2:
            route.fulfill(status=503, json={"message": "no healthy upstream"})
        else:
            route.continue_()

    page.route("**/api/orders/verify-payment/**", lose)
    page.goto(shown_after_payment(cards))
    ordered(page, "Waiting for the payment – not paid")
    page.reload()
    ordered(page, "Waiting for the payment – not paid")
    cards.pay(str(Payment.objects.get().session_id))

    ordered(page, "Being packed – paid")
    assert len(asked) >= 3
    sold_once()


def shown_after_payment(cards: Emulator) -> str:
    """Return the address to which the payment page leads, though nothing is paid yet."""
    payment = Payment.objects.get()
    session = cards.api("GET", f"/v1/checkout/sessions/{payment.session_id}").json
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", str(payment.session_id))


def test_a_guest_whose_browser_keeps_nothing_is_told_where_his_order_is(
    page: Page, context: BrowserContext, cards: Emulator, watch: Watch
) -> None:
    block_storage(context)
    lamp_to_pay(page, cards)
    watch.intended = {404}

    press(page, "Pay")

    heading(page, "Please sign in")
    expect(page.locator("main")).to_contain_text("the mail about your order has a link to it")
    assert cards.wait()
    sold_once()


def test_a_second_tab_hears_of_a_payment_in_the_first(page: Page, context: BrowserContext, cards: Emulator) -> None:
    lamp_to_pay(page, cards)
    other = context.new_page()
    other.goto(f"/orders/{Order.objects.get().number}")
    ordered(other, "Waiting for the payment – not paid")

    press(page, "Pay")

    ordered(page, "Being packed – paid")
    ordered(other, "Being packed – paid")
    expect(other.get_by_role("button", name="Pay now")).to_have_count(0)


def test_an_answer_that_was_lost_is_asked_for_again_with_the_same_key(page: Page, cards: Emulator, watch: Watch) -> None:
    choose(page, make_product("Lamp"))
    keys: list[str] = []
    watch.intended = {LOST}

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    page.route("**/api/orders/create/", lose)
    place(page)
    expect(page.get_by_role("alert").filter(has_text="The shop cannot be reached.")).to_be_visible()
    press(page, "Place order")
    at_the_till(page, cards)

    assert len(keys) == 2
    assert keys[0] == keys[1]
    assert Order.objects.count() == Payment.objects.count() == 1
