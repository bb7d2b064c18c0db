"""A customer: making an account with what was chosen as a guest, the ways to sign in, the wishlist, the history, the sessions"""

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
from accounts.tests.phones import PHONE, texts_in
from carts.models import CartItem, WishlistItem
from carts.tests.factories import make_shirt
from core import outbox
from core.actors import SYSTEM
from orders.fulfilment import shipping
from orders.models import Order
from orders.tests.factories import customer
from products.tests.factories import change_price, make_product, make_products
from tests.browsing.steps import EMAIL, choose, heading, in_cart, ordered, place, press, says, sign_in
from tests.browsing.watching import Watch

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
ACCOUNT = "#account-link"


def mailed(path: str) -> str:
    """Send the mails that are owed, and return path and fragment of the link to this page in the last of them."""
    outbox.run_due()
    (link,) = re.findall(r"http://\S+", str(mail.outbox[-1].body))
    parts = urlsplit(link)
    assert parts.path == path
    return f"{parts.path}#{parts.fragment}"


def test_a_guest_makes_an_account_and_keeps_his_cart(page: Page) -> None:
    lamp = make_product("Lamp")

    choose(page, lamp, 2)
    page.goto("/sign-up?next=/cart")
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Make an account")
    heading(page, "Cart")

    says(page, "What you had chosen as a guest is in your cart now (1 line).")
    expect(page.locator(ACCOUNT)).to_have_text("Ada")
    expect(page.get_by_label("Quantity of Lamp")).to_have_value("2")
    in_cart(page, 2)
    assert CartItem.objects.get().cart.user == User.objects.get(email=EMAIL)


def test_a_customer_signs_out_and_in_and_his_cart_is_his_alone(page: Page) -> None:
    make_user(EMAIL, first_name="Ada")
    lamp = make_product("Lamp")

    sign_in(page)
    choose(page, lamp)
    page.locator(ACCOUNT).click()
    heading(page, "Hello Ada")
    press(page, "Sign out")
    heading(page, "Catalog")
    says(page, "You are signed out.")
    expect(page.locator(ACCOUNT)).to_have_text("Sign in")
    in_cart(page, 0)
    page.goto("/cart")
    expect(page.locator("main")).to_contain_text("Your cart is empty.")
    sign_in(page)
    in_cart(page, 1)

    assert AuthSession.objects.count() == 2


def test_who_goes_on_while_he_is_being_signed_in_is_not_taken_away(page: Page) -> None:
    make_user(EMAIL, first_name="Ada")
    choose(page, make_product("Lamp"))
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    held: list[Route] = []
    page.route("**/cart/summary/", lambda route: held.append(route))

    press(page.locator("main form").first, "Sign in")
    expect(page.locator(ACCOUNT)).to_have_text("Ada")
    page.locator(ACCOUNT).click()
    heading(page, "Hello Ada")
    with page.expect_response("**/cart/summary/"):
        held[0].continue_()
    says(page, "What you had chosen as a guest is in your cart now")

    page.wait_for_load_state("networkidle")
    heading(page, "Hello Ada")
    expect(page).to_have_url(re.compile("/account$"))


def test_a_wrong_password_is_said_in_the_form(page: Page, watch: Watch) -> None:
    make_user(EMAIL)
    watch.intended = {401}

    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill("not the password")
    press(page.locator("main form").first, "Sign in")

    expect(page.locator("main form").first.get_by_role("alert")).to_have_text("E-mail address or password is wrong")
    assert not AuthSession.objects.exists()


def test_a_wish_moves_to_the_cart_and_tells_of_its_price(page: Page) -> None:
    make_user(EMAIL)
    lamp = make_product("Lamp", price="20.00")

    page.goto(f"/product/{lamp.slug}")
    press(page, "Add to wishlist")
    heading(page, "Sign in")
    sign_in(page, address=page.url)
    heading(page, "Lamp")
    press(page, "Add to wishlist")
    says(page, "Product added to your wishlist.")
    change_price(lamp, "15.00")
    page.get_by_role("link", name="Wishlist").click()
    heading(page, "Wishlist")
    expect(page.locator(".line")).to_contain_text("It was ₹20.00 when you added it")
    press(page, "Move to cart")
    expect(page.locator("main")).to_contain_text("Nothing is on your wishlist.")
    in_cart(page, 1)

    assert not WishlistItem.objects.exists()
    assert CartItem.objects.get().price_at_addition == 15


def test_of_what_comes_in_several_one_is_chosen_before_it_moves_to_the_cart(page: Page, watch: Watch) -> None:
    shirt = make_shirt()
    customer(EMAIL).post("/api/cart/wishlist/add/", {"product_id": shirt.pk})
    sign_in(page, address="/sign-in?next=/wishlist")
    watch.intended = {400}

    press(page, "Move to cart")

    says(page, "Choose which one, and add it to the cart.")
    heading(page, "Shirt")
    assert WishlistItem.objects.count() == 1
    assert not CartItem.objects.exists()


def test_a_long_wishlist_is_shown_page_by_page(page: Page) -> None:
    user = make_user(EMAIL)
    lamps = make_products(*(f"Lamp {number}" for number in range(30)))
    WishlistItem.objects.bulk_create(WishlistItem(user=user, product=lamp) for lamp in lamps)
    sign_in(page, address="/sign-in?next=/wishlist")
    expect(page.locator(".line")).to_have_count(24)

    press(page, "Show more")

    expect(page.locator(".line")).to_have_count(30)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    assert len(set(page.locator(".line h2").all_inner_texts())) == 30


def test_what_the_shop_refuses_outside_of_a_form_is_said_above_the_page(page: Page, watch: Watch) -> None:
    choose(page, make_product("Lamp"))
    place(page, "Cash on Delivery")
    order = ordered(page, "Being packed – not paid")
    shipping.ship(SYSTEM, order.pk)
    watch.intended = {409}

    press(page, "Cancel the order")

    says(page, "An order that is shipped cannot become cancelled")
    expect(page.locator("#notices .bad")).to_have_count(1)
    assert Order.objects.get().status == "shipped"


def test_a_guests_order_is_claimed_and_stands_in_the_history(page: Page) -> None:
    make_user(EMAIL)
    choose(page, make_product("Lamp"))
    place(page, "Cash on Delivery")
    order = ordered(page, "Being packed – not paid")

    sign_in(page, address=f"/sign-in?next=/orders/{order.number}")
    press(page, "Add to my account")
    says(page, "The order is in your account now.")
    expect(page.get_by_role("button", name="Add to my account")).to_have_count(0)
    page.get_by_role("link", name="Orders").click()
    heading(page, "Orders")
    expect(page.locator(".line")).to_contain_text("1 × Lamp")
    expect(page.get_by_text("Ordered without an account")).to_have_count(0)

    assert Order.objects.get().user == User.objects.get()


def test_the_mail_of_an_order_leads_a_guest_to_it_on_another_machine(page: Page) -> None:
    choose(page, make_product("Lamp"))
    place(page, "Cash on Delivery")
    order = ordered(page, "Being packed – not paid")
    link = mailed(f"/orders/{order.number}")
    page.evaluate("localStorage.clear()")
    page.goto("about:blank")

    page.goto(link)

    ordered(page, "Being packed – not paid")
    assert urlsplit(page.url).fragment == ""


def test_another_session_is_ended(page: Page) -> None:
    make_user(EMAIL)
    sign_in_elsewhere(EMAIL, user_agent="A phone")

    sign_in(page, address="/sign-in?next=/account")
    expect(page.locator(".line")).to_have_count(2)
    page.locator(".line", has_text="A phone").get_by_role("button").click()
    expect(page.locator(".line")).to_have_count(1)

    expect(page.locator(".line")).to_contain_text("This one")
    assert AuthSession.objects.get(user_agent="A phone").revoked_at is not None


def test_a_code_on_the_phone_signs_in(page: Page, settings: Settings, tmp_path: Path) -> None:
    texts = texts_in(tmp_path, settings)

    page.goto("/sign-in?next=/account")
    page.get_by_label("Phone number").fill(PHONE)
    press(page, "Send me a code")
    expect(page.get_by_label("Code")).to_be_focused()
    page.get_by_label("Code").fill(texts.code())
    page.get_by_label("Code").press("Enter")

    heading(page, "Account")
    expect(page.locator("main")).to_contain_text(PHONE)
    assert User.objects.get().phone == PHONE


def test_who_gets_no_code_asks_for_another_or_gives_another_number(page: Page, settings: Settings, tmp_path: Path) -> None:
    texts = texts_in(tmp_path, settings)
    page.goto("/sign-in?next=/account")
    page.get_by_label("Phone number").fill("+13128059850")
    press(page, "Send me a code")

    press(page, "Another number")
    expect(page.get_by_label("Phone number")).to_have_value("+13128059850")
    expect(page.get_by_label("Phone number")).to_be_focused()
    page.get_by_label("Phone number").fill(PHONE)
    press(page, "Send me a code")
    expect(page.locator("main")).to_contain_text(f"A code is on its way to {PHONE}.")
    page.get_by_label("Code").fill(texts.code())
    press(page.locator("form", has=page.get_by_label("Code")), "Sign in")

    heading(page, "Account")
    assert User.objects.get().phone == PHONE


def test_a_forgotten_password_is_made_anew_by_the_link_in_the_mail(page: Page, watch: Watch) -> None:
    make_user(EMAIL)
    watch.intended = {400}

    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    press(page, "Forgot the password?")
    says(page, "If")
    page.goto(mailed("/reset-password"))
    page.get_by_label("New password").fill("short")
    press(page, "Save")
    expect(page.get_by_label("New password")).to_be_focused()
    expect(page.locator("main")).to_contain_text("at least 8 characters")
    page.get_by_label("New password").fill("another lamp on the hill")
    press(page, "Save")
    heading(page, "Sign in")

    sign_in(page, password="another lamp on the hill")


def test_an_address_is_confirmed_by_a_click_and_not_by_the_visit(page: Page) -> None:
    make_user(EMAIL)
    sign_in(page, address="/sign-in?next=/account")
    press(page, "Send the mail again")
    says(page, "mail")

    page.goto(mailed("/verify-email"))
    heading(page, "Your e-mail address")
    assert User.objects.get().email_verified_at is None
    press(page, "Confirm my address")
    heading(page, "Catalog")

    assert User.objects.get().email_verified_at is not None
