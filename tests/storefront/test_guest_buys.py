"""A guest buys: from the catalog to the order, by card and by Cash on Delivery"""

import re

import pytest
from playwright.sync_api import Page, expect

from carts.models import CartItem
from carts.tests.factories import make_shirt
from orders.models import Order
from products.models import Product, Variant
from products.tests.factories import add_picture, make_category, make_product, make_products, update_product
from tests.emulator.processes import Emulator
from tests.storefront import steps
from tests.storefront.steps import (
    click_button,
    fill_address,
    place_order,
    wait_for_cart_count,
    wait_for_heading,
    wait_for_notice,
    wait_for_order,
)
from tests.storefront.storefront_server import Storefront

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]


def make_catalog() -> Product:
    """Create lamps and a shirt with two sizes, and return the shirt."""
    lighting, clothes = make_category("Lighting"), make_category("Clothes")
    for number, price in enumerate(("15.00", "40.00"), 1):
        add_picture(make_product(f"Lamp {number}", price=price, category=lighting))
    shirt = make_shirt()
    update_product(shirt, category_id=clothes.pk)
    add_picture(shirt)
    return shirt


def get_product_names(page: Page) -> list[str]:
    """Return the names of the products that the catalog shows."""
    return page.locator(".grid h2").all_inner_texts()


def test_a_guest_finds_a_thing_and_pays_by_card(page: Page, payment_emulator: Emulator) -> None:
    make_catalog()

    page.goto("/")
    wait_for_heading(page, "Catalog")
    expect(page.locator(".grid img")).to_have_count(3)
    page.get_by_label("Search the catalog").fill("shirt")
    page.get_by_label("Search the catalog").press("Enter")
    wait_for_heading(page, "Results for “shirt”")
    assert get_product_names(page) == ["Shirt"]
    page.get_by_role("link", name="Shirt").click()
    wait_for_heading(page, "Shirt")
    page.get_by_label("M", exact=True).check()
    expect(page.locator(".price.large")).to_have_text("₹25.00")
    click_button(page, "Add to cart")
    wait_for_cart_count(page, 1)
    page.locator("#cart-link").click()
    page.get_by_role("link", name="Checkout").click()
    fill_address(page)
    page.get_by_label("By card").check()
    click_button(page, "Place order")
    page.wait_for_url(f"{payment_emulator.url}/**")
    click_button(page, "Pay")

    wait_for_order(page, "Being packed – paid")
    wait_for_cart_count(page, 0)
    page.get_by_role("link", name="Orders").click()
    wait_for_heading(page, "Orders")
    expect(page.locator(".line")).to_contain_text("Shirt")
    assert Order.objects.get().status == "processing"
    assert not CartItem.objects.exists()


def test_a_variant_shows_its_own_picture(page: Page, payment_emulator: Emulator) -> None:
    shirt = make_shirt()
    add_picture(shirt, position=0, alt="Front")
    back = add_picture(shirt, position=1, alt="Back")
    Variant.objects.filter(sku="SHIRT-M").update(image=back)

    page.goto(f"/product/{shirt.slug}")
    expect(page.locator(".gallery .large img")).to_have_attribute("alt", "Front")
    page.get_by_label("M", exact=True).check()
    expect(page.locator(".gallery .large img")).to_have_attribute("alt", "Back")
    click_button(page, "Add to cart")
    wait_for_cart_count(page, 1)
    page.locator("#cart-link").click()

    expect(page.locator(".line img")).to_have_attribute("src", re.compile(re.escape(str(back.image.name))))


def test_the_catalog_is_narrowed_by_category_and_price_and_the_way_back_leads_back(page: Page, payment_emulator: Emulator) -> None:
    make_catalog()

    page.goto("/")
    page.get_by_label("Category").select_option(label="Lighting")
    expect(page.locator(".grid h2")).to_have_count(2)
    page.get_by_label("Price from").fill("20")
    page.get_by_label("Price from").press("Enter")
    expect(page.locator(".grid h2")).to_have_text(["Lamp 2"])
    click_button(page, "Apply")
    expect(page.locator("h1")).to_be_focused()
    page.get_by_role("link", name="Lamp 2").click()
    wait_for_heading(page, "Lamp 2")
    page.go_back()
    expect(page.locator(".grid h2")).to_have_text(["Lamp 2"])
    page.go_back()
    expect(page.locator(".grid h2")).to_have_count(2)
    expect(page.get_by_label("Category")).to_have_value("lighting")


def test_more_is_shown_and_the_way_back_leads_to_where_one_was(page: Page) -> None:
    make_products(*(f"Lamp {number:02}" for number in range(30)))

    page.goto("/?ordering=name")
    expect(page.locator(".grid h2")).to_have_count(24)
    click_button(page, "Show more")
    expect(page.get_by_role("link", name="Lamp 24")).to_be_focused()
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()
    page.get_by_role("link", name="Lamp 28").click()
    wait_for_heading(page, "Lamp 28")
    page.go_back()

    wait_for_heading(page, "Catalog")
    expect(page.locator(".grid h2")).to_have_count(30)
    expect(page.get_by_role("link", name="Lamp 28")).to_be_in_viewport()


def test_another_market_has_its_own_prices_and_cart(page: Page) -> None:
    (lamp,) = make_products("Lamp", price="20.00", us="2.00")

    steps.add_to_cart(page, lamp)
    page.get_by_label("Market").select_option("us")
    expect(page.locator(".price.large")).to_have_text("$2.00")
    wait_for_cart_count(page, 0)
    steps.add_to_cart(page, lamp, 3)
    place_order(page, "Cash on Delivery")

    order = wait_for_order(page, "Being packed – pay on delivery")
    assert (order.market, order.currency, order.total) == ("us", "USD", 6)
    page.get_by_label("Market").select_option("in")
    wait_for_cart_count(page, 1)


def test_a_market_that_no_longer_exists_stops_no_one(page: Page) -> None:
    make_product("Lamp")
    page.goto("/")
    page.evaluate("localStorage.setItem('market', 'atlantis')")

    page.reload()

    expect(page.locator(".grid h2")).to_have_text(["Lamp"])
    expect(page.get_by_label("Market")).to_have_value("in")


def test_by_another_name_of_this_machine_one_comes_to_the_same_site(page: Page, storefront: Storefront) -> None:
    make_product("Lamp")

    page.goto(f"{storefront.origin.replace('localhost', '127.0.0.1')}/?search=lamp")

    wait_for_heading(page, "Results for “lamp”")
    assert page.url == f"{storefront.origin}/?search=lamp"


def test_a_corrected_search_says_what_it_shows(page: Page) -> None:
    make_product("Lamp")

    page.goto("/?search=lmap")

    wait_for_heading(page, "Results for “lmap”")
    expect(page.get_by_text("Showing results for lamp, because nothing matches “lmap”.")).to_be_visible()
    expect(page.locator(".grid h2")).to_have_text(["Lamp"])
    page.goto("/?search=lamp")
    wait_for_heading(page, "Results for “lamp”")
    expect(page.get_by_text("Showing results")).to_have_count(0)


def test_a_guest_pays_on_delivery(page: Page) -> None:
    lamp = make_product("Lamp", price="20.00")

    steps.add_to_cart(page, lamp, 2)
    place_order(page, "Cash on Delivery")

    wait_for_order(page, "Being packed – pay on delivery")
    wait_for_cart_count(page, 0)
    click_button(page, "Cancel order")
    wait_for_notice(page, "Your order has been cancelled.")
    assert wait_for_order(page, "Cancelled").status == "cancelled"
