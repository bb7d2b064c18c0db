"""The account page and the address book: what customers change, take with them and delete"""

import json
import re
from pathlib import Path

import pytest
from django.core import mail
from playwright.sync_api import Page, expect
from pytest_django import Settings

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_user
from accounts.tests.phones import PHONE, use_sms_file
from core import outbox
from orders.models import Address, Order
from orders.tests.factories import ADDRESS
from products.tests.factories import make_product
from tests.storefront.page_monitor import PageMonitor
from tests.storefront.steps import (
    EMAIL,
    add_to_cart_by_api,
    click_button,
    sign_in,
    wait_for_heading,
    wait_for_notice,
    wait_for_order,
)

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
NEW_PASSWORD = "a lamp on the hill"


def get_mailed_link() -> str:
    """Send the pending e-mails, and return path and fragment of the last link to confirm an address."""
    outbox.run_due()
    links: list[str] = re.findall(r"/verify-email#\S+", "\n".join(str(message.body) for message in mail.outbox))
    return links[-1]


def test_customers_change_name_password_and_email(page: Page) -> None:
    make_user(EMAIL, first_name="Ada", accepts_marketing=True)
    sign_in(page, address="/sign-in?next=/account")
    wait_for_heading(page, "Hello Ada")

    page.get_by_label("First name").fill("Augusta")
    page.get_by_label("Send me news and offers").uncheck()
    click_button(page, "Save")
    wait_for_notice(page, "Profile saved.")
    wait_for_heading(page, "Hello Augusta")
    expect(page.locator("#account-link")).to_have_text("Augusta")
    expect(page.get_by_label("Send me news and offers")).not_to_be_checked()
    page.get_by_label("New password").fill(NEW_PASSWORD)
    page.get_by_label("Current password").fill(PASSWORD)
    click_button(page, "Change password")
    wait_for_notice(page, "Password changed.")
    expect(page.get_by_label("Current password")).to_have_value("")
    page.get_by_label("New e-mail address").fill("augusta@example.com")
    page.get_by_label("Your password").first.fill(NEW_PASSWORD)
    click_button(page, "Change e-mail address")
    wait_for_notice(page, "An e-mail is on its way to the new address.")
    assert (User.objects.get().email, User.objects.get().accepts_marketing) == (EMAIL, False)
    page.goto(get_mailed_link())
    click_button(page, "Confirm my address")
    wait_for_notice(page, "E-mail address confirmed.")

    user = User.objects.get()
    assert (user.first_name, user.email) == ("Augusta", "augusta@example.com")
    assert user.check_password(NEW_PASSWORD)


def test_a_customer_adds_a_phone_number_with_a_code_sent_to_it(page: Page, settings: Settings, tmp_path: Path) -> None:
    texts = use_sms_file(tmp_path, settings)
    make_user(EMAIL, first_name="Ada")
    sign_in(page, address="/sign-in?next=/account")
    wait_for_heading(page, "Hello Ada")

    form = page.locator("form", has=page.get_by_label("New phone number"))
    form.get_by_label("New phone number").fill(PHONE)
    click_button(form, "Send a code to the new number")
    wait_for_notice(page, "Code sent.")
    form.get_by_label("Code for the new number").fill(texts.code())
    form.get_by_label("Your password").fill(PASSWORD)
    click_button(form, "Add phone number")

    wait_for_notice(page, "Phone number changed.")
    expect(page.get_by_text(f"{EMAIL} · {PHONE}")).to_be_visible()
    assert User.objects.get().phone == PHONE


def test_who_signs_in_by_phone_adds_an_email_address_and_closes_the_account_with_a_code(
    page: Page, settings: Settings, tmp_path: Path, unthrottled: None
) -> None:
    texts = use_sms_file(tmp_path, settings)
    page.goto("/sign-in?next=/account")
    page.get_by_label("Phone number").fill(PHONE)
    click_button(page, "Send me a code")
    expect(page.get_by_label("Code")).to_be_focused()
    page.get_by_label("Code").fill(texts.code())
    page.get_by_label("Code").press("Enter")
    wait_for_heading(page, "Account")
    expect(page.get_by_label("Current password")).to_have_count(0)

    page.get_by_label("New e-mail address").fill(EMAIL)
    click_button(page.locator("form", has=page.get_by_label("New e-mail address")), f"Send a code to {PHONE}")
    wait_for_notice(page, "Code sent.")
    page.get_by_label("Code").first.fill(texts.code())
    click_button(page, "Add e-mail address")
    wait_for_notice(page, "An e-mail is on its way to the new address.")

    page.goto(get_mailed_link())
    click_button(page, "Confirm my address")
    wait_for_notice(page, "E-mail address confirmed.")
    assert User.objects.get().email == EMAIL
    page.goto("/account")
    expect(page.get_by_text("Your account has no password yet.")).to_be_visible()
    expect(page.get_by_label("Your password")).to_have_count(0)
    page.get_by_text("Close my account …").click()
    closing = page.locator("details", has=page.get_by_text("This cannot be undone."))
    click_button(closing, f"Send a code to {PHONE}")
    wait_for_notice(page, "Code sent.")
    closing.get_by_label("Code").fill(texts.code())
    click_button(page, "Close my account")

    wait_for_notice(page, "Your account is closed.")
    assert not User.objects.exists()


def test_who_has_neither_password_nor_phone_sets_a_password_first(page: Page) -> None:
    user = make_user(EMAIL)
    sign_in(page, address="/sign-in?next=/account")
    wait_for_heading(page, "Account")
    user.set_unusable_password()
    user.save()

    page.reload()
    expect(page.get_by_text("Set a password first, by which you confirm that it is you.").first).to_be_visible()
    expect(page.get_by_label("Your password")).to_have_count(0)
    click_button(page, "Set a password by e-mail")
    wait_for_notice(page, "If there is an account with this address, an e-mail is on its way.")
    outbox.run_due()

    (letter,) = mail.outbox
    assert letter.to == [EMAIL]
    assert "/reset-password#" in str(letter.body)


def test_addresses_are_added_changed_and_removed(page: Page, monitor: PageMonitor) -> None:
    user = make_user(EMAIL)
    Address.objects.create(user=user, is_default=True, **ADDRESS)
    sign_in(page, address="/sign-in?next=/addresses")
    wait_for_heading(page, "Address book")

    click_button(page, "Add an address")
    page.get_by_label("Name").fill("Ada Byron")
    page.get_by_label("Country").select_option(label="India")
    page.get_by_label("Street and number").fill("12 Hill Road")
    page.get_by_label("City").fill("Pune")
    monitor.expected = {400}
    click_button(page, "Save")
    expect(page.get_by_label("PIN code")).to_be_focused()
    expect(page.get_by_label("PIN code")).to_have_accessible_description("Enter a PIN code, such as 110034")
    page.get_by_label("PIN code").fill("411001")
    click_button(page, "Save")
    wait_for_notice(page, "Address saved.")
    click_button(page, "Edit 12 Hill Road")
    page.get_by_label("Phone").fill("98765 43210")
    click_button(page, "Save")
    click_button(page, "Make 12 Hill Road the default")
    wait_for_heading(page, "Address book")
    expect(page.locator(".line").first).to_contain_text("Default address")
    click_button(page, f"Remove {ADDRESS['line1']}")
    wait_for_notice(page, "Address removed.")

    address = Address.objects.get()
    assert (address.line1, address.country, address.phone, address.is_default) == ("12 Hill Road", "IN", "98765 43210", True)


def test_customers_choose_a_saved_address_or_save_a_new_one_at_the_checkout(page: Page) -> None:
    user = make_user(EMAIL)
    Address.objects.create(user=user, **ADDRESS)
    Address.objects.create(user=user, is_default=True, **{**ADDRESS, "line1": "12 Hill Road", "country": "India"})
    sign_in(page)
    add_to_cart_by_api(page, make_product("Lamp", price="20.00"))

    page.goto("/checkout")
    expect(page.get_by_label("Street and number")).to_have_value("12 Hill Road")
    expect(page.get_by_label("Country")).to_have_value("IN")
    expect(page.get_by_label("Remember this address")).to_be_hidden()
    page.get_by_label("Deliver to").select_option(index=1)
    expect(page.get_by_label("Street and number")).to_have_value(ADDRESS["line1"])
    page.get_by_label("Deliver to").select_option(label="Another address")
    expect(page.get_by_label("Street and number")).to_have_value("")
    page.get_by_label("Name").fill("Ada Byron")
    page.get_by_label("Country").select_option(label="United Arab Emirates")
    expect(page.get_by_label("City")).to_be_hidden()
    page.get_by_label("Street and number").fill("1 Palm Street")
    page.get_by_label("Emirate").fill("Dubai")
    page.get_by_label("Phone").fill("+971 50 123 4567")
    page.get_by_label("Remember this address").check()
    page.get_by_label("Cash on Delivery").check()
    click_button(page, "Place order")
    order = wait_for_order(page, "Being packed – pay on delivery")
    expect(page.get_by_text("Thank you for your order")).to_be_visible()
    expect(page.get_by_text("Please pay ₹20.00 when it arrives.")).to_be_visible()

    assert (order.address["line1"], order.address["state"], order.address["country"]) == ("1 Palm Street", "Dubai", "AE")
    saved = Address.objects.order_by("id").last()
    assert saved is not None
    assert (saved.line1, saved.phone, saved.is_default) == ("1 Palm Street", "+971 50 123 4567", False)
    assert Address.objects.count() == 3


def test_a_country_that_is_not_known_is_asked_for_at_the_next_use(page: Page) -> None:
    saved = {**ADDRESS, "postal_code": "10115", "country": "Deutschland"}
    Address.objects.create(user=make_user(EMAIL), is_default=True, **saved)
    sign_in(page)
    add_to_cart_by_api(page, make_product("Lamp", price="20.00"))

    page.goto("/addresses")
    expect(page.locator(".line").first).to_contain_text("Deutschland")
    page.goto("/checkout")
    expect(page.get_by_label("Street and number")).to_have_value(saved["line1"])
    expect(page.get_by_label("Country")).to_have_value("")
    page.get_by_label("Cash on Delivery").check()
    click_button(page, "Place order")
    expect(page.get_by_label("Country")).to_be_focused()
    page.get_by_label("Country").select_option(label="Germany")
    click_button(page, "Place order")
    order = wait_for_order(page, "Being packed – pay on delivery")

    assert order.address == {**saved, "country": "DE"}


def test_customers_take_their_data_with_them_and_close_their_account(page: Page, monitor: PageMonitor) -> None:
    Address.objects.create(user=make_user(EMAIL, first_name="Ada"), is_default=True, **ADDRESS)
    sign_in(page, address="/sign-in?next=/account")
    wait_for_heading(page, "Hello Ada")

    with page.expect_download() as download:
        click_button(page, "Download my data")
    data = json.loads(download.value.path().read_text())
    assert (data["profile"]["email"], data["addresses"][0]["line1"]) == (EMAIL, ADDRESS["line1"])
    page.get_by_text("Close my account …").click()
    expect(page.get_by_text("This cannot be undone.")).to_be_visible()
    password = page.locator("details").get_by_label("Your password")
    monitor.expected = {400}
    password.fill("wrong")
    click_button(page, "Close my account")
    expect(password).to_be_focused()
    assert User.objects.exists()
    password.fill(PASSWORD)
    click_button(page, "Close my account")

    wait_for_notice(page, "Your account is closed.")
    expect(page.locator("#account-link")).to_have_text("Sign in")
    assert not User.objects.exists()
    assert not Order.objects.exists()
