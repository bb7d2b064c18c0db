"""The product page: pictures of variants, related and recently viewed products, and what search engines read"""

import json

import pytest
from django.core.files.base import ContentFile
from playwright.sync_api import Page, expect

from products.models import ProductImage, Variant
from products.tests.factories import make_category, make_png, make_product, make_variant, update_variant
from tests.storefront.page_monitor import PageMonitor
from tests.storefront.steps import click_button, place_order, wait_for_heading, wait_for_notice, wait_for_order
from tests.storefront.storefront_server import Storefront

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.django_db(transaction=True)]
READ_JSON_LD = "JSON.parse(document.querySelector('script[type=\"application/ld+json\"]').textContent)"


def make_olive_shirt() -> str:
    """Make a shirt whose olive variant has a picture of its own; return the name of its file."""
    colours = [
        make_variant(sku, price="20.00", options={"colour": colour}) for sku, colour in (("SAND", "Sand"), ("OLIVE", "Olive"))
    ]
    shirt = make_product("Shirt", variants=colours, description="A shirt of heavy cotton.")
    first, olive = (
        ProductImage.objects.create(
            product=shirt, image=ContentFile(make_png(), f"{name}.png"), width=8, height=8, position=position
        )
        for position, name in enumerate(("sand", "olive"))
    )
    Variant.objects.filter(sku="OLIVE").update(image=olive)
    assert first.image.name != olive.image.name
    return str(olive.image.name)


def test_the_picture_of_the_chosen_variant_is_shown_from_the_product_to_the_order(page: Page) -> None:
    olive = make_olive_shirt()

    page.goto("/product/shirt")
    expect(page.locator(f".large img[src$='{olive}']")).to_have_count(0)
    page.get_by_label("Olive").check()
    expect(page.locator(f".large img[src$='{olive}']")).to_be_visible()
    click_button(page, "Add to cart")
    wait_for_notice(page, "Item added to cart successfully.")
    page.goto("/cart")
    expect(page.locator(f".line img[src$='{olive}']")).to_be_visible()
    place_order(page, "Cash on Delivery")

    wait_for_order(page, "Being packed – pay on delivery")
    expect(page.locator(f".line img[src$='{olive}']")).to_be_visible()


def test_search_engines_and_link_previews_read_what_is_for_sale(page: Page, storefront: Storefront, monitor: PageMonitor) -> None:
    make_olive_shirt()
    update_variant("OLIVE", stock=0)
    monitor.expected = {404}

    page.goto("/product/shirt")
    wait_for_heading(page, "Shirt")
    data = page.evaluate(READ_JSON_LD)

    url = f"{storefront.origin}/product/shirt"
    offer = {"@type": "Offer", "price": "20.00", "priceCurrency": "INR", "url": url}
    assert len(data.pop("image")) == 2
    assert data == {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": "Shirt",
        "description": "A shirt of heavy cotton.",
        "sku": "SAND",
        "url": url,
        "offers": [
            {**offer, "sku": "SAND", "availability": "https://schema.org/InStock"},
            {**offer, "sku": "OLIVE", "availability": "https://schema.org/OutOfStock"},
        ],
    }
    assert page.locator("meta[name=description]").get_attribute("content") == "A shirt of heavy cotton."
    assert page.locator("meta[property='og:type']").get_attribute("content") == "product"
    assert page.locator("meta[property='og:title']").get_attribute("content") == "Shirt"
    assert page.locator("link[rel=canonical]").get_attribute("href") == url

    page.locator("a.brand").click()
    wait_for_heading(page, "Catalog")
    assert page.locator("script[type='application/ld+json'], meta[name=description]").count() == 0
    page.goto("/product/nothing")
    wait_for_heading(page, "Not found")
    assert page.locator("meta[name=robots]").get_attribute("content") == "noindex"


def test_related_and_recently_viewed_products_lead_on(page: Page) -> None:
    lighting, kitchen = make_category("Lighting"), make_category("Kitchen")
    lamp = make_product("Lamp", category=lighting)
    make_product("Fan", category=lighting)
    mug = make_product("Mug", category=kitchen)
    related = page.locator("section", has=page.get_by_role("heading", name="You may also like")).locator("h3")
    viewed = page.locator("section", has=page.get_by_role("heading", name="Recently viewed")).locator("h3")

    page.goto(f"/product/{mug.slug}")
    wait_for_heading(page, "Mug")
    expect(related).to_have_count(0)
    expect(viewed).to_have_count(0)
    page.goto(f"/product/{lamp.slug}")
    wait_for_heading(page, "Lamp")
    expect(related).to_have_text(["Fan"])
    expect(viewed).to_have_text(["Mug"])
    related.get_by_role("link").click()
    wait_for_heading(page, "Fan")

    expect(related).to_have_text(["Lamp"])
    expect(viewed).to_have_text(["Lamp", "Mug"])
    stored = json.loads(page.evaluate("localStorage.getItem('recently_viewed')"))
    assert stored == [
        {"slug": slug, "name": name, "image": None} for slug, name in (("fan", "Fan"), ("lamp", "Lamp"), ("mug", "Mug"))
    ]


def test_a_product_that_is_gone_is_forgotten(page: Page, monitor: PageMonitor) -> None:
    lamp = make_product("Lamp")
    gone = json.dumps([{"slug": "gone", "name": "Gone", "image": None}])
    page.goto("/cart")
    page.evaluate(f"localStorage.setItem('recently_viewed', {gone!r})")
    monitor.expected = {404}

    page.goto(f"/product/{lamp.slug}")
    page.get_by_role("link", name="Gone").click()
    wait_for_heading(page, "Not found")
    page.goto(f"/product/{lamp.slug}")

    wait_for_heading(page, "Lamp")
    expect(page.get_by_role("link", name="Gone")).to_have_count(0)
