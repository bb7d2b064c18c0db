"""The checkout: methods with dates and totals by payment method, and what has changed since"""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from carts.models import Cart
from carts.tests.factories import add_to_cart
from orders.models import Order
from orders.tests.factories import placed
from orders.tests.parcels.parcels import bring_back
from pricing.models import ShippingMethod
from pricing.tests.factories import make_promotion
from pricing.tests.zones import change_method, make_zone
from products.tests.factories import make_product, set_price
from tests.emulator.processes import Emulator
from tests.schema_client import SchemaClient
from tests.storefront.delivery_steps import (
    KOCHI,
    LEH,
    MALFORMED,
    PUNE,
    check_place,
    fill_place,
    format_dates,
    list_options,
    open_checkout,
    wait_for_changes,
    wait_for_total,
)
from tests.storefront.page_monitor import CONNECTION_FAILED, PageMonitor
from tests.storefront.screen_sizes import DESKTOP, PHONE
from tests.storefront.steps import (
    add_to_cart_by_api,
    click_button,
    fill_address,
    wait_for_heading,
    wait_for_notice,
    wait_for_order,
)

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
on_phone_and_desktop = pytest.mark.parametrize("context", [PHONE, DESKTOP], ids=["phone", "desktop"], indirect=True)


@on_phone_and_desktop
def test_each_method_is_offered_with_its_dates_and_the_total_by_payment(
    page: Page, payment_emulator: Emulator, india: None
) -> None:
    open_checkout(page, make_product("Lamp", price="500.00"), PUNE)

    expect(page.get_by_label("Courier")).to_be_checked()
    assert list_options(page, "Delivery")[1] == f"Express arrives {format_dates(1)} ₹149.00"
    assert list_options(page, "Payment") == ["By card ₹549.00", "Cash on Delivery ₹549.00"]
    page.get_by_label("Express").check()
    wait_for_total(page, "₹649.00")
    assert list_options(page, "Payment") == [
        "By card ₹649.00",
        "Cash on Delivery Cash on Delivery is not available for this delivery",
    ]
    expect(page.get_by_label("Cash on Delivery")).to_be_disabled()
    click_button(page, "Place order")
    click_button(page, "Pay")

    order = wait_for_order(page, "Being packed – paid")
    assert (order.shipping_method, order.shipping_total, order.total) == ("express", 149, 649)
    expect(page.locator("#shipping")).to_have_text(f"Express, arrives {format_dates(1)}")


@on_phone_and_desktop
def test_the_only_method_is_no_choice_and_cash_has_its_fee_and_its_limit(
    page: Page, payment_emulator: Emulator, india: None
) -> None:
    lamp = make_product("Lamp", price="500.00")
    open_checkout(page, lamp, KOCHI)

    delivery = page.get_by_role("group", name="Delivery")
    expect(delivery).to_contain_text("Post · ₹79.00")
    expect(delivery.get_by_role("radio")).to_have_count(0)
    assert list_options(page, "Payment") == ["By card ₹579.00", "Cash on Delivery with a fee of ₹40.00 ₹619.00"]
    wait_for_total(page, "₹579.00")
    page.get_by_label("Cash on Delivery").check()
    wait_for_total(page, "₹619.00")
    click_button(page, "Place order")

    order = wait_for_order(page, "Being packed – pay on delivery")
    assert (order.shipping_method, order.fee_total, order.total) == ("post", 40, 619)
    expect(page.locator(".sums")).to_contain_text("Cash on Delivery fee₹40.00")
    page.goto("/orders")
    expect(page.locator(".line")).to_contain_text("PostIncluding ₹40.00 Cash on Delivery fee")
    open_checkout(page, lamp, KOCHI, units=4)
    assert list_options(page, "Payment")[1] == "Cash on Delivery Cash on Delivery is available up to ₹2,000.00"


@on_phone_and_desktop
def test_an_address_in_the_european_union(page: Page, monitor: PageMonitor) -> None:
    monitor.expected = {400}  # the country changes before its postal code
    make_zone("Europe", methods={"eu": {"name": "Parcel", "price": "900.00", "cod": False}}, countries=["DE", "FR"])
    make_zone("India", methods={"post": {"price": "50.00"}}, countries=["IN"])
    place = {"Country": "Germany", "Postal code": "20259", "City": "Hamburg"}

    open_checkout(page, make_product("Lamp", price="500.00"), place)

    expect(page.get_by_role("group", name="Delivery")).to_contain_text("Parcel · ₹900.00")
    expect(page.get_by_label("Cash on Delivery")).to_be_disabled()
    fill_place(page, {**place, "Country": "France", "Postal code": "69003", "City": "Lyon"})
    wait_for_total(page, "₹1,400.00")
    fill_place(page, {"Country": "Austria", "Postal code": "1010", "City": "Vienna"})
    expect(page.get_by_role("group", name="Delivery")).to_contain_text("We do not deliver there.")


@on_phone_and_desktop
def test_the_state_of_an_american_address_decides(page: Page, monitor: PageMonitor) -> None:
    make_zone("Far", methods={"far": {"name": "Air mail", "price": "15.00"}}, market="us", countries=["US"], states=["AK", "HI"])
    make_zone("West", methods={"west": {"name": "Ground", "price": "6.00"}}, market="us", countries=["US"], states=["CA", "OR"])
    lamp = make_product("Lamp", price="500.00", prices={"us": "20.00"})
    monitor.expected = {400}
    page.goto("/")
    page.get_by_label("Market").select_option("us")
    page.goto(f"/product/{lamp.slug}")
    click_button(page, "Add to cart")
    wait_for_notice(page, "Item added to cart successfully.")
    page.goto("/checkout")
    wait_for_heading(page, "Checkout")
    expect(page.get_by_role("group", name="Delivery")).to_contain_text("Enter a state or region.")

    fill_place(page, {"Country": "United States of America", "ZIP code": "97205", "City": "Portland", "State": ""})
    state = page.get_by_label("State", exact=True)
    expect(state).to_have_js_property("required", True)
    click_button(page, "Place order")
    expect(state).to_have_accessible_description("Enter a state or region")
    assert not Order.objects.exists()
    state.fill("Oregon")
    page.get_by_label("City", exact=True).focus()
    wait_for_total(page, "$26.00")
    expect(state).to_have_accessible_description("")
    expect(state).to_have_attribute("aria-invalid", "false")
    state.fill("HI")
    page.get_by_label("City", exact=True).focus()
    wait_for_total(page, "$35.00")
    click_button(page, "Place order")

    order = wait_for_order(page, "Being packed – pay on delivery")
    assert (order.shipping_method, order.total) == ("far", 35)


@on_phone_and_desktop
def test_nothing_is_ordered_to_a_place_that_is_not_served_until_the_place_changes(page: Page, india: None) -> None:
    open_checkout(page, make_product("Lamp", price="500.00"), LEH)
    order_button = page.get_by_role("button", name="Place order")

    expect(page.get_by_role("group", name="Delivery")).to_contain_text("We do not deliver there.")
    expect(page.locator(".summary .sums")).to_contain_text("Shippingnot possible")
    expect(order_button).to_be_disabled()
    expect(order_button).to_have_accessible_description("We do not deliver there.")
    page.get_by_label("City", exact=True).press("Enter")
    assert not Order.objects.exists()
    page.get_by_label("PIN code", exact=True).fill("411001")
    page.get_by_label("City", exact=True).focus()
    expect(order_button).to_be_enabled()
    expect(order_button).to_have_accessible_description("")
    wait_for_total(page, "₹549.00")
    click_button(page, "Place order")

    assert wait_for_order(page, "Being packed – pay on delivery").total == 549


def test_a_place_whose_delivery_cannot_be_loaded_does_not_keep_the_order_from_being_placed(
    page: Page, monitor: PageMonitor, india: None
) -> None:
    open_checkout(page, make_product("Lamp", price="500.00"), LEH)
    expect(page.get_by_role("button", name="Place order")).to_be_disabled()
    monitor.expected = {CONNECTION_FAILED, 409}
    page.route("**/cart/delivery/", lambda route: route.abort())

    fill_place(page, PUNE)
    wait_for_notice(page, "The shop cannot be reached.")
    expect(page.get_by_role("button", name="Place order")).to_be_enabled()
    page.unroute("**/cart/delivery/")
    click_button(page, "Place order")
    wait_for_total(page, "₹549.00")
    click_button(page, "Place order")

    assert wait_for_order(page, "Being packed – pay on delivery").total == 549


def test_a_place_that_is_no_longer_served_is_not_called_a_change_of_the_cart(page: Page, monitor: PageMonitor, india: None) -> None:
    open_checkout(page, make_product("Lamp", price="500.00"), PUNE)
    wait_for_total(page, "₹549.00")
    for code in ("metro", "express"):
        change_method(code, is_active=False)
    monitor.expected = {409}

    click_button(page, "Place order")

    order_button = page.get_by_role("button", name="Place order")
    expect(order_button).to_be_disabled()
    expect(order_button).to_have_accessible_description("We do not deliver there.")
    expect(page.locator("main form").get_by_text("We do not deliver there.")).to_have_count(2)  # below the methods and the button
    expect(page.get_by_text("Your cart has changed")).to_have_count(0)
    assert not Order.objects.exists()


def test_a_malformed_postal_code_stands_at_its_field_in_the_checkout(page: Page, monitor: PageMonitor, india: None) -> None:
    monitor.expected = {400}

    open_checkout(page, make_product("Lamp", price="500.00"), {**PUNE, "PIN code": "4110"})

    pin_code = page.get_by_label("PIN code", exact=True)
    expect(pin_code).to_have_accessible_description(MALFORMED)
    expect(page.get_by_role("button", name="Place order")).to_be_enabled()
    pin_code.fill("411001")
    expect(pin_code).to_have_accessible_description("")
    page.get_by_label("City", exact=True).focus()
    wait_for_total(page, "₹549.00")


def test_a_rate_that_rose_meanwhile_is_named_and_agreed_to_by_a_second_click(page: Page, monitor: PageMonitor, india: None) -> None:
    open_checkout(page, make_product("Lamp", price="500.00"), PUNE)
    wait_for_total(page, "₹549.00")
    monitor.wait_until_idle(page.context)
    change_method("metro", price="70.00")
    monitor.expected = {409}

    click_button(page, "Place order")
    wait_for_changes(page, "The total: now ₹570.00 instead of ₹549.00", "Shipping: now ₹70.00 instead of ₹49.00")
    assert not Order.objects.exists()
    wait_for_total(page, "₹570.00")
    click_button(page, "Place order")

    assert wait_for_order(page, "Being packed – pay on delivery").total == 570


def test_a_method_that_ended_meanwhile_is_named_and_the_buyer_chooses_again(page: Page, monitor: PageMonitor, india: None) -> None:
    open_checkout(page, make_product("Lamp", price="500.00"), PUNE)
    wait_for_total(page, "₹549.00")
    change_method("metro", is_active=False)
    ShippingMethod.objects.filter(code="express").update(cod=True)
    change_method("express", price="99.00")
    monitor.expected = {409}

    click_button(page, "Place order")
    wait_for_changes(
        page,
        "Courier: no longer available, now Express",
        "The total: now ₹599.00 instead of ₹549.00",
        "Shipping: now ₹99.00 instead of ₹49.00",
    )
    expect(page.get_by_role("group", name="Delivery")).to_contain_text("Express · ₹99.00")
    click_button(page, "Place order")

    assert wait_for_order(page, "Being packed – pay on delivery").shipping_method == "express"


def test_a_method_that_ended_before_it_is_chosen_is_not_chosen(page: Page, monitor: PageMonitor, india: None) -> None:
    open_checkout(page, make_product("Lamp", price="500.00"), PUNE)
    wait_for_total(page, "₹549.00")
    change_method("express", is_active=False)
    monitor.expected = {400}

    page.get_by_label("Express").click()

    wait_for_notice(page, "This shipping method is not available here")
    expect(page.get_by_role("group", name="Delivery")).to_contain_text("Courier · ₹49.00")
    wait_for_total(page, "₹549.00")


def test_a_choice_that_does_not_reach_the_shop_is_taken_back(page: Page, monitor: PageMonitor, india: None) -> None:
    open_checkout(page, make_product("Lamp", price="500.00"), PUNE)
    wait_for_total(page, "₹549.00")
    monitor.expected = {CONNECTION_FAILED}
    page.route("**/cart/delivery/", lambda route: route.abort())

    page.get_by_label("Express").click()

    wait_for_notice(page, "The shop cannot be reached.")
    expect(page.get_by_label("Courier")).to_be_checked()
    wait_for_total(page, "₹549.00")


def test_a_fee_that_came_meanwhile_is_named(page: Page, monitor: PageMonitor, india: None) -> None:
    open_checkout(page, make_product("Lamp", price="500.00"), PUNE)
    wait_for_total(page, "₹549.00")
    change_method("metro", cod_fee="25.00")
    monitor.expected = {409}

    click_button(page, "Place order")
    wait_for_changes(page, "The total: now ₹574.00 instead of ₹549.00", "Cash on Delivery fee: now ₹25.00 instead of ₹0.00")
    wait_for_total(page, "₹574.00")
    click_button(page, "Place order")

    assert wait_for_order(page, "Being packed – pay on delivery").fee_total == 25


@pytest.mark.parametrize("is_rate_stored", [True, False])
def test_a_fee_that_rose_meanwhile_is_named_with_the_fee_that_was_shown(
    page: Page, monitor: PageMonitor, india: None, is_rate_stored: bool
) -> None:
    open_checkout(page, make_product("Lamp", price="500.00"), KOCHI)
    wait_for_total(page, "₹619.00")
    monitor.wait_until_idle(page.context)
    if not is_rate_stored:
        Cart.objects.update(shown_rate=None)  # then the shop does not know which fee was shown
    change_method("post", cod_fee="55.00")
    monitor.expected = {409}

    click_button(page, "Place order")

    wait_for_changes(page, "The total: now ₹634.00 instead of ₹619.00", "Cash on Delivery fee: now ₹55.00 instead of ₹40.00")


def test_a_fee_that_was_shown_is_no_change(page: Page, monitor: PageMonitor, india: None) -> None:
    open_checkout(page, make_product("Lamp", price="500.00"), KOCHI)
    wait_for_total(page, "₹619.00")
    monitor.wait_until_idle(page.context)
    change_method("post", price="89.00")
    monitor.expected = {409}

    click_button(page, "Place order")

    wait_for_changes(page, "The total: now ₹629.00 instead of ₹619.00", "Shipping: now ₹89.00 instead of ₹79.00")


def test_free_delivery_is_called_free_on_every_page(page: Page, india: None) -> None:
    lamp = make_product("Lamp", price="1000.00")
    page.goto(f"/product/{lamp.slug}")
    expect(check_place(page, "411001").get_by_role("status").locator("li").first).to_contain_text("Free")
    add_to_cart_by_api(page, lamp)
    page.goto("/cart")
    expect(page.locator("#shipping")).to_have_text("Free")
    page.goto("/checkout")
    fill_place(page, PUNE)
    expect(page.locator(".summary .sums")).to_contain_text("ShippingFree")
    click_button(page, "Place order")

    assert wait_for_order(page, "Being packed – pay on delivery").shipping_total == 0
    expect(page.locator(".sums")).to_contain_text("ShippingFree")


def test_cash_that_ended_meanwhile_lets_the_buyer_choose_again(
    page: Page, monitor: PageMonitor, payment_emulator: Emulator, india: None
) -> None:
    open_checkout(page, make_product("Lamp", price="500.00"), PUNE)
    page.get_by_label("Cash on Delivery").check()
    change_method("metro", cod=False)
    monitor.expected = {409}

    click_button(page, "Place order")
    expect(page.get_by_role("alert").get_by_text("Cash on Delivery is not available for this order.", exact=True)).to_be_visible()
    expect(page.get_by_text("Your cart has changed")).to_have_count(0)
    expect(page.get_by_role("group", name="Payment").get_by_role("radio", checked=True)).to_have_count(0)
    expect(page.get_by_label("Cash on Delivery")).to_be_disabled()
    page.get_by_label("By card").check()
    click_button(page, "Place order")
    click_button(page, "Pay")

    assert wait_for_order(page, "Being packed – paid").shipping_method == "metro"


def test_cash_that_only_the_order_refuses_lets_the_buyer_choose_again(
    page: Page, monitor: PageMonitor, payment_emulator: Emulator, settings: Settings
) -> None:
    make_zone()
    lamp = make_product("Lamp", price="500.00")
    client = SchemaClient()
    add_to_cart(client, lamp)
    placed(client, phone="+44 20 7946 0958")
    bring_back(Order.objects.get())
    settings.COD_RULES = {"in": (None, 1)}
    open_checkout(page, lamp, PUNE)
    page.get_by_label("Cash on Delivery").check()
    monitor.expected = {409}

    click_button(page, "Place order")
    expect(page.get_by_role("alert").get_by_text("Cash on Delivery is not available for this order.", exact=True)).to_be_visible()
    expect(page.get_by_role("group", name="Payment").get_by_role("radio", checked=True)).to_have_count(0)
    expect(page.get_by_label("By card")).to_be_enabled()
    assert Order.objects.count() == 1


def test_a_promotion_for_a_payment_method_is_in_its_total(page: Page, payment_emulator: Emulator, india: None) -> None:
    make_promotion("Pay online", percent=Decimal(10), payment_methods=["stripe"])

    open_checkout(page, make_product("Lamp", price="500.00"), PUNE)

    wait_for_total(page, "₹499.00")
    expect(page.locator(".summary .sums")).to_contain_text("Discounts−₹50.00")
    assert list_options(page, "Payment") == ["By card ₹499.00", "Cash on Delivery ₹549.00"]
    page.get_by_label("Cash on Delivery").check()
    wait_for_total(page, "₹549.00")


def test_a_shop_without_zones_shows_its_one_rate_and_no_choice(page: Page, monitor: PageMonitor, settings: Settings) -> None:
    monitor.expected = {400}  # the country changes before its postal code
    settings.SHIPPING = {"in": (Decimal("50.00"), Decimal("999.00"))}
    lamp = make_product("Lamp", price="500.00")
    page.goto(f"/product/{lamp.slug}")
    expect(check_place(page, "194101").get_by_role("status")).to_contain_text("Standard delivery free from ₹999.00₹50.00")

    add_to_cart_by_api(page, lamp)
    page.goto("/checkout")
    fill_address(page)

    delivery = page.get_by_role("group", name="Delivery")
    expect(delivery).to_contain_text("Standard delivery · ₹50.00 · free from ₹999.00")
    expect(delivery.get_by_role("radio")).to_have_count(0)
    click_button(page, "Place order")
    assert wait_for_order(page, "Being packed – pay on delivery").total == 550


def test_a_half_written_code_survives_another_address(page: Page, india: None) -> None:
    open_checkout(page, make_product("Lamp", price="500.00"), PUNE)
    page.get_by_label("Promotion code").fill("AUT")

    fill_place(page, KOCHI)
    wait_for_total(page, "₹619.00")

    expect(page.get_by_label("Promotion code")).to_have_value("AUT")


def test_the_last_of_quick_choices_counts(page: Page, india: None) -> None:
    lamp = make_product("Lamp", price="500.00")
    open_checkout(page, lamp, PUNE)
    wait_for_total(page, "₹549.00")

    page.get_by_label("Express").check()
    page.get_by_label("Courier").check()
    fill_place(page, KOCHI)
    fill_place(page, PUNE)
    set_price(lamp, "450.00")
    page.get_by_label("Express").check()

    wait_for_total(page, "₹599.00")
    expect(page.get_by_label("Express")).to_be_checked()
