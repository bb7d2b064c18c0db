"""Delivery: the estimate of a product, and the place of the cart"""

import pytest
from playwright.sync_api import Page, expect

from carts.models import Cart
from pricing.tests.zones import make_area, make_zone
from products.tests.factories import make_product
from tests.storefront.delivery_steps import (
    MALFORMED,
    check_place,
    format_dates,
    get_region,
    list_options,
    wait_for_total,
)
from tests.storefront.page_monitor import PageMonitor
from tests.storefront.steps import (
    add_to_cart_by_api,
    click_button,
    wait_for_notice,
)

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


def test_a_product_shows_how_it_is_delivered_to_a_pin_code_with_cash(page: Page, india: None) -> None:
    lamp = make_product("Lamp", price="500.00")
    page.goto(f"/product/{lamp.slug}")

    section = check_place(page, "411 001")

    answer = section.get_by_role("status")
    expect(answer).to_contain_text("To 411 001, India:")
    courier = f"Courier arrives {format_dates(2, 4)}, free from ₹999.00₹49.00"
    expect(answer.locator("li")).to_have_text([courier, f"Express arrives {format_dates(1)}₹149.00"])
    expect(answer).to_contain_text("Cash on Delivery available")


def test_a_product_says_where_cash_is_not_taken_and_where_it_is_not_delivered(page: Page) -> None:
    make_zone(methods={"post": {"price": "50.00"}})
    make_area("560001", cod=False)
    page.goto(f"/product/{make_product('Lamp').slug}")

    section = check_place(page, "560001")
    expect(section.get_by_role("status")).to_contain_text("Cash on Delivery is not available there")
    check_place(page, "194101")

    expect(section.get_by_role("status")).to_have_text("We do not deliver this to 194101, India.")


def test_what_is_missing_of_a_place_stands_at_its_field(page: Page, monitor: PageMonitor) -> None:
    make_zone("West", methods={"west": {"name": "West post", "price": "60.00"}}, countries=["US"], states=["CA"])
    make_zone("Pune", methods={"pune": {"price": "40.00"}}, countries=["IN"], postal_prefixes=["411"])
    monitor.expected = {400}
    page.goto(f"/product/{make_product('Lamp').slug}")

    section = check_place(page, "")
    expect(section.get_by_label("PIN code")).to_have_accessible_description("Enter a postal code")
    expect(section.get_by_label("PIN code")).to_be_focused()
    check_place(page, "94105", country="United States of America", label="ZIP code")
    state = section.get_by_label("State")
    expect(state).to_have_accessible_description("Enter a state or region: delivery depends on it")
    expect(state).to_be_focused()
    expect(state).to_have_js_property("required", True)
    state.fill("California")
    expect(state).to_have_accessible_description("")
    click_button(section, "Check")

    expect(section.get_by_role("status")).to_contain_text("To 94105, California, United States:West post ₹60.00")


def test_the_place_of_a_product_is_that_of_the_cart_and_of_the_checkout(page: Page, india: None) -> None:
    lamp = make_product("Lamp", price="500.00")
    page.goto(f"/product/{lamp.slug}")
    expect(check_place(page, "411001").get_by_role("status")).to_contain_text("Courier")
    click_button(page, "Add to cart")
    wait_for_notice(page, "Item added to cart successfully.")

    page.goto(f"/product/{lamp.slug}")
    expect(get_region(page, "Delivery").get_by_label("PIN code")).to_have_value("411001")
    expect(get_region(page, "Delivery").get_by_role("status")).to_contain_text("Courier")
    page.goto("/cart")
    expect(get_region(page, "Delivery")).to_contain_text("411001, India")
    expect(page.get_by_label("Courier")).to_be_checked()
    expect(page.locator("#shipping")).to_have_text("₹49.00")
    expect(page.locator("#total")).to_have_text("₹549.00")
    page.goto("/checkout")

    expect(page.get_by_label("PIN code", exact=True)).to_have_value("411001")
    wait_for_total(page, "₹549.00")
    assert Cart.objects.get().postal_code == "411001"


def test_the_place_is_changed_on_the_cart_page(page: Page, india: None) -> None:
    add_to_cart_by_api(page, make_product("Lamp", price="500.00"))
    page.goto("/cart")
    section = get_region(page, "Delivery")
    expect(section).to_contain_text("India: Post")

    section.get_by_text("Change the place").click()
    section.get_by_label("PIN code").fill("194101")
    click_button(section, "Save")
    expect(section).to_contain_text("We do not deliver there.")
    expect(page.locator("#shipping")).to_have_text("not possible")
    expect(section.locator("summary")).to_be_focused()
    expect(page.locator("#notices .notice")).to_have_count(0)
    page.keyboard.press("Enter")
    section.get_by_label("PIN code").fill("411001")
    page.keyboard.press("Enter")

    expect(section).to_contain_text("411001, India")
    expect(page.locator("#shipping")).to_have_text("₹49.00")
    expect(page.locator("#notices .notice")).to_have_text(["Delivery saved.×"])


def test_the_method_is_chosen_on_the_cart_page_and_kept_in_the_checkout(page: Page, india: None) -> None:
    lamp = make_product("Lamp", price="500.00")
    page.goto(f"/product/{lamp.slug}")
    expect(check_place(page, "411001").get_by_role("status")).to_contain_text("Courier")
    add_to_cart_by_api(page, lamp)
    page.goto("/cart")
    expect(page.get_by_label("Courier")).to_be_checked()
    assert list_options(page, "Shipping method")[1] == f"Express arrives {format_dates(1)} ₹149.00"

    page.get_by_label("Courier").focus()
    page.keyboard.press("ArrowDown")

    expect(page.locator("#shipping")).to_have_text("₹149.00")
    expect(page.locator("#total")).to_have_text("₹649.00")
    expect(page.get_by_label("Express")).to_be_focused()
    page.goto("/checkout")
    expect(page.get_by_label("Express")).to_be_checked()
    wait_for_total(page, "₹649.00")


def test_a_cart_says_what_has_to_be_known_for_its_delivery(page: Page, monitor: PageMonitor) -> None:
    make_zone(methods={"pune": {"price": "40.00"}}, countries=["IN"], postal_prefixes=["411"])
    add_to_cart_by_api(page, make_product("Lamp"))
    monitor.expected = {400}

    page.goto("/cart")
    section = get_region(page, "Delivery")
    expect(section).to_contain_text("Enter a postal code.")
    expect(page.locator("#shipping")).to_have_text("not known yet")
    expect(section.get_by_label("PIN code")).to_have_js_property("required", True)
    click_button(section, "Save")

    expect(section.get_by_label("PIN code")).to_have_accessible_description("Enter a postal code")


def test_a_malformed_postal_code_stands_at_its_field(page: Page, monitor: PageMonitor, india: None) -> None:
    lamp = make_product("Lamp", price="500.00")
    monitor.expected = {400}
    page.goto(f"/product/{lamp.slug}")
    section = check_place(page, "4110")
    expect(section.get_by_label("PIN code")).to_have_accessible_description(MALFORMED)
    add_to_cart_by_api(page, lamp)
    page.goto("/cart")
    section = get_region(page, "Delivery")

    section.get_by_text("Change the place").click()
    section.get_by_label("PIN code").fill("4110")
    click_button(section, "Save")

    expect(section.get_by_label("PIN code")).to_have_accessible_description(MALFORMED)
    expect(section).to_contain_text("India: Post")
