"""Every page on phone and desktop: no errors, accessible names and contrast, no layout shift, a title and one heading

With the environment variable SCREENSHOTS set to a folder, a screenshot of each page is saved there, and
the phone is also tested in light and the desktop in dark colours.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from carts.tests.factories import add_code, add_to_cart, make_shirt
from orders.carriers.events import CarrierEvent
from orders.fulfilment.parcels import tracking
from orders.models import Order
from orders.tests.factories import ADDRESS, customer, placed
from orders.tests.parcels.parcels import send
from pricing.tests.factories import make_promotion
from pricing.tests.zones import make_zone
from products.models import Product, ProductImage
from products.tests.factories import make_category, make_product, make_variant, set_price, update_product
from tests.axe import find_violations
from tests.emulator.processes import Emulator
from tests.processes import ROOT
from tests.storefront.conftest import TIMEOUT
from tests.storefront.page_monitor import PageMonitor
from tests.storefront.screen_sizes import DESKTOP, PHONE
from tests.storefront.steps import EMAIL, sign_in, wait_for_heading
from tests.storefront.storefront_server import Storefront

pytestmark = [pytest.mark.browser, pytest.mark.once, pytest.mark.node, pytest.mark.django_db(transaction=True)]
COUNT_LAYOUT_SHIFTS = """
globalThis.shifts = 0;
new PerformanceObserver((list) => list.getEntries().forEach((one) => { if (!one.hadRecentInput) shifts += one.value; }))
  .observe({ type: "layout-shift", buffered: true });
"""
DECODE_IMAGES = """Promise.all([...document.images].filter((one) => one.getBoundingClientRect().top < innerHeight)
    .map((one) => one.decode().catch(() => null)))"""
LOOKS = [("phone", "dark"), ("desktop", "light")]
MORE_LOOKS = [("phone", "light"), ("desktop", "dark")] if "SCREENSHOTS" in os.environ else []


@pytest.fixture(params=LOOKS + MORE_LOOKS, ids=" ".join)
def context(request: pytest.FixtureRequest, browser: Browser, storefront: Storefront) -> Iterator[BrowserContext]:
    """A browser context of this size and colour scheme."""
    device, colours = request.param
    size = PHONE if device == "phone" else DESKTOP
    context = browser.new_context(
        base_url=storefront.origin, viewport=size, has_touch=device == "phone", color_scheme=colours, reduced_motion="reduce"
    )
    context.set_default_timeout(TIMEOUT)
    context.add_init_script(COUNT_LAYOUT_SHIFTS)
    yield context
    context.close()


@pytest.fixture
def shots(request: pytest.FixtureRequest) -> Path | None:
    """The path prefix of the screenshots, or None."""
    folder = os.environ.get("SCREENSHOTS")
    return Path(folder) / request.node.callspec.id.replace(" ", "-") if folder else None


def add_images(product: Product, *files: str) -> Product:
    """Give a product images of the demo catalog."""
    for position, file in enumerate(files):
        path = ROOT / "examples" / "catalog" / f"{file}.webp"
        with Image.open(path) as opened:
            width, height = opened.size
        image = ContentFile(path.read_bytes(), path.name)
        ProductImage.objects.create(product=product, image=image, width=width, height=height, position=position, alt=file)
    return product


def furnished() -> Order:
    """Fill the shop, which delivers by two methods; Ada has an order, a changed price, codes, a line for later and a wishlist."""
    make_zone(methods={"post": {"price": "50.00", "days_min": 2, "days_max": 4}, "express": {"price": "150.00", "cod": False}})
    lighting, kitchen = make_category("Lighting", "Home"), make_category("Kitchen", "Home")
    lamp = add_images(make_product("Arc desk lamp", price="2499.00", category=lighting), "arc-desk-lamp", "dome-table-lamp")
    kettle = add_images(make_product("Gooseneck kettle with a long name that wraps", stock=3, category=kitchen), "gooseneck-kettle")
    mug = [make_variant("MUG", price="349.00", compare_at="499.00")]
    mug_made = add_images(make_product("Speckled mug", variants=mug, category=kitchen), "speckled-mug")
    add_images(make_product("Desk fan", stock=0, category=lighting), "desk-fan")
    shirt = add_images(make_shirt(), "pocket-tee", "pocket-tee-olive")
    update_product(shirt, description="A shirt of heavy cotton.\nWash it warm.")
    make_promotion("Autumn: ten percent off", code="AUTUMN")
    make_promotion("Free shipping", code="FREE", on="shipping", effect="free", min_subtotals={"in": "9999.00"})
    client = customer(EMAIL, first_name="Ada")
    add_to_cart(client, lamp, 2)
    add_code(client, "AUTUMN")
    number = placed(client)["number"]
    client.post("/api/orders/addresses/", ADDRESS)
    add_to_cart(client, lamp)
    line = add_to_cart(client, kettle)["data"]["id"]
    client.patch(f"/api/cart/update/{line}/", {"quantity": 0})
    add_to_cart(client, mug_made, 2)
    set_price(mug_made, "399.00")
    add_code(client, "AUTUMN")
    add_code(client, "FREE")
    client.post("/api/cart/wishlist/add/", {"product_id": shirt.pk})
    return Order.objects.get(number=number)


def send_part(order: Order) -> None:
    """Send one unit of an order, and let its carrier report more than the page shows at first."""
    shipment = send(order, **{order.items.get().sku.lower(): 1})
    texts = ("Received", "Sorted", "Arrived in Pune, at the depot with a long name that wraps", "With the driver")
    events = [CarrierEvent(text, "in_transit", timezone.now(), text) for text in texts]
    tracking.record_events(shipment.pk, events)


def find_problems(page: Page, packages: Path) -> list[str]:
    """Return the problems of the current page."""
    expect(page.locator("main[aria-busy]")).to_have_count(0)
    page.evaluate(DECODE_IMAGES)
    problems = find_violations(page, packages)
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
        problems.append(f"what is shown moves by {shape['shifts']}")
    if shape["wide"] > 0:
        problems.append(f"{shape['wide']} pixels too wide")
    if shape["shapeless"] or shape["broken"] or shape["odd"] or shape["headings"] != 1:
        problems.append(str(shape))
    return problems


def check_pages(page: Page, pages: dict[str, tuple[str, str]], packages: Path, shots: Path | None) -> list[str]:
    """Visit the pages (URL and heading by name) and return the problems of each."""
    problems = []
    for name, (address, text) in pages.items():
        page.goto(address)
        wait_for_heading(page, text)
        problems += [f"{name}: {problem}" for problem in find_problems(page, packages)]
        assert page.title() == f"{text} – {settings.SHOP_NAME}"
        if shots:
            page.screenshot(path=f"{shots}-{name}.png", full_page=True)
    return problems


def test_pages_of_a_customer(page: Page, packages: Path, payment_emulator: Emulator, shots: Path | None) -> None:
    order = furnished()
    sign_in(page)

    pages = {
        "catalog": ("/", "Catalog"),
        "results": ("/?search=lamp", "Results for “lamp”"),
        "product": ("/product/shirt", "Shirt"),
        "cart": ("/cart", "Cart"),
        "checkout": ("/checkout", "Checkout"),
        "thanks": (f"/checkout/success?order={order.number}", f"Order {order.number}"),
        "order": (f"/orders/{order.number}", f"Order {order.number}"),
        "orders": ("/orders", "Orders"),
        "wishlist": ("/wishlist", "Wishlist"),
        "account": ("/account", "Hello Ada"),
        "addresses": ("/addresses", "Address book"),
    }
    assert check_pages(page, pages, packages, shots) == []
    send_part(order)
    pages = {"parcels": pages["order"], "orders-sent": pages["orders"]}
    assert check_pages(page, pages, packages, shots) == []


def test_pages_of_a_guest(page: Page, monitor: PageMonitor, packages: Path, shots: Path | None) -> None:
    furnished()
    monitor.expected = {404}

    pages = {
        "sale": ("/product/speckled-mug", "Speckled mug"),
        "sold-out": ("/product/desk-fan", "Desk fan"),
        "no-results": ("/?search=xylophone", "Results for “xylophone”"),
        "empty-cart": ("/cart", "Cart"),
        "no-orders": ("/orders", "Orders"),
        "sign-in": ("/sign-in", "Sign in"),
        "sign-up": ("/sign-up", "Create an account"),
        "no-wishlist": ("/wishlist", "Sign in"),
        "reset": ("/reset-password#uid=1&token=2", "Set a new password"),
        "verify": ("/verify-email#token=1", "Your e-mail address"),
        "nowhere": ("/nowhere", "Not found"),
        "no-product": ("/product/nothing", "Not found"),
    }
    assert check_pages(page, pages, packages, shots) == []
