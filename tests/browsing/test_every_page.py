"""Every page on a phone and on a desktop: no errors, names and contrast, pictures that keep their place, a title and one heading

With the environment variable SCREENSHOTS set to a folder, each page that is looked at is also saved there as a picture, and
the phone is also light and the desktop dark.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from carts.tests.factories import add, make_shirt
from orders.models import Order
from orders.tests.factories import customer, placed
from products.models import Product, ProductImage
from products.tests.factories import change, change_price, make_category, make_product, make_variant
from tests.axe import violations
from tests.browsing.conftest import PATIENCE
from tests.browsing.front import Front
from tests.browsing.steps import EMAIL, heading, sign_in
from tests.browsing.watching import Watch
from tests.emulator.processes import Emulator
from tests.processes import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.node, pytest.mark.django_db(transaction=True)]
PHONE, DESKTOP = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)
SHIFTS = """
globalThis.shifts = 0;
new PerformanceObserver((list) => list.getEntries().forEach((one) => { if (!one.hadRecentInput) shifts += one.value; }))
  .observe({ type: "layout-shift", buffered: true });
"""
PICTURES = """Promise.all([...document.images].filter((one) => one.getBoundingClientRect().top < innerHeight)
    .map((one) => one.decode().catch(() => null)))"""
LOOKS = [("phone", "dark"), ("desktop", "light")]
MORE_LOOKS = [("phone", "light"), ("desktop", "dark")] if "SCREENSHOTS" in os.environ else []


@pytest.fixture(params=LOOKS + MORE_LOOKS, ids=" ".join)
def context(request: pytest.FixtureRequest, browser: Browser, front: Front) -> Iterator[BrowserContext]:
    """A browser of this size, in this scheme of colours."""
    device, colours = request.param
    size = PHONE if device == "phone" else DESKTOP
    context = browser.new_context(
        base_url=front.origin, viewport=size, has_touch=device == "phone", color_scheme=colours, reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE)
    context.add_init_script(SHIFTS)
    yield context
    context.close()


@pytest.fixture
def shots(request: pytest.FixtureRequest) -> Path | None:
    """Where pictures of the pages go, and what their names begin with."""
    folder = os.environ.get("SCREENSHOTS")
    return Path(folder) / request.node.callspec.id.replace(" ", "-") if folder else None


def depict(product: Product, *files: str) -> Product:
    """Give a product pictures of the demo catalog."""
    for position, file in enumerate(files):
        path = ROOT / "examples" / "catalog" / f"{file}.webp"
        with Image.open(path) as opened:
            width, height = opened.size
        image = ContentFile(path.read_bytes(), path.name)
        ProductImage.objects.create(product=product, image=image, width=width, height=height, position=position, alt=file)
    return product


def furnished() -> Order:
    """Fill the shop, and let Ada have an order, a cart with a price that has changed, a line for later and a wish."""
    lighting, kitchen = make_category("Lighting", "Home"), make_category("Kitchen", "Home")
    lamp = depict(make_product("Arc desk lamp", price="2499.00", category=lighting), "arc-desk-lamp", "dome-table-lamp")
    kettle = depict(make_product("Gooseneck kettle with a long name that wraps", stock=3, category=kitchen), "gooseneck-kettle")
    mug = [make_variant("MUG", price="349.00", compare_at="499.00")]
    mug_made = depict(make_product("Speckled mug", variants=mug, category=kitchen), "speckled-mug")
    depict(make_product("Desk fan", stock=0, category=lighting), "desk-fan")
    shirt = depict(make_shirt(), "pocket-tee", "pocket-tee-olive")
    change(shirt, description="A shirt of heavy cotton.\nWash it warm.")
    client = customer(EMAIL, first_name="Ada")
    add(client, lamp, 2)
    number = placed(client)["number"]
    add(client, lamp)
    line = add(client, kettle)["data"]["id"]
    client.patch(f"/api/cart/update/{line}/", {"quantity": 0})
    add(client, mug_made, 2)
    change_price(mug_made, "399.00")
    client.post("/api/cart/wishlist/add/", {"product_id": shirt.pk})
    return Order.objects.get(number=number)


def faults(page: Page, packages: Path) -> list[str]:
    """Return what is wrong with the page that is shown."""
    expect(page.locator("main[aria-busy]")).to_have_count(0)
    page.evaluate(PICTURES)
    found = violations(page, packages)
    shape: Any = page.evaluate(
        """() => ({
            shifts,
            wide: document.documentElement.scrollWidth - innerWidth,
            shapeless: document.querySelectorAll("img:not([width]), img:not([height])").length,
            broken: [...document.images].filter((one) => one.complete && !one.naturalWidth).length,
            headings: document.querySelectorAll("h1").length,
            odd: /\\b(null|undefined|false|NaN)\\b/.test(document.body.innerText),
        })"""
    )
    if shape["shifts"] >= 0.02:
        found.append(f"what is shown moves by {shape['shifts']}")
    if shape["wide"] > 0:
        found.append(f"{shape['wide']} pixels too wide")
    if shape["shapeless"] or shape["broken"] or shape["odd"] or shape["headings"] != 1:
        found.append(str(shape))
    return found


def look_at(page: Page, pages: dict[str, tuple[str, str]], packages: Path, shots: Path | None) -> list[str]:
    """Go to the pages (address and heading by name), and return what is wrong with each."""
    wrong = []
    for name, (address, text) in pages.items():
        page.goto(address)
        heading(page, text)
        wrong += [f"{name}: {one}" for one in faults(page, packages)]
        assert page.title() == f"{text} – {settings.SHOP_NAME}"
        if shots:
            page.screenshot(path=f"{shots}-{name}.png", full_page=True)
    return wrong


def test_pages_of_a_customer(page: Page, packages: Path, cards: Emulator, shots: Path | None) -> None:
    order = furnished()
    sign_in(page)

    pages = {
        "catalog": ("/", "Catalog"),
        "results": ("/?search=lamp", "Results for “lamp”"),
        "product": ("/product/shirt", "Shirt"),
        "cart": ("/cart", "Cart"),
        "checkout": ("/checkout", "Checkout"),
        "order": (f"/orders/{order.number}", f"Order {order.number}"),
        "orders": ("/orders", "Orders"),
        "wishlist": ("/wishlist", "Wishlist"),
        "account": ("/account", "Hello Ada"),
    }
    assert look_at(page, pages, packages, shots) == []


def test_pages_of_a_guest(page: Page, watch: Watch, packages: Path, shots: Path | None) -> None:
    furnished()
    watch.intended = {404}

    pages = {
        "sale": ("/product/speckled-mug", "Speckled mug"),
        "sold-out": ("/product/desk-fan", "Desk fan"),
        "empty-cart": ("/cart", "Cart"),
        "no-orders": ("/orders", "Orders"),
        "sign-in": ("/sign-in", "Sign in"),
        "sign-up": ("/sign-up", "Make an account"),
        "no-wishlist": ("/wishlist", "Sign in"),
        "reset": ("/reset-password#uid=1&token=2", "A new password"),
        "verify": ("/verify-email#token=1", "Your e-mail address"),
        "nowhere": ("/nowhere", "Not found"),
        "no-product": ("/product/nothing", "Not found"),
    }
    assert look_at(page, pages, packages, shots) == []
