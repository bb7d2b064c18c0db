"""A storefront on another origin in a real browser: the cart by cookies and by key, and what a foreign page cannot do"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.tests.factories import sell_products
from carts.models import Cart, CartItem
from tests.browser import launch_chromium, serve_folder
from tests.clients.node import FOLDER

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DETAILS = {"method": "cod", "name": "Ada", "phone": "+84 912 345 678", "address": "12 Hill Road, Hue"}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this file."""
    with launch_chromium() as running:
        yield running


@pytest.fixture
def front(tmp_path: Path, settings: Settings) -> Iterator[str]:
    """The origin of a trusted storefront."""
    folder = tmp_path / "front"
    folder.mkdir()
    shutil.copy(FOLDER / "cart_token_page.mjs", folder)
    (folder / "index.html").write_text('<!doctype html><link rel="icon" href="data:,"><title>Shop</title>')
    with serve_folder(folder) as origin:
        settings.CORS_ALLOWED_ORIGINS = settings.CSRF_TRUSTED_ORIGINS = [origin]
        yield origin


@pytest.fixture
def page(browser: Browser, front: str, live_server: LiveServer) -> Iterator[Page]:
    """A tab with the storefront, whose code calls the shop."""
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(front)
    tab.evaluate(f"globalThis.API = '{live_server.url}/api'")
    tab.evaluate("import('./cart_token_page.mjs').then((page) => { globalThis.page = page; })")
    yield tab
    context.close()


def evaluate(page: Page, code: str) -> Any:
    """Run code in the page and return the result of its promise."""
    return page.evaluate(f"(async () => {{ {code} }})()")


def test_a_guest_fills_a_cart_and_orders(page: Page, tmp_path: Path) -> None:
    (lamp,) = sell_products(tmp_path, "Arc lamp")

    evaluate(page, "await page.fetchCart();")
    evaluate(page, f"await page.addToCart({lamp}, null, 2);")
    cart = evaluate(page, "return page.fetchCart();")
    placed = evaluate(page, f"return page.order({json.dumps(DETAILS)});")

    assert (cart["count"], cart["subtotal"], cart["items"][0]["quantity"]) == (1, 40, 2)
    assert (placed["status"], placed["data"]["total"]) == (201, "40.00")
    assert page.context.cookies() == []


def test_the_key_is_readable_and_the_secret_cookie_is_not(page: Page) -> None:
    evaluate(page, "await page.fetchCart();")

    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert set(cookies) == {"cart_token", "sessionid"}
    assert cookies["cart_token"]["value"] == cookies["sessionid"]["value"]
    assert (cookies["cart_token"]["httpOnly"], cookies["sessionid"]["httpOnly"]) == (False, True)
    assert page.evaluate("page.getCartToken()") == cookies["cart_token"]["value"]
    assert "sessionid" not in page.evaluate("document.cookie")


def test_lost_cookies_are_made_good_by_the_copy(page: Page, tmp_path: Path) -> None:
    (lamp,) = sell_products(tmp_path, "Arc lamp")
    evaluate(page, "await page.fetchCart();")
    evaluate(page, f"await page.addToCart({lamp}, null, 3);")
    page.context.clear_cookies()

    cart = evaluate(page, "return page.fetchCartByBackup();")

    assert cart["total_items"] == 3
    assert {cookie["name"] for cookie in page.context.cookies()} == {"cart_token", "sessionid"}


def test_a_foreign_page_can_neither_read_nor_write(page: Page, live_server: LiveServer, tmp_path: Path) -> None:
    (lamp,) = sell_products(tmp_path, "Arc lamp")
    evaluate(page, "await page.fetchCart();")
    evaluate(page, f"await page.addToCart({lamp}, null, 1);")
    folder = tmp_path / "evil"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Evil</title>")

    with serve_folder(folder) as origin:
        evil = page.context.new_page()
        evil.goto(origin)
        include = "credentials: 'include'"
        with pytest.raises(Error, match="Failed to fetch"):
            evil.evaluate(f"fetch('{live_server.url}/api/cart/', {{ {include} }}).then((answer) => answer.text())")
        body = json.dumps({"product_id": lamp, "quantity": 5})
        for mode, kind in (("cors", "application/json"), ("no-cors", "text/plain")):
            call = {"method": "POST", "credentials": "include", "mode": mode, "headers": {"Content-Type": kind}, "body": body}
            evil.evaluate(f"fetch('{live_server.url}/api/cart/add/', {json.dumps(call)}).then(() => null, () => null)")

    assert CartItem.objects.get().quantity == 1
    assert Cart.objects.count() == 1
