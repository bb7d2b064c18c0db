"""A customer: registering with a guest cart, ways to sign in, wishlist, order history and sessions"""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.core import mail
from playwright.sync_api import Page, Route, expect
from pytest_django import Settings

from accounts.models import AuthSession, User
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.factories import sign_in as sign_in_elsewhere
from accounts.tests.phones import PHONE, use_sms_file
from carts.models import CartItem, WishlistItem
from carts.tests.factories import make_shirt
from core import outbox
from core.actors import SYSTEM
from orders.fulfilment import shipping
from orders.models import Order
from orders.tests.factories import customer
from products.tests.factories import make_product, make_products, set_price
from tests.storefront.page_monitor import PageMonitor
from tests.storefront.steps import (
    EMAIL,
    add_to_cart_by_api,
    click_button,
    place_order,
    sign_in,
    wait_for_cart_count,
    wait_for_heading,
    wait_for_notice,
    wait_for_order,
)

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
ACCOUNT = "#account-link"


def get_mailed_link(path: str) -> str:
    """Send the pending emails, and return path and fragment of the last one's link to this page."""
    outbox.run_due()
    (link,) = re.findall(r"http://\S+", str(mail.outbox[-1].body))
    parts = urlsplit(link)
    assert parts.path == path
    return f"{parts.path}#{parts.fragment}"


def test_a_guest_makes_an_account_and_keeps_the_cart(page: Page) -> None:
    lamp = make_product("Lamp")

    add_to_cart_by_api(page, lamp, 2)
    page.goto("/sign-up?next=/cart")
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    expect(page.get_by_label("Send me news and offers")).not_to_be_checked()
    page.get_by_label("Send me news and offers").check()
    click_button(page, "Create an account")
    wait_for_heading(page, "Cart")

    wait_for_notice(page, "Your guest cart has been added to your cart (1 line).")
    expect(page.locator(ACCOUNT)).to_have_text("Ada")
    expect(page.get_by_label("Quantity of Lamp")).to_have_value("2")
    wait_for_cart_count(page, 2)
    ada = User.objects.get(email=EMAIL)
    assert (CartItem.objects.get().cart.user, ada.accepts_marketing) == (ada, True)


def test_a_customer_signs_out_and_in_and_the_cart_is_theirs_alone(page: Page) -> None:
    make_user(EMAIL, first_name="Ada")
    lamp = make_product("Lamp")

    sign_in(page)
    add_to_cart_by_api(page, lamp)
    page.locator(ACCOUNT).click()
    wait_for_heading(page, "Hello Ada")
    click_button(page, "Sign out")
    wait_for_heading(page, "Catalog")
    wait_for_notice(page, "You are signed out.")
    expect(page.locator(ACCOUNT)).to_have_text("Sign in")
    wait_for_cart_count(page, 0)
    page.goto("/cart")
    expect(page.locator("main")).to_contain_text("Your cart is empty.")
    sign_in(page)
    wait_for_cart_count(page, 1)

    assert AuthSession.objects.count() == 2


def test_navigating_during_sign_in_does_not_redirect(page: Page) -> None:
    make_user(EMAIL, first_name="Ada")
    add_to_cart_by_api(page, make_product("Lamp"))
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    held_routes: list[Route] = []
    page.route("**/cart/summary/", lambda route: held_routes.append(route))

    click_button(page.locator("main form").first, "Sign in")
    expect(page.locator(ACCOUNT)).to_have_text("Ada")
    page.locator(ACCOUNT).click()
    wait_for_heading(page, "Hello Ada")
    with page.expect_response("**/cart/summary/"):
        held_routes[0].continue_()
    wait_for_notice(page, "Your guest cart has been added to your cart")

    page.wait_for_load_state("networkidle")
    wait_for_heading(page, "Hello Ada")
    expect(page).to_have_url(re.compile("/account$"))


def test_a_wrong_password_is_reported_in_the_form(page: Page, monitor: PageMonitor) -> None:
    make_user(EMAIL)
    monitor.expected = {401}

    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill("not the password")
    click_button(page.locator("main form").first, "Sign in")

    expect(page.locator("main form").first.get_by_role("alert")).to_have_text("E-mail address or password is wrong")
    assert not AuthSession.objects.exists()


def test_a_wishlist_entry_moves_to_the_cart_and_shows_its_price_change(page: Page) -> None:
    make_user(EMAIL)
    lamp = make_product("Lamp", price="20.00")

    page.goto(f"/product/{lamp.slug}")
    click_button(page, "Add to wishlist")
    wait_for_heading(page, "Sign in")
    sign_in(page, address=page.url)
    wait_for_heading(page, "Lamp")
    wait_for_notice(page, "Product added to your wishlist.")
    set_price(lamp, "15.00")
    page.get_by_role("link", name="Wishlist").click()
    wait_for_heading(page, "Wishlist")
    expect(page.locator(".line")).to_contain_text("It was ₹20.00 when you added it")
    click_button(page, "Move to cart")
    expect(page.locator("main")).to_contain_text("Your wishlist is empty.")
    wait_for_cart_count(page, 1)

    assert not WishlistItem.objects.exists()
    assert CartItem.objects.get().price_at_addition == 15


def test_the_wish_of_a_guest_is_kept_over_sign_up(page: Page) -> None:
    lamp = make_product("Lamp")

    page.goto(f"/product/{lamp.slug}")
    click_button(page, "Add to wishlist")
    wait_for_heading(page, "Sign in")
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    click_button(page, "Create an account")
    wait_for_heading(page, "Lamp")
    wait_for_notice(page, "Product added to your wishlist.")

    assert WishlistItem.objects.get().user == User.objects.get(email=EMAIL)


def test_of_what_comes_in_several_one_is_chosen_before_it_moves_to_the_cart(page: Page, monitor: PageMonitor) -> None:
    shirt = make_shirt()
    customer(EMAIL).post("/api/cart/wishlist/add/", {"product_id": shirt.pk})
    sign_in(page, address="/sign-in?next=/wishlist")
    monitor.expected = {400}

    click_button(page, "Move to cart")

    wait_for_notice(page, "Choose a variant and add it to the cart.")
    wait_for_heading(page, "Shirt")
    assert WishlistItem.objects.count() == 1
    assert not CartItem.objects.exists()


def test_a_long_wishlist_is_shown_page_by_page(page: Page) -> None:
    user = make_user(EMAIL)
    lamps = make_products(*(f"Lamp {number}" for number in range(30)))
    WishlistItem.objects.bulk_create(WishlistItem(user=user, product=lamp) for lamp in lamps)
    sign_in(page, address="/sign-in?next=/wishlist")
    expect(page.locator(".line")).to_have_count(24)

    click_button(page, "Show more")

    expect(page.locator(".line")).to_have_count(30)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    assert len(set(page.locator(".line h2").all_inner_texts())) == 30


def test_an_error_outside_of_a_form_is_shown_above_the_page(page: Page, monitor: PageMonitor) -> None:
    add_to_cart_by_api(page, make_product("Lamp"))
    place_order(page, "Cash on Delivery")
    order = wait_for_order(page, "Being packed – pay on delivery")
    shipping.ship_order(SYSTEM, order.pk)
    monitor.expected = {409}

    click_button(page, "Cancel order")

    wait_for_notice(page, "An order that is shipped cannot become cancelled")
    expect(page.locator("#notices .bad")).to_have_count(1)
    assert Order.objects.get().status == "shipped"


def test_a_guests_order_is_claimed_and_stands_in_the_history(page: Page) -> None:
    make_user(EMAIL)
    add_to_cart_by_api(page, make_product("Lamp"))
    place_order(page, "Cash on Delivery")
    order = wait_for_order(page, "Being packed – pay on delivery")

    sign_in(page, address=f"/sign-in?next=/orders/{order.number}")
    click_button(page, "Add to my account")
    wait_for_notice(page, "The order has been added to your account.")
    expect(page.get_by_role("button", name="Add to my account")).to_have_count(0)
    page.get_by_role("link", name="Orders").click()
    wait_for_heading(page, "Orders")
    expect(page.locator(".line")).to_contain_text("1 × Lamp")
    expect(page.get_by_text("Ordered without an account")).to_have_count(0)

    assert Order.objects.get().user == User.objects.get()


def test_the_mail_of_an_order_leads_a_guest_to_it_on_another_machine(page: Page) -> None:
    add_to_cart_by_api(page, make_product("Lamp"))
    place_order(page, "Cash on Delivery")
    order = wait_for_order(page, "Being packed – pay on delivery")
    link = get_mailed_link(f"/orders/{order.number}")
    page.evaluate("localStorage.clear()")
    page.goto("about:blank")

    page.goto(link)

    wait_for_order(page, "Being packed – pay on delivery")
    assert urlsplit(page.url).fragment == ""


def test_another_session_is_ended(page: Page) -> None:
    make_user(EMAIL)
    sign_in_elsewhere(EMAIL, user_agent="A phone")

    sign_in(page, address="/sign-in?next=/account")
    expect(page.locator(".line")).to_have_count(2)
    page.locator(".line", has_text="A phone").get_by_role("button").click()
    expect(page.locator(".line")).to_have_count(1)

    expect(page.locator(".line")).to_contain_text("This device")
    assert AuthSession.objects.get(user_agent="A phone").revoked_at is not None


def test_a_code_on_the_phone_signs_in(page: Page, settings: Settings, tmp_path: Path) -> None:
    texts = use_sms_file(tmp_path, settings)

    page.goto("/sign-in?next=/account")
    page.get_by_label("Phone number").fill(PHONE)
    click_button(page, "Send me a code")
    expect(page.get_by_label("Code")).to_be_focused()
    page.get_by_label("Code").fill(texts.code())
    page.get_by_label("Code").press("Enter")

    wait_for_heading(page, "Account")
    expect(page.locator("main")).to_contain_text(PHONE)
    assert User.objects.get().phone == PHONE


def test_a_shopper_without_a_code_requests_another_or_changes_the_number(page: Page, settings: Settings, tmp_path: Path) -> None:
    texts = use_sms_file(tmp_path, settings)
    page.goto("/sign-in?next=/account")
    page.get_by_label("Phone number").fill("+13128059850")
    click_button(page, "Send me a code")

    click_button(page, "Use another number")
    expect(page.get_by_label("Phone number")).to_have_value("+13128059850")
    expect(page.get_by_label("Phone number")).to_be_focused()
    page.get_by_label("Phone number").fill(PHONE)
    click_button(page, "Send me a code")
    expect(page.locator("main")).to_contain_text(f"We have sent a code to {PHONE}.")
    page.get_by_label("Code").fill(texts.code())
    click_button(page.locator("form", has=page.get_by_label("Code")), "Sign in")

    wait_for_heading(page, "Account")
    assert User.objects.get().phone == PHONE


def test_a_forgotten_password_is_reset_by_the_link_in_the_mail(page: Page, monitor: PageMonitor) -> None:
    make_user(EMAIL)
    monitor.expected = {400}

    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    click_button(page, "Forgot your password?")
    wait_for_notice(page, "If")
    page.goto(get_mailed_link("/reset-password"))
    page.get_by_label("New password").fill("short")
    click_button(page, "Save")
    expect(page.get_by_label("New password")).to_be_focused()
    expect(page.locator("main")).to_contain_text("at least 8 characters")
    page.get_by_label("New password").fill("another lamp on the hill")
    click_button(page, "Save")
    wait_for_heading(page, "Sign in")

    sign_in(page, password="another lamp on the hill")


def test_an_address_is_confirmed_by_a_click_and_not_by_the_visit(page: Page) -> None:
    make_user(EMAIL)
    sign_in(page, address="/sign-in?next=/account")
    click_button(page, "Resend the e-mail")
    wait_for_notice(page, "mail")

    page.goto(get_mailed_link("/verify-email"))
    wait_for_heading(page, "Your e-mail address")
    assert User.objects.get().email_verified_at is None
    click_button(page, "Confirm my address")
    wait_for_heading(page, "Catalog")

    assert User.objects.get().email_verified_at is not None
